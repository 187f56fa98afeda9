"""What every port in memory goes through: virtual time, revisions, a list of the writes, and faults on order.

Hooks run once, right before or right behind the effect of a write, so that an answer can be lost and a stranger can
write in between.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tidegate.errors import Unreachable

Hook = Callable[[], object]


class Killed(BaseException):
    """The process is gone: nothing catches it, and nothing more is written."""


class Wire:
    """What every port goes through: the time, revisions, a list of the writes, and the hooks.

    Attributes:
        moments: How many moments there were at which a process may be killed: before and behind each write.
        kill_at: The moment at which it is; None for never.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.writes: list[str] = []
        self.moments = 0
        self.kill_at: int | None = None
        self._before: list[tuple[str, Hook]] = []
        self._behind: list[tuple[str, Hook]] = []
        self._numbers = itertools.count(1)

    def revision(self) -> str:
        return f"rev-{next(self._numbers)}"

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

    @contextmanager
    def write(self, line: str) -> Iterator[None]:
        self.moment()
        _run_first(self._before, line)
        yield
        self.writes.append(line)
        _run_first(self._behind, line)
        self.moment()

    def moment(self) -> None:
        """A moment at which the process may be killed; from then on every moment is one."""
        self.moments += 1
        if self.kill_at is not None and self.moments >= self.kill_at:
            raise Killed(f"at moment {self.kill_at}")


def _run_first(hooks: list[tuple[str, Hook]], line: str) -> None:
    found = next((one for one in hooks if f"{line} ".startswith(f"{one[0]} ")), None)
    if found:
        hooks.remove(found)
        found[1]()


def _raise(error: Exception) -> None:
    raise error
