"""Cost of the journal alone: two records a job, and reading them back while another process follows the run."""

import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, milliseconds, row, seconds
from tidegate.ledger.ledger import Ledger, open_ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan

JOBS = 1_000
ROUNDS = 7
DONE = JobReport(Phase.SUCCEEDED, detail="nothing to do", outcome={"release": "r1"})


def write_run(ledger: Ledger) -> str:
    """Record a run of `JOBS` jobs; returns its id."""
    names = tuple(f"job-{number}" for number in range(JOBS))
    plan = Plan(commit="c" * 40, base=None, jobs=tuple(Job(name, Duty.CHECK) for name in names))
    run = ledger.open_run("c" * 40, "main", None, "benchmark", plan).id
    ledger.run_started(run, 1, "here")
    for name in names:
        ledger.job_started(run, name)
        ledger.job_ended(run, name, DONE)
    return run


def poll(ledger: Ledger, last: int) -> None:
    """Ask a hundred times for what is new where nothing is."""
    for _ in range(100):
        ledger.tail("1", last)


def rows() -> list[Row]:
    """Write and read runs of 1,000 jobs."""
    writing, polling, folding, knowing, memory = [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        for number in range(ROUNDS):
            path = Path(folder) / f"{number}.db"
            with open_ledger(path) as ledger:
                writing.append(seconds(partial(write_run, ledger)) / JOBS)
                polling.append(seconds(partial(poll, ledger, ledger.run("1").seq)) / 100)
            with open_ledger(path) as ledger:
                folding.append(seconds(partial(ledger.run, "1")))
                knowing.append(seconds(partial(ledger.run, "1")))
            memory.append(seconds(partial(write_run, Ledger(MemoryStore(), time.time))) / JOBS)
    return [
        row("a job's two records, SQLite", "ms", milliseconds(writing)),
        row("a job's two records, in memory", "ms", milliseconds(memory)),
        row("a poll that finds nothing new", "ms", milliseconds(polling)),
        row(f"reading a run of {JOBS:,} jobs", "ms", milliseconds(folding)),
        row("reading a run already known", "ms", milliseconds(knowing)),
    ]
