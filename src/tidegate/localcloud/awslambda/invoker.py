"""Invocation: picks the version, lends a worker, runs the handler, and tells logs and metrics."""

import asyncio
import random
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass

from tidegate.localcloud.awslambda import errors
from tidegate.localcloud.awslambda.control import Control
from tidegate.localcloud.awslambda.function import Version
from tidegate.localcloud.awslambda.launches import Launches
from tidegate.localcloud.awslambda.logs import WorkerLog
from tidegate.localcloud.awslambda.names import LATEST, FunctionName
from tidegate.localcloud.awslambda.runtime_api import Invocation, Outcome
from tidegate.localcloud.awslambda.slots import Slot, Slots
from tidegate.localcloud.awslambda.worker import InitFailed, Worker
from tidegate.localcloud.telemetry import Dimensions, Telemetry

NAMESPACE = "AWS/Lambda"
DEFAULT_TRACE = "Root=1-00000000-000000000000000000000000;Sampled=0"


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be run."""

    function: FunctionName
    payload: bytes
    client_context: str | None = None
    trace_id: str = DEFAULT_TRACE


@dataclass(frozen=True, slots=True)
class Result:
    """What one invocation came to.

    Attributes:
        tail: The last 4 KB of the invocation's log.
    """

    request_id: str
    outcome: Outcome
    version: str
    tail: str


class Invoker:
    """Runs events on workers."""

    def __init__(self, control: Control, launches: Launches, telemetry: Telemetry) -> None:
        self._control = control
        self._launches = launches
        self._telemetry = telemetry
        self._versions: dict[Slot, Version] = {}
        self._logs: dict[Worker, WorkerLog] = {}
        self._running: dict[str, int] = defaultdict(int)
        self._chance = random.Random()  # noqa: S311 - traffic splitting, not secrets
        self.slots = Slots(self._start, time.monotonic)

    async def invoke(self, event: Event) -> Result:
        """Run one event and wait for it.

        Raises:
            LambdaError: ResourceNotFoundException, ResourceConflictException, TooManyRequestsException.
        """
        name = event.function
        chosen = self._control.state.invocable(name, self._control.stamp(), self._chance.random())
        self._admit(name)
        self._running[name.name] += 1
        try:
            return await self._run(event, chosen.version)
        finally:
            self._running[name.name] -= 1

    async def stop(self) -> None:
        """End every worker."""
        await self.slots.stop()

    def reap(self) -> None:
        """End workers that idled too long or whose version is no more."""
        self.slots.retire(self._current)
        self.slots.reap()
        alive = {worker for worker in self._logs if worker.alive}
        self._logs = {worker: log for worker, log in self._logs.items() if worker in alive}
        self._versions = {slot: version for slot, version in self._versions.items() if self._current(slot)}

    def _admit(self, name: FunctionName) -> None:
        function = self._control.state.function(name.name, self._control.clock())
        if function.reserved is not None and self._running[name.name] >= function.reserved:
            self._count(name, None, {("Throttles", "Count"): 1.0})
            raise errors.throttled("ReservedFunctionConcurrentInvocationLimitExceeded")

    async def _run(self, event: Event, version: Version) -> Result:
        name, request_id = event.function, str(uuid.uuid4())
        slot = Slot(name.name, version.number, version.code.digest, version.modified)
        self._versions[slot] = version
        concurrent = float(self._running[name.name])
        begun = time.perf_counter()
        try:
            worker = await self.slots.acquire(slot)
        except InitFailed as failure:
            result = Result(request_id, Outcome(failure.document, failed=True), version.number, str(failure))
        else:
            begun = time.perf_counter()
            try:
                result = await self._serve(event, version, worker, request_id)
            finally:
                self.slots.release(slot, worker)
        values = {
            ("Invocations", "Count"): 1.0,
            ("Errors", "Count"): float(result.outcome.failed),
            ("Throttles", "Count"): 0.0,
            ("Duration", "Milliseconds"): (time.perf_counter() - begun) * 1000,
            ("ConcurrentExecutions", "Count"): concurrent,
        }
        self._count(name, version.number, values)
        return result

    async def _serve(self, event: Event, version: Version, worker: Worker, request_id: str) -> Result:
        limit = float(version.configuration.timeout)
        invocation = Invocation(
            request_id=request_id,
            payload=event.payload,
            deadline=int((time.time() + limit) * 1000),
            arn=self._control.names.function_arn(event.function.name, event.function.qualifier),
            trace_id=event.trace_id,
            client_context=event.client_context,
        )
        log = self._logs[worker]
        log.begin(request_id, version.number)
        begun = time.perf_counter()
        try:
            outcome = await worker.invoke(invocation, limit)
        except asyncio.CancelledError:
            await worker.stop()
            raise
        duration = time.perf_counter() - begun
        if outcome.failed and not worker.alive:
            log.note(outcome.payload)
        first = worker.init_seconds if worker.invocations == 1 else None
        log.end(duration, version.configuration.memory_size, worker.memory_mb(), first)
        return Result(request_id, outcome, version.number, log.tail())

    async def _start(self, slot: Slot) -> Worker:
        version = self._versions[slot]
        image = self._control.images.resolve(version.code.resolved_uri)
        rootfs = await self._control.images.unpacked(version.code.digest)
        log = WorkerLog(self._telemetry, slot.function, slot.version, self._control.clock)
        launch = self._launches.of(slot.function, version, image.config, rootfs, log.stream)
        worker = Worker(launch, log.write)
        await worker.start()
        self._logs[worker] = log
        return worker

    def _current(self, slot: Slot) -> bool:
        try:
            name = FunctionName(slot.function, slot.version)
            version = self._control.state.resolve(name, self._control.clock()).version
        except errors.LambdaError:
            return False
        return (version.code.digest, version.modified) == (slot.digest, slot.modified)

    def _count(self, name: FunctionName, version: str | None, values: dict[tuple[str, str], float]) -> None:
        function = ("FunctionName", name.name)
        sets: list[Dimensions] = [(function,)]
        if name.qualifier is not None and name.qualifier != LATEST:
            resource = ("Resource", f"{name.name}:{name.qualifier}")
            sets.append((function, resource))
            if version is not None:
                sets.append((function, resource, ("ExecutedVersion", version)))
        self._telemetry.count(NAMESPACE, values, sets, self._control.clock())
