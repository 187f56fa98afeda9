"""The interpreter: walks a job graph, side by side where it may, and remembers what ended.

Rules, as in GitHub Actions but for one: a job that does not apply is satisfied, so those behind it run; only a job
that failed, was cancelled or was itself blocked keeps those behind it from running.

A job may also wait for a person. Those behind it are left as they are, neither run nor blocked; all others go on to
their end, and so the walk ends by itself.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from tidegate.errors import Cancelled, Failure
from tidegate.execute.limit import Alarm, within
from tidegate.model.job import Job, JobReport, Phase


class Performer(Protocol):
    """Does what jobs are for."""

    async def prepare(self, job: Job) -> None:
        """Do ahead of the job's turn what touches no environment's state. Its failure is the job's."""

    async def admit(self, job: Job) -> None:
        """Wait in line for what only one run may have at a time. This wait is no part of the job's time."""

    async def perform(self, job: Job) -> JobReport:
        """Do the job; its preparation has ended. A report of `Phase.WAITING` says that a person must decide first.

        Raises `Failure` for what goes wrong in an expected way, `Cancelled` for what somebody ended.
        """


class Journal(Protocol):
    """Remembers the walk. A job's start is written before any effect, its end after the last."""

    def started(self, job: Job) -> None:
        """The job's turn, or its preparation, begins."""

    def prepared(self, job: Job) -> None:
        """The job's preparation is done; its turn may still be to come."""

    def turned(self, job: Job) -> None:
        """The turn of a job that is prepared ahead came."""

    def waits(self, job: Job, report: JobReport) -> None:
        """The job waits for a person; nothing of it runs any more."""

    def ended(self, job: Job, report: JobReport) -> None:
        """The job ended; nothing of it runs any more."""


async def walk(
    jobs: Sequence[Job],
    performer: Performer,
    journal: Journal,
    done: Mapping[str, JobReport] | None = None,
    alarm: Alarm = asyncio.sleep,
) -> dict[str, JobReport]:
    """Walk all jobs; returns how each ended, in the given order; one behind a job that waits is pending.

    Args:
        jobs: The graph; every need is the name of another job.
        performer: Does the work.
        journal: Remembers it.
        done: Jobs of an interrupted walk that already let pass: they are not done again.
        alarm: Tells when the time of a job, or of its preparation, is up.

    Raises:
        asyncio.CancelledError: When cancelled; jobs that ran are journalled as cancelled first.
    """
    loop = asyncio.get_running_loop()
    ends: dict[str, asyncio.Future[JobReport]] = {job.name: loop.create_future() for job in jobs}
    for name, report in (done or {}).items():
        if name in ends and report.phase.lets_pass:
            ends[name].set_result(report)
    async with asyncio.TaskGroup() as tasks:
        for job in jobs:
            if not ends[job.name].done():
                tasks.create_task(_Turn(job, ends, performer, journal, alarm).take(), name=job.name)
    return {name: end.result() for name, end in ends.items()}


class _Turn:
    """One job's way through the walk."""

    def __init__(
        self,
        job: Job,
        ends: Mapping[str, asyncio.Future[JobReport]],
        performer: Performer,
        journal: Journal,
        alarm: Alarm,
    ) -> None:
        self._job = job
        self._ends = ends
        self._performer = performer
        self._journal = journal
        self._alarm = alarm
        self._begun = False

    async def take(self) -> None:
        job = self._job
        try:
            report = await self._outcome()
        except asyncio.CancelledError:
            if self._begun:
                self._journal.ended(job, JobReport(Phase.CANCELLED, "cancelled"))
            raise
        except Failure as failure:
            report = _failed(failure)
        if report.phase is Phase.WAITING:
            self._journal.waits(job, report)
        elif report.phase.ended:
            self._journal.ended(job, report)
        self._ends[job.name].set_result(report)

    async def _outcome(self) -> JobReport:
        job = self._job
        preparation = None
        if job.applies and job.prepare_after is not None:
            preparation = asyncio.create_task(self._prepare(job.prepare_after), name=f"prepare {job.name}")
        try:
            blocker = await self._first_blocker(preparation)
            if blocker:
                return JobReport(Phase.BLOCKED, f"{blocker} did not let it pass")
            if before := self._first_undecided():
                if preparation is not None:
                    await preparation
                return JobReport(Phase.PENDING, f"{before} waits")
            if not job.applies:
                return JobReport(Phase.SATISFIED, job.reason)
            self._begin()
            if preparation is not None:
                self._journal.turned(job)
                await preparation
            await self._performer.admit(job)
            return await within(job, self._performer.perform(job), self._alarm)
        finally:
            if preparation is not None and not preparation.done():
                preparation.cancel()
                await asyncio.gather(preparation, return_exceptions=True)

    async def _first_blocker(self, preparation: asyncio.Task[None] | None) -> str:
        """Wait for all needs; one that does not let pass ends the wait by its name, a failed preparation by raising."""
        waiting: set[asyncio.Future[JobReport] | asyncio.Task[None]] = {self._ends[need] for need in self._job.needs}
        if preparation is not None:
            waiting.add(preparation)
        while True:
            for need in self._job.needs:
                end = self._ends[need]
                if end.done() and end.result().phase.ended and not end.result().phase.lets_pass:
                    return need
            waiting = {future for future in waiting if not future.done()}
            if preparation is not None and preparation.done():
                preparation.result()
            if not waiting - {preparation}:
                return ""
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)

    def _first_undecided(self) -> str:
        """The first need that waits, or is itself behind one that does; all of them were waited for."""
        return next((need for need in self._job.needs if not self._ends[need].result().phase.ended), "")

    async def _prepare(self, after: tuple[str, ...]) -> None:
        for name in after:
            end = await asyncio.shield(self._ends[name])
            if not end.phase.lets_pass:
                return
        self._begin()
        await within(self._job, self._performer.prepare(self._job), self._alarm, "what it does ahead of its turn")
        self._journal.prepared(self._job)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._journal.started(self._job)


def _failed(failure: Failure) -> JobReport:
    fields = {"what": failure.what, "where": failure.where, "what_next": failure.what_next}
    phase = Phase.CANCELLED if isinstance(failure, Cancelled) else Phase.FAILED
    return JobReport(phase, failure.what, failure=fields)
