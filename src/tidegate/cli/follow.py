"""Follow a run in the ledger until it ends: live where a person waits, a plain log elsewhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import click
from rich.console import Console
from rich.live import Live

from tidegate.cli.picture import line, run_table, told
from tidegate.model.job import Phase
from tidegate.model.origin import GithubOrigin
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
POLL_BUCKET_SECONDS = 2.0
"""Where the ledger is in a bucket, each look is a request."""


def stands(view: RunView) -> bool:
    """Whether nothing of a run goes on: it ended, it waits, or its process is gone."""
    return view.phase.ended or view.phase is Phase.WAITING or (view.phase is Phase.RUNNING and not alive(view))


def stands_still(view: RunView) -> bool:
    """The same, but a run of GitHub's that was decided about goes on: the dispatch for it is made, or has to be."""
    decided = view.phase is Phase.WAITING and GithubOrigin.of(view.origin) is not None and not view.undecided
    return stands(view) and not decided


async def follow(
    project: Project, run: str, work: Awaitable[object] | None = None, over: Callable[[RunView], bool] = stands
) -> RunView:
    """Show a run until nothing of it goes on; returns it as it is then.

    Args:
        project: Whose ledger.
        run: The run's id.
        work: What walks the run in this process; its error is raised here.
        over: Whether nothing of a run goes on that another process walks.
    """
    task = asyncio.ensure_future(work) if work is not None else None

    def ended(view: RunView) -> bool:
        return over(view) if task is None else task.done()

    pause = POLL_SECONDS if project.ledger_place() is None else POLL_BUCKET_SECONDS
    try:
        if Console().is_terminal:
            return await _live(project, run, ended, pause)
        return await _log(project, run, ended, pause)
    finally:
        if task is not None:
            if not task.done():
                task.cancel()
            await task


async def _live(project: Project, run: str, ended: Callable[[RunView], bool], pause: float) -> RunView:
    with project.ledger() as ledger:
        view = ledger.run(run)
        expected = expected_times(ledger, view.plan) if view.plan else {}
        console = Console(stderr=True)
        with Live(console=console, refresh_per_second=10) as live:
            while True:
                view = ledger.run(run)
                live.update(run_table(view, expected, time.time(), console.width))
                if ended(view):
                    return ledger.run(run)
                await asyncio.sleep(pause)


async def _log(project: Project, run: str, ended: Callable[[RunView], bool], pause: float) -> RunView:
    seen = 0
    with project.ledger() as ledger:
        while True:
            over = ended(ledger.run(run))
            for seq, record in ledger.tail(run, seen):
                seen = seq
                if text := _line(record):
                    click.echo(text, err=True)
            if over:
                return ledger.run(run)
            await asyncio.sleep(pause)


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
