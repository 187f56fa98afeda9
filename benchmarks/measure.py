"""Taking samples, and what a benchmark reports of them."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

STEADY = 0.1
"""Samples are steady when the middle half of them lies within this part of their median."""

FEWEST = 3
LONGEST = 20.0
"""Seconds that samples of one figure may take, unless there are fewer than `FEWEST`: a busy machine is given up on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        name: What was measured.
        unit: Of `median`, `low`, `high`, and of the goal where there is no ratio.
        median: Of all samples.
        low: The smallest sample.
        high: The greatest sample.
        rounds: How many samples there are.
        goal: What the ratio, or without one the median, should not exceed; None for a figure that is information.
        ratio: How many times another figure the median is; None where that means nothing.
        of: What that other figure is.
    """

    name: str
    unit: str
    median: float
    low: float
    high: float
    rounds: int
    goal: float | None = None
    ratio: float | None = None
    of: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        return (self.median if self.ratio is None else self.ratio) <= self.goal

    def plain(self) -> dict[str, object]:
        """The row as JSON-compatible values."""
        return {**asdict(self), "holds": self.holds}


def row(
    name: str,
    unit: str,
    samples: Iterable[float],
    goal: float | None = None,
    *,
    ratio_to: float | None = None,
    of: str = "",
) -> Row:
    """Sum samples up; with `ratio_to`, the goal is about how many times it their median is."""
    taken = list(samples)
    median = statistics.median(taken)
    ratio = None if ratio_to is None else median / ratio_to
    return Row(name, unit, median, min(taken), max(taken), len(taken), goal, ratio, of)


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def sample(take: Callable[[], float], rounds: int, most: int | None = None) -> list[float]:
    """Take samples behind one that does not count, and more of them, up to `most`, while they are not steady.

    Args:
        take: Returns a sample.
        rounds: How many to take, fewer only when `LONGEST` is over and there are `FEWEST`.
        most: How many to take at most; twice `rounds` by default.
    """
    take()
    gc.collect()
    deadline = time.monotonic() + LONGEST
    taken: list[float] = []
    while len(taken) < rounds or (len(taken) < (most or 2 * rounds) and not _steady(taken)):
        if len(taken) >= FEWEST and time.monotonic() > deadline:
            break
        taken.append(take())
    return taken


def milliseconds(samples: Iterable[float]) -> list[float]:
    """Samples in seconds as milliseconds."""
    return [one * 1000 for one in samples]


def _steady(taken: list[float]) -> bool:
    if len(taken) < 2:
        return True
    low, _, high = statistics.quantiles(taken, n=4)
    return high - low <= 2 * STEADY * statistics.median(taken)
