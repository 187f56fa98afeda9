"""An event loop whose time is virtual: waiting costs nothing, and the order of events is the same in every run."""

import asyncio
import itertools
import selectors
from collections.abc import Coroutine
from typing import Any


class Stuck(AssertionError):
    """Every task waits for another one: nothing will ever happen again."""


class _Selector(selectors.SelectSelector):
    """Instead of waiting it lets the loop's time pass."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck("every task waits for another one")
        self.loop.now += max(0.0, timeout)
        return []


class _Task(asyncio.Task[Any]):
    """A task that sets hold in the order in which tasks were made: a task group cancels its own out of one."""

    def __init__(self, work: Coroutine[Any, Any, Any], loop: "VirtualLoop") -> None:
        self._number = next(loop.numbers)
        super().__init__(work, loop=loop)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop without threads, sockets and signals. `now` is its time in seconds."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.numbers = itertools.count()
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        self.set_exception_handler(lambda _loop, _context: None)
        self.set_task_factory(lambda _loop, work: _Task(work, self))

    def time(self) -> float:
        """Virtual seconds."""
        return self.now
