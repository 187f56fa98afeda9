"""An event loop whose time is virtual: waiting costs nothing, and the order of events is the same in every run."""

import asyncio
import heapq
import itertools
from asyncio import Future, Handle, TimerHandle, events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
RESOLUTION = 1e-9
"""Seconds; what is due within them is due now."""


class Stuck(AssertionError):
    """Every task waits for another one: nothing will ever happen again."""


class _Task(asyncio.Task[Any]):
    """A task that sets hold in the order in which tasks were made: a task group cancels its own out of one."""

    def __init__(self, work: Coroutine[Any, Any, Any], loop: "VirtualLoop") -> None:
        self._number = next(loop.numbers)
        super().__init__(work, loop=loop)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.AbstractEventLoop):
    """An event loop without threads, sockets and signals. `now` is its time in seconds.

    It does as little for an event as asyncio lets it, since simulations do hardly anything but events.
    """

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.numbers = itertools.count()
        self._ready: deque[Handle] = deque()
        self._timers: list[TimerHandle] = []

    def time(self) -> float:
        """Virtual seconds."""
        return self.now

    def run_until_complete(self, work: Coroutine[Any, Any, T]) -> T:  # type: ignore[override] # coroutines only
        """Let everything happen until a task is done; return its result.

        Raises:
            Stuck: It never will be.
        """
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            task = self.create_task(work)
            while not task.done():
                self._go_on()
            return task.result()
        finally:
            events._set_running_loop(before)

    def close(self) -> None:
        """Nothing happens any more."""
        self._ready.clear()
        self._timers.clear()

    def create_task(self, coro: Coroutine[Any, Any, T], **_: Any) -> asyncio.Task[T]:  # type: ignore[override]
        """See asyncio; names and contexts of tasks are nobody's concern here."""
        return _Task(coro, self)

    def create_future(self) -> "Future[Any]":
        """See asyncio."""
        return Future(loop=self)

    def call_soon(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> Handle:
        """See asyncio."""
        handle = Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> TimerHandle:
        """See asyncio."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> TimerHandle:
        """See asyncio."""
        timer = TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, timer)
        return timer

    def is_running(self) -> bool:
        """See asyncio."""
        return True

    def is_closed(self) -> bool:
        """See asyncio."""
        return False

    def get_debug(self) -> bool:
        """See asyncio."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A task that nobody asked for its error: processes that are killed leave such behind."""

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """What `TimerHandle.cancel` tells its loop."""

    def _go_on(self) -> None:
        """Let time pass if nothing is ready, then run what is; what that makes ready comes next time."""
        ready, timers = self._ready, self._timers
        while timers and timers[0].cancelled():
            heapq.heappop(timers)
        if not ready:
            if not timers:
                raise Stuck("every task waits for another one")
            self.now = max(self.now, timers[0].when())
        while timers and timers[0].when() < self.now + RESOLUTION:
            ready.append(heapq.heappop(timers))
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()
