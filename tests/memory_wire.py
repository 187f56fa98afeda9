"""What every call of a port in memory goes through: faults on order, and moments at which the process dies.

The cloud behind it is one; each process that asks it has a wire of its own. Time belongs to the cloud: all wires share
its `Clock`.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import TypeVar

from tidegate.errors import Unreachable

T = TypeVar("T")
Hook = Callable[[], object]


class Killed(BaseException):
    """The process is gone: nothing catches it, and nothing more is written."""


class Clock:
    """A cloud's time, in seconds, and the revisions that it gives out; no two are the same."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._numbers = itertools.count(1)

    def revision(self) -> str:
        return f"rev-{next(self._numbers)}"


class Wire:
    """One process's way to the cloud.

    A line begins with the call site, such as `functions.point`, and then names what it concerns: `functions.point api
    live`. Hooks run once, right before or right behind the effect of a write, so that an answer can be lost and a
    stranger can write in between.

    Attributes:
        clock: That of the cloud which the wire leads to.
        writes: The lines of all writes whose effect happened.
        moments: How many moments there were at which the process may be killed: before and behind each write.
        kill_at: The moment at which it is; None for never.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.writes: list[str] = []
        self.moments = 0
        self.kill_at: int | None = None
        self._before: list[tuple[str, Hook]] = []
        self._behind: list[tuple[str, Hook]] = []

    @property
    def now(self) -> float:
        return self.clock.now

    @now.setter
    def now(self, seconds: float) -> None:
        self.clock.now = seconds

    async def ask(self, line: str, effect: Callable[[], T]) -> T:
        """A read, or an invocation: what moves no pointer. `effect` is the call itself, done in one piece."""
        return effect()

    async def tell(self, line: str, effect: Callable[[], T]) -> T:
        """A write. `effect` is the call itself, done in one piece."""
        self.moment()
        _run_first(self._before, line)
        answer = effect()
        self.writes.append(line)
        _run_first(self._behind, line)
        self.moment()
        return answer

    async def pause(self, seconds: float) -> None:
        """Let the time pass, and others run."""
        self.clock.now += seconds
        await asyncio.sleep(0)

    def before(self, call: str, hook: Hook) -> None:
        """Run a hook before the first write whose line begins with `call`, such as `functions.point api live`."""
        self._before.append((call, hook))

    def behind(self, call: str, hook: Hook) -> None:
        """As `before`, behind its effect."""
        self._behind.append((call, hook))

    def lose_answer(self, call: str) -> None:
        """The effect happens, and nobody hears of it."""
        self.behind(call, lambda: _raise(Unreachable(f"no answer to {call}")))

    def lose_request(self, call: str) -> None:
        """The effect does not happen, and nobody knows that."""
        self.before(call, lambda: _raise(Unreachable(f"no answer to {call}")))

    def moment(self) -> None:
        """A moment at which the process may be killed; from then on every moment is one."""
        self.moments += 1
        if self.kill_at is not None and self.moments >= self.kill_at:
            raise Killed(f"at moment {self.kill_at}")


def _run_first(hooks: list[tuple[str, Hook]], line: str) -> None:
    if not hooks:
        return
    found = next((one for one in hooks if f"{line} ".startswith(f"{one[0]} ")), None)
    if found:
        hooks.remove(found)
        found[1]()


def _raise(error: Exception) -> None:
    raise error
