"""The interpreter with its journal on disk: jobs that do nothing, and jobs of known durations.

The journal writes what a run's own journal writes. Jobs of known durations are measured against their critical path,
that is the longest chain of durations through the graph.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Row, milliseconds, row, sample
from tidegate.execute.interpreter import walk
from tidegate.ledger.ledger import Ledger, open_ledger
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan

NO_OPS = 1_000
TIMED = 60
SEED = 7
SHORTEST, LONGEST = 0.020, 0.080
DONE = JobReport(Phase.SUCCEEDED)


class Sleeps:
    """Performs a job by sleeping; a job without a duration does nothing."""

    def __init__(self, durations: Mapping[str, float]) -> None:
        self._durations = durations

    async def prepare(self, job: Job) -> None:
        """No job has a preparation."""

    async def perform(self, job: Job) -> JobReport:
        """Sleep for the job's duration."""
        if job.name in self._durations:
            await asyncio.sleep(self._durations[job.name])
        return DONE


class LedgerJournal:
    """Writes to the ledger what `execute.performer.RunPerformer` writes."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        self._ledger = ledger
        self._run = run

    def started(self, job: Job) -> None:
        """Journal a start."""
        self._ledger.job_started(self._run, job.name, time.time())

    def prepared(self, job: Job) -> None:
        """Journal the end of a preparation."""
        self._ledger.job_prepared(self._run, job.name, time.time())

    def turned(self, job: Job) -> None:
        """Journal that a prepared job's turn came."""
        self._ledger.job_turned(self._run, job.name, time.time())

    def ended(self, job: Job, report: JobReport) -> None:
        """Journal an end."""
        self._ledger.job_ended(self._run, job.name, report, time.time())


def graph(size: int) -> tuple[Job, ...]:
    """A random graph, always the same: each job needs up to three of the ten before it."""
    numbers = random.Random(SEED)
    jobs: list[Job] = []
    for number in range(size):
        before = [job.name for job in jobs[-10:]]
        needs = numbers.sample(before, min(len(before), numbers.randint(0, 3)))
        jobs.append(Job(f"job-{number}", Duty.CHECK, tuple(needs)))
    return tuple(jobs)


def longest_chain(jobs: Sequence[Job], durations: Mapping[str, float]) -> list[float]:
    """Durations along the critical path: their sum is what the graph takes at least, whatever runs side by side."""
    chains: dict[str, list[float]] = {}
    for job in jobs:
        before = max((chains[need] for need in job.needs), key=sum, default=[])
        chains[job.name] = [*before, durations[job.name]]
    return max(chains.values(), key=sum)


def slept(durations: Sequence[float]) -> float:
    """Sleep one duration after the other, with no interpreter: how late this machine alone wakes up."""

    async def sleeps() -> None:
        for duration in durations:
            await asyncio.sleep(duration)

    began = time.perf_counter()
    asyncio.run(sleeps())
    return time.perf_counter() - began


def walked(folder: Path, jobs: tuple[Job, ...], durations: Mapping[str, float]) -> float:
    """Walk a graph with a new ledger; returns the seconds of the walk alone."""
    with tempfile.TemporaryDirectory(dir=folder) as own, open_ledger(Path(own) / "ledger.db") as ledger:
        plan = Plan(commit="c" * 40, base=None, jobs=jobs)
        run = ledger.open_run(plan.commit, "main", None, "benchmark", plan).id
        began = time.perf_counter()
        reports = asyncio.run(walk(jobs, Sleeps(durations), LedgerJournal(ledger, run)))
        took = time.perf_counter() - began
        assert all(report.phase is Phase.SUCCEEDED for report in reports.values())
        assert all(job.phase is Phase.SUCCEEDED for job in ledger.run(run).jobs.values())
    return took


def rows() -> list[Row]:
    """Walk 1,000 jobs that do nothing, then 60 that sleep."""
    numbers = random.Random(SEED)
    timed = graph(TIMED)
    durations = {job.name: numbers.uniform(SHORTEST, LONGEST) for job in timed}
    chain = longest_chain(timed, durations)
    least = sum(chain) * 1000
    no_ops = graph(NO_OPS)
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        empty = sample(lambda: walked(Path(folder), no_ops, {}) / NO_OPS, 7)
        full = sample(lambda: walked(Path(folder), timed, durations), 9)
        alone = sample(lambda: slept(chain), 9)
    return [
        row(f"a no-op job of {NO_OPS:,}, journal on disk", "ms", milliseconds(empty), 1.0),
        row(
            f"a graph of {TIMED} jobs of 20 to 80 ms",
            "ms",
            milliseconds(full),
            1.05,
            ratio_to=least,
            of=f"its critical path of {least:.0f} ms",
        ),
        row(
            f"sleeping along that path's {len(chain)} jobs, without an interpreter",
            "ms",
            milliseconds(alone),
            ratio_to=least,
            of="the path",
        ),
    ]
