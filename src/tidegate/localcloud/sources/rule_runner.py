"""Invokes the functions that EventBridge rules name: on PutEvents, and on schedule."""

import asyncio
import time
import uuid
from collections.abc import Callable
from functools import partial

from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.invoker import Event
from tidegate.localcloud.awslambda.names import parse_function
from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.emulated import MotoServices
from tidegate.localcloud.sources.rules import Delivery, RuleDispatch, schedules
from tidegate.localcloud.sources.schedules import Timetable
from tidegate.localcloud.telemetry import Telemetry

PRINCIPAL = "events.amazonaws.com"
NAMESPACE = "AWS/Events"
# How often the clock is compared with the timetable, in seconds: rates are whole minutes.
TICK_SECONDS = 1.0


class RuleRunner:
    """Runs the rules of one account and region.

    Args:
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        functions: LambdaService,
        moto: MotoServices,
        telemetry: Telemetry,
        account: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._functions = functions
        self._moto = moto
        self._telemetry = telemetry
        self._account = account
        self._clock = clock
        self._timetable = Timetable()
        self._ticking = asyncio.Lock()
        self._changed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._dispatch = RuleDispatch(self._deliver_from_thread)
        moto.before("events", lambda: self._dispatch.install)
        moto.after("events", self._told)

    async def start(self) -> None:
        """Begin to watch the clock."""
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.create_task(self._tick_forever())

    async def stop(self) -> None:
        """Stop watching, and let go of moto."""
        if self._main is not None:
            self._main.cancel()
            await asyncio.gather(self._main, return_exceptions=True)
        self._dispatch.uninstall()

    async def tick(self) -> None:
        """Fire every rule that is due; returns when they have fired, whoever began to."""
        async with self._ticking:
            now = self._clock()
            if self._changed:
                self._changed = False
                found = await self._moto.run(lambda: schedules(self._account, self._moto.region))
                self._timetable.update(found, now)
            for arn in self._timetable.due(now):
                await self._moto.run(partial(self._fire, arn, now))

    def _fire(self, arn: str, now: float) -> None:
        self._dispatch.fire(self._account, self._moto.region, arn, str(uuid.uuid4()), now)

    async def _tick_forever(self) -> None:
        while True:
            await self.tick()
            await asyncio.sleep(TICK_SECONDS)

    def _told(self, operation: str) -> None:
        if operation not in ("PutEvents", "ListRules", "DescribeRule"):
            self._changed = True

    def _deliver_from_thread(self, delivery: Delivery) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._deliver, delivery)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            name = parse_function(delivery.target_arn)
            self._functions.control.state.resolve(name, self._functions.control.clock())
            permitted = self._functions.permits(name, PRINCIPAL, delivery.rule_arn)
        except LambdaError:
            permitted = False
        values = {
            ("TriggeredRules", "Count"): 1.0,
            ("Invocations", "Count"): 1.0,
            ("FailedInvocations", "Count"): float(not permitted),
        }
        self._telemetry.count(NAMESPACE, values, [(("RuleName", delivery.rule_name),)], self._clock())
        if permitted:
            self._functions.enqueue(Event(name, delivery.payload))
