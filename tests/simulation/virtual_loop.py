"""An event loop whose time is virtual: waiting costs nothing, and the order of events is the same in every run."""

import asyncio
import selectors
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


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop without threads, sockets and signals. `now` is its time in seconds."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        """Virtual seconds."""
        return self.now
