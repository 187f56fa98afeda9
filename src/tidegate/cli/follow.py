"""Follow a run in the ledger until it ends: live where a person waits, a plain log elsewhere."""

import asyncio
import time
from collections.abc import Awaitable

import click
from rich.console import Console
from rich.live import Live

from tidegate.cli.picture import line, run_table, told
from tidegate.model.job import Phase
from tidegate.model.record import (
    ApprovalDecided,
    JobEnded,
    JobStarted,
    JobWaits,
    Noted,
    RunEnded,
    RunRecord,
    RunWaits,
)
from tidegate.model.run import RunView
from tidegate.operations.plan import expected_times
from tidegate.operations.project import Project
from tidegate.operations.run import alive

POLL_SECONDS = 0.1


async def follow(project: Project, run: str, work: Awaitable[object] | None = None) -> RunView:
    """Show a run until it ends or waits, or until its process is gone; returns it as it is then.

    Args:
        project: Whose ledger.
        run: The run's id.
        work: What walks the run in this process; its error is raised here.
    """
    task = asyncio.ensure_future(work) if work is not None else None
    try:
        if Console().is_terminal:
            return await _live(project, run, task)
        return await _log(project, run, task)
    finally:
        if task is not None:
            if not task.done():
                task.cancel()
            await task


async def _live(project: Project, run: str, task: asyncio.Future[object] | None) -> RunView:
    with project.ledger() as ledger:
        view = ledger.run(run)
        expected = expected_times(ledger, view.plan) if view.plan else {}
        console = Console(stderr=True)
        with Live(console=console, refresh_per_second=10) as live:
            while True:
                view = ledger.run(run)
                live.update(run_table(view, expected, time.time(), console.width))
                if _over(view, task):
                    return view
                await asyncio.sleep(POLL_SECONDS)


async def _log(project: Project, run: str, task: asyncio.Future[object] | None) -> RunView:
    seen = 0
    with project.ledger() as ledger:
        while True:
            over = _over(ledger.run(run), task)
            for seq, record in ledger.tail(run, seen):
                seen = seq
                if text := _line(record):
                    click.echo(text, err=True)
            if over:
                return ledger.run(run)
            await asyncio.sleep(POLL_SECONDS)


def _over(view: RunView, task: asyncio.Future[object] | None) -> bool:
    if task is not None:
        return task.done()
    return view.phase.ended or view.phase is Phase.WAITING or (view.phase is Phase.RUNNING and not alive(view))


def _line(record: RunRecord) -> str:  # noqa: PLR0911 - one a kind
    match record:
        case JobStarted(job=job, at=at):
            return line(at, job, "started")
        case JobEnded(job=job, phase=phase, at=at, detail=detail, failure=failure):
            return line(at, job, f"{phase.value}: {told(failure) if failure else detail}")
        case JobWaits(job=job, at=at, detail=detail):
            return line(at, job, f"waiting: {detail}")
        case ApprovalDecided(environment=environment, approved=approved, by=by, reason=reason, at=at):
            return line(at, environment, f"{'approved' if approved else 'rejected'} by {by}: {reason}")
        case Noted(job=job, text=text, at=at):
            return line(at, job, text)
        case RunWaits(reason=reason, at=at):
            return line(at, "run", f"waiting: {reason}")
        case RunEnded(phase=phase, reason=reason, at=at):
            return line(at, "run", f"{phase.value}: {reason}")
        case _:
            return ""
