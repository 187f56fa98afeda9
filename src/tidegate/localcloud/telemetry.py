"""Logs and metrics on their way to CloudWatch: gathered here, handed to the emulated services in batches.

The request that causes them must not wait for them, and moto's modules for logs and metrics are not loaded before
somebody wants to read. So batches are handed over when CloudWatch is next asked something, which makes readers see
everything that happened before, or when too much has gathered.
"""

import asyncio
import functools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tidegate.localcloud.emulated import MotoServices

# Log events that are kept here before they are handed over without anybody asking.
MOST_PENDING = 20_000

Dimensions = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Statistic:
    """What happened to one metric in one second."""

    count: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, value: float) -> None:
        """Count one value."""
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric's name, unit and second; statistics are kept by it."""

    namespace: str
    name: str
    unit: str
    dimensions: Dimensions
    second: int


class Telemetry:
    """Gathers log events and metric values; `moto` gets them."""

    def __init__(self, moto: MotoServices, account: str) -> None:
        self._moto = moto
        self._account = account
        self._events: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        self._pending = 0
        self._metrics: dict[Metric, Statistic] = defaultdict(Statistic)
        self._flushing: asyncio.Task[None] | None = None
        moto.before("logs", self._take_logs)
        moto.before("monitoring", self._take_metrics)

    def log(self, group: str, stream: str, moment: float, lines: Sequence[str]) -> None:
        """Add lines to a log stream, which is made when it does not exist. `moment` is seconds since the epoch."""
        milliseconds = int(moment * 1000)
        self._events[(group, stream)].extend((milliseconds, line) for line in lines if line)
        self._pending += len(lines)
        if self._pending > MOST_PENDING and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.create_task(self._moto.run(self._take_logs()))

    def count(
        self, namespace: str, values: Mapping[tuple[str, str], float], sets: Sequence[Dimensions], moment: float
    ) -> None:
        """Add values to metrics, given by (name, unit), once for every set of dimensions."""
        second = int(moment)
        for dimensions in sets:
            for (name, unit), value in values.items():
                self._metrics[Metric(namespace, name, unit, dimensions, second)].add(value)

    async def stop(self) -> None:
        """Wait for a batch that is being handed over."""
        if self._flushing is not None:
            await self._flushing

    def _take_logs(self) -> Callable[[], None]:
        events, self._events, self._pending = self._events, defaultdict(list), 0
        return lambda: _put_logs(self._account, self._moto.region, events)

    def _take_metrics(self) -> Callable[[], None]:
        metrics, self._metrics = self._metrics, defaultdict(Statistic)
        return lambda: _put_metrics(self._account, self._moto.region, metrics)


def _put_logs(account: str, region: str, events: Mapping[tuple[str, str], list[tuple[int, str]]]) -> None:
    if not events:
        return
    from moto.logs.models import logs_backends  # noqa: PLC0415 - moto is loaded lazily

    backend = logs_backends[account][region]
    for (group, stream), lines in events.items():
        backend.ensure_log_group(group)
        backend.ensure_log_stream(group, stream)
        lines.sort(key=lambda entry: entry[0])
        backend.put_log_events(group, stream, [{"timestamp": at, "message": text} for at, text in lines])


def _put_metrics(account: str, region: str, metrics: Mapping[Metric, Statistic]) -> None:
    if not metrics:
        return
    from moto.cloudwatch.models import cloudwatch_backends  # noqa: PLC0415 - moto is loaded lazily

    datum = _exact_datum()
    backend = cloudwatch_backends[account][region]
    for metric, statistic in metrics.items():
        backend.metric_data.append(
            datum(
                namespace=metric.namespace,
                name=metric.name,
                min_stat=statistic.least,
                max_stat=statistic.most,
                sample_count=float(statistic.count),
                sum_stat=statistic.total,
                dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
                timestamp=datetime.fromtimestamp(metric.second, UTC).replace(tzinfo=None),  # as moto stores it
                unit=metric.unit,
            )
        )


@functools.cache
def _exact_datum() -> Any:
    from moto.cloudwatch.models import MetricAggregatedDatum  # noqa: PLC0415 - moto is loaded lazily

    class ExactDatum(MetricAggregatedDatum):
        """A datum that GetMetricStatistics finds under exactly its own dimensions, as on AWS.

        moto takes any datum that has the dimensions asked for among others, which counts an invocation under
        FunctionName once more for each set of dimensions that it was recorded under.
        """

        def filter(
            self,
            namespace: str | None,
            name: str | None,
            dimensions: list[dict[str, str]],
            already_present_metrics: list[Any] | None = None,
        ) -> bool:
            listing = namespace is not None or name is not None or already_present_metrics is not None
            if not listing and len(dimensions) != len(self.dimensions):
                return False
            return bool(super().filter(namespace, name, dimensions, already_present_metrics))

    return ExactDatum
