"""What every port in memory goes through: virtual time, revisions, a list of the writes, and faults on order.

Hooks run once, right before or right behind the effect of a write, so that an answer can be lost and a stranger can
write in between.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tidegate.errors import Unreachable

Hook = Callable[[], object]


class Wire:
    """What every port goes through: the time, revisions, a list of the writes, and the hooks."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.writes: list[str] = []
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
        _run_first(self._before, line)
        yield
        self.writes.append(line)
        _run_first(self._behind, line)


def _run_first(hooks: list[tuple[str, Hook]], line: str) -> None:
    found = next((one for one in hooks if f"{line} ".startswith(f"{one[0]} ")), None)
    if found:
        hooks.remove(found)
        found[1]()


def _raise(error: Exception) -> None:
    raise error
