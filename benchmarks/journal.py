"""Cost of the journal: 1,000 jobs that do nothing, two records each, as medians over several rounds.

Run: python benchmarks/journal.py [ROUNDS]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from tidegate.ledger.ledger import Ledger, open_ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan

JOBS = 1_000
DONE = JobReport(Phase.SUCCEEDED, detail="nothing to do", outcome={"release": "r1"})


def walk(ledger: Ledger) -> str:
    names = tuple(f"job-{number}" for number in range(JOBS))
    plan = Plan(commit="c" * 40, base=None, jobs=tuple(Job(name, Duty.CHECK) for name in names))
    run = ledger.open_run("c" * 40, "main", None, "benchmark", plan).id
    ledger.run_started(run, 1, "here")
    for name in names:
        ledger.job_started(run, name)
        ledger.job_ended(run, name, DONE)
    return run


def poll(ledger: Ledger, last: int) -> None:
    for _ in range(100):
        ledger.tail("1", last)


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for number in range(rounds):
            path = Path(directory) / f"{number}.db"
            with open_ledger(path) as ledger:
                figures.setdefault("SQLite: a job", []).append(timed(partial(walk, ledger)) / JOBS)
                last = ledger.run("1").seq
                figures.setdefault("SQLite: a poll that finds nothing", []).append(
                    timed(partial(poll, ledger, last)) / 100
                )
            with open_ledger(path) as ledger:
                figures.setdefault("SQLite: open, read and fold the run", []).append(timed(partial(ledger.run, "1")))
                figures.setdefault("SQLite: view of a known run", []).append(timed(partial(ledger.run, "1")))
            memory = Ledger(MemoryStore(), time.time)
            figures.setdefault("memory: a job", []).append(timed(partial(walk, memory)) / JOBS)
    print(f"{JOBS} no-op jobs, median of {rounds} rounds")
    for name, seconds in figures.items():
        print(f"  {name:<40} {median(seconds) * 1_000:8.3f} ms   (worst {max(seconds) * 1_000:.3f})")


if __name__ == "__main__":
    main()
