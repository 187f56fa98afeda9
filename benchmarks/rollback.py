"""A person's rollback of prod on the embedded cloud: how many pointer writes a target, and how long they take.

The product is that of the soak: two functions and a site in prod, which makes three targets. The writes are made side
by side; their time is that from the first one's beginning to the last one's end. Everything before them, the proof of
the way back above all, is in the time of the whole rollback.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from benchmarks.measure import Row, milliseconds, row
from tests.pipeline.product import Product, explain, product_on_stage
from tests.soak.shop import Edition, write_shop
from tidegate.cloud.patience import Patience
from tidegate.cloud.patient import PatientEdges, PatientFunctions
from tidegate.cloud.ports import Cloud
from tidegate.model.job import Phase
from tidegate.model.pipeline import Pipeline
from tidegate.model.snapshot import Alias
from tidegate.operations.project import Project
from tidegate.operations.rollback import rollback

ROUNDS = 7
T = TypeVar("T")


@dataclass
class Writes:
    """The pointer writes of one rollback: target → when each of its writes began and ended."""

    times: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    async def timed(self, target: str, write: Callable[[], Awaitable[T]]) -> T:
        """Make a write, and remember when."""
        began = time.perf_counter()
        try:
            return await write()
        finally:
            self.times.setdefault(target, []).append((began, time.perf_counter()))

    @property
    def most_a_target(self) -> int:
        """How many writes the target with the most of them got."""
        return max(map(len, self.times.values()))

    @property
    def seconds(self) -> float:
        """From the beginning of the first write to the end of the last."""
        spans = [span for spans in self.times.values() for span in spans]
        return max(end for _, end in spans) - min(begin for begin, _ in spans)


class TimedFunctions(PatientFunctions):
    """AWS Lambda, whose pointer writes are timed."""

    def __init__(self, cloud: Cloud, writes: Writes) -> None:
        super().__init__(cloud.functions, Patience())
        self._writes = writes

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        """Write."""
        return await self._writes.timed(
            name, lambda: super(TimedFunctions, self).point(name, alias, version, description)
        )


class TimedEdges(PatientEdges):
    """Amazon CloudFront, whose pointer writes are timed."""

    def __init__(self, cloud: Cloud, writes: Writes) -> None:
        super().__init__(cloud.edges, Patience())
        self._writes = writes

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        """Write."""
        return await self._writes.timed(store, lambda: super(TimedEdges, self).point(store, values, etag))


@dataclass(frozen=True, slots=True)
class TimedProject(Project):
    """A project whose cloud times its pointer writes."""

    writes: Writes = field(default_factory=Writes)

    @contextlib.asynccontextmanager
    async def cloud(self, pipeline: Pipeline) -> AsyncIterator[Cloud]:
        """The cloud that the pipeline names."""
        async with Project(self.folder, self.home, self.file).cloud(pipeline) as cloud:
            functions, edges = TimedFunctions(cloud, self.writes), TimedEdges(cloud, self.writes)
            yield replace(cloud, functions=functions, edges=edges)


def released(product: Product, number: int) -> None:
    """Carry an edition, in which both halves are new, into prod."""
    for path, text in Edition(number, number).files().items():
        product.write(path, text)
    product.commit(f"Edition {number}")
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)


def rolled_back(product: Product) -> tuple[Writes, float]:
    """Roll prod back, or forward again, to whichever of its two releases is not live; the writes, and all seconds."""
    other = {"r1": "r2", "r2": "r1"}[product.live()["prod"]]
    project = TimedProject(product.stage.project.folder, product.home)
    began = time.perf_counter()
    run = asyncio.run(rollback(project, "prod", other, "a benchmark"))
    took = time.perf_counter() - began
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    return project.writes, took


def rows() -> list[Row]:
    """Release twice, then go back and forth between the two."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as place:
        folder = Path(place).resolve()
        with product_on_stage(folder, folder / "cache", example=write_shop(folder / "shop")) as product:
            for number in (1, 2):
                released(product, number)
            rolled_back(product)
            found = [rolled_back(product) for _ in range(ROUNDS)]
    writes = [one for one, _ in found]
    targets = {len(one.times) for one in writes}
    assert targets == {3}, f"three targets differ, not {targets}"
    return [
        row("rollback of prod: pointer writes a target", "writes", (float(one.most_a_target) for one in writes), 1.0),
        row("the writes themselves, three targets", "ms", milliseconds(one.seconds for one in writes), 500.0),
        row(
            "the whole rollback, the proof of the way back included",
            "ms",
            milliseconds(seconds for _, seconds in found),
        ),
    ]
