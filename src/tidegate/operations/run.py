"""`tidegate run`: carry a commit through every environment; and what `resume` shares with it."""

import asyncio
import contextlib
import fcntl
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import BinaryIO

from tidegate.errors import ConfigError, Failure
from tidegate.execute.interpreter import walk
from tidegate.execute.lock import leave_queues
from tidegate.execute.performer import RunPerformer, put_back_all
from tidegate.execute.superseding import superseded_by
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport, Phase, Waiver
from tidegate.model.run import Attempt, RunView
from tidegate.operations.conclusion import conclusion, undecided
from tidegate.operations.kept import kept
from tidegate.operations.plan import Planned, make_plan
from tidegate.operations.project import Project
from tidegate.operations.workshop import Walker, checkout, open_workshop
from tidegate.process import lives, own

LEAVING_SECONDS = 10.0
"""How long a run that waits is waited for, until the process that left it is gone."""


async def plan_and_open(
    project: Project, reference: str, branch: str | None, trigger: str, waiver: Waiver | None = None
) -> tuple[str, Planned]:
    """Plan a run and open it in the ledger; returns its id. Nothing is started yet.

    Raises:
        ConfigError: When the branch is not the one that the pipeline releases from, or the waiver is not in order.
        SourceError: When the commit's files cannot be had, for example because of a submodule.
        Failure: When nothing can be planned; then no run is opened.
    """
    if waiver is not None and not waiver.reason.strip():
        raise ConfigError(
            "a run without a proven way back needs a reason",
            where="--without-way-back",
            what_next="say it with --reason",
        )
    planned = await make_plan(project, reference)
    pushed = branch or project.repository().branch() or planned.pipeline.branch
    if pushed != planned.pipeline.branch:
        raise ConfigError(
            f"branch {pushed} is not released: the pipeline's branch is {planned.pipeline.branch}",
            where=project.file,
            what_next=f"push to {planned.pipeline.branch}, or name the branch with --branch",
        )
    for name in waiver.environments if waiver else ():
        if name not in planned.pipeline.environments:
            raise ConfigError(
                f"there is no environment {name}",
                where="--without-way-back",
                what_next=f"name one of {', '.join(planned.pipeline.environments)}",
            )
    plan = replace(planned.plan, waiver=waiver)
    if not plan.empty:
        await asyncio.to_thread(checkout, project, plan.commit)
    with project.ledger() as ledger:
        run = ledger.open_run(plan.commit, pushed, plan.base, trigger)
        ledger.record_plan(run.id, plan)
        if plan.empty:
            ledger.run_ended(run.id, Phase.SATISFIED, plan.reason)
        return run.id, planned


async def carry(project: Project, run: str, *, unless_ended: bool = False) -> RunView:
    """Walk a run's plan to its end, or until only a person can let it go on; what ended before is not done again.

    Returns the run as it is then. With `unless_ended`, a run that is over is left alone.

    Raises:
        Failure: When the run lives elsewhere, or cannot be walked at all. What goes wrong in a job is in the run.
        asyncio.CancelledError: When cancelled; environments are put back and the ledger says so first.
    """
    async with _taken(project, run) as ledger:
        view = ledger.run(run)
        if view.plan is None or view.plan.empty:
            return view
        refuse_living(view)
        try:
            walker = Walker(f"{socket.gethostname()}:{os.getpid()}", alive)
            async with open_workshop(project, ledger, view, view.plan, walker) as shop:
                pid, since = own()
                view = ledger.run_started(run, pid, socket.gethostname(), since, unless_ended=unless_ended)
                if view.phase.ended:
                    return view
                await _walk(shop, kept(ledger, view, shop.pipeline))
        except Failure as failure:
            # What keeps a run from being taken up at all. Later attempts leave it to be resumed as it stands.
            if not ledger.run(run).attempts:
                ledger.run_ended(run, Phase.FAILED, failure.what)
            raise
        return ledger.run(run)


@contextlib.asynccontextmanager
async def _taken(project: Project, run: str) -> AsyncIterator[Ledger]:
    """The ledger, with no other process of this machine walking the run; the system lets go when this one dies.

    A run that waits may be in the hands of a process that is just leaving it.
    """
    path = project.home.log(run, "run").with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + LEAVING_SECONDS
    with project.ledger() as ledger, path.open("ab") as file:
        while not _locks(file):
            view = ledger.run(run)
            refuse_living(view)
            if view.phase is not Phase.WAITING or time.monotonic() > deadline:
                raise Failure(
                    f"run {run} is being taken up by another process",
                    where=str(path),
                    what_next="`tidegate status` shows how far it is",
                )
            await asyncio.sleep(0.05)
        yield ledger


def _locks(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def alive(view: RunView) -> bool:
    """Whether the process of a run's last attempt lives; one on another machine is taken to live."""
    return bool(view.attempts) and view.phase is Phase.RUNNING and attempt_lives(view.attempts[-1])


def attempt_lives(attempt: Attempt) -> bool:
    """Whether the process of an attempt lives; one on another machine is taken to live."""
    return attempt.host != socket.gethostname() or lives(attempt.pid, attempt.born)


def refuse_living(view: RunView) -> None:
    """Refuse to take a run up that another process is walking."""
    if alive(view):
        attempt = view.attempts[-1]
        raise Failure(
            f"run {view.id} is under way",
            where=f"process {attempt.pid} on {attempt.host}",
            what_next="`tidegate status` shows how far it is",
        )


async def _walk(shop: Workshop, done: Mapping[str, JobReport]) -> None:
    """Walk a run until it ends or waits; on from where it waited when a person decided meanwhile."""
    performer = RunPerformer(shop)
    reports = await _walked(shop, performer, done)
    while not _concluded(shop, reports):
        reports = await _walked(shop, performer, reports)


async def _walked(shop: Workshop, performer: RunPerformer, done: Mapping[str, JobReport]) -> dict[str, JobReport]:
    try:
        reports = await walk(shop.plan.jobs, performer, performer, done, shop.alarm)
    except asyncio.CancelledError:
        await asyncio.shield(_give_up(shop, Phase.CANCELLED, "cancelled"))
        raise
    except ExceptionGroup as group:
        # Jobs report their own failures; what arrives here kept the walk itself from going on, such as a full disk.
        first = group.exceptions[0]
        await _give_up(shop, Phase.FAILED, str(first))
        raise first from group
    await _put_back(shop)
    return reports


async def _give_up(shop: Workshop, phase: Phase, reason: str) -> None:
    await _put_back(shop)
    leave_queues(shop)
    shop.ledger.run_ended(shop.run, phase, reason)


async def _put_back(shop: Workshop) -> None:
    for line in await put_back_all(shop):
        shop.ledger.note(shop.run, "", f"put back: {line}")


def _concluded(shop: Workshop, reports: Mapping[str, JobReport]) -> bool:
    """Record how the run ended, or that it waits; False when what it waits for was decided meanwhile."""
    phase, reason = conclusion(shop.plan, reports)
    if phase is Phase.WAITING:
        if not shop.ledger.run_waits(shop.run, undecided(shop.plan, reports), reason):
            return False
        by, why = superseded_by(shop)
        if by:  # while the run was under way, so that nobody else ended it
            shop.ledger.end_waiting(shop.run, why, by)
        return True
    leave_queues(shop)
    by, _ = superseded_by(shop) if phase is Phase.CANCELLED else ("", "")
    shop.ledger.run_ended(shop.run, phase, reason, by)
    return True
