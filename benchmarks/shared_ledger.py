"""A ledger in a bucket of the embedded cloud: what a run writes, what is asked for `status`, and a race for one lock.

The run is that of the product of `tests/execute`, walked by one process whose cloud is in memory, so that the ledger
alone is on the wire. Where every job is a process of its own, as on GitHub, `tests/pipeline/test_workflow.py`
holds the writes of all jobs, also those around them, to the same goal.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.embedded import Embedded, embedded_cloud
from benchmarks.measure import Row, milliseconds, row, seconds
from tests.execute.shops import Shop
from tests.execute.walks import walked
from tidegate.cloud.aws.ledger_bucket import LedgerBucket
from tidegate.errors import Locked
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.s3 import S3Store
from tidegate.model.job import Phase
from tidegate.operations.status import NEWEST

NAME, REGION = "ledger", "ap-southeast-1"
RUNNERS = 50
GOAL = 3.0
"""Conditional writes a job."""


@dataclass
class Counted:
    """A bucket whose requests are counted and whose writes are timed."""

    bucket: LedgerBucket
    reads: int = 0
    writes: list[float] = field(default_factory=list)

    @property
    def where(self) -> str:
        """As the bucket has it."""
        return self.bucket.where

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Read."""
        self.reads += 1
        return self.bucket.get(key)

    def put(self, key: str, body: bytes, expect: str = "") -> str:
        """Write."""
        began = time.perf_counter()
        try:
            return self.bucket.put(key, body, expect)
        finally:
            self.writes.append(time.perf_counter() - began)

    def keys(self, prefix: str) -> list[str]:
        """List."""
        self.reads += 1
        return self.bucket.keys(prefix)

    def close(self) -> None:
        """Close."""
        self.bucket.close()


@contextmanager
def opened(cloud: Embedded, prefix: str) -> Iterator[tuple[Counted, Ledger]]:
    """A ledger in the bucket, as a process opens one."""
    with closing(Counted(LedgerBucket(NAME, prefix, REGION, cloud.endpoint))) as bucket:
        yield bucket, Ledger(S3Store(bucket), time.time, defers=True)


def run_writes(cloud: Embedded, folder: Path) -> tuple[float, list[float]]:
    """Walk a second release through its run; how many writes a job it took, and how long each was."""
    with opened(cloud, "run") as (bucket, ledger):
        shop = Shop(folder)
        shop.ledger = ledger
        shop.release("a")
        asyncio.run(_walk(shop.workshop()))
        shop.release("b")
        run = shop.workshop()
        bucket.writes.clear()
        jobs = asyncio.run(_walk(run))
        ledger.flush()
        return len(bucket.writes) / jobs, bucket.writes


async def _walk(run: Workshop) -> int:
    reports, undone = await walked(run)
    assert not undone
    return sum(report.phase is Phase.SUCCEEDED for report in reports.values())


def status_reads(cloud: Embedded) -> int:
    """How many requests a cold reader makes for what `tidegate status` tells, with more runs than it looks through."""
    with opened(cloud, "run") as (_, ledger):
        for _ in range(NEWEST):
            run = ledger.open_run("c" * 40, "main", None, "benchmark").id
            ledger.run_ended(run, Phase.SATISFIED)
    with opened(cloud, "run") as (bucket, ledger):
        for name in ledger.environments():
            ledger.release(ledger.environment(name).live)
        ledger.runs(NEWEST)
        return bucket.reads


def race(cloud: Embedded) -> float:
    """Seconds until as many runners, each with connections of its own, had one environment one after the other."""
    with opened(cloud, "race"):  # begins the ledger
        pass
    with ExitStack() as stack, ThreadPoolExecutor(RUNNERS) as pool:
        ledgers = [stack.enter_context(opened(cloud, "race"))[1] for _ in range(RUNNERS)]
        return seconds(lambda: list(pool.map(_served, ledgers, range(1, RUNNERS + 1))))


def _served(ledger: Ledger, run: int) -> None:
    holder = f"machine-{run}:1"
    while True:
        try:
            ledger.acquire("dev", str(run), holder, "race", 600.0)
        except Locked:
            ledger.enqueue("dev", str(run), holder, 600.0, gives_way=False)
            time.sleep(random.uniform(0.1, 0.3))
        else:
            ledger.check_held("dev", str(run), holder)
            ledger.release_lock("dev", str(run), holder)
            return


def rows() -> list[Row]:
    """Walk, read and race on one embedded cloud."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder, embedded_cloud(Path(folder)) as cloud:
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.close()
        count, times = run_writes(cloud, Path(folder) / "shop")
        reads = status_reads(cloud)
        raced = race(cloud)
    return [
        row("conditional writes a job of a run that is open", "writes", [count], GOAL),
        row("one of them, over the wire", "ms", milliseconds(times)),
        row(f"requests for `status`, {NEWEST} runs looked through", "requests", [reads]),
        row(f"{RUNNERS} runners served one lock", "s", [raced]),
    ]
