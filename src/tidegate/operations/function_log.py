"""The log of one function in CloudWatch: what it said, and what it goes on to say."""

import asyncio
import contextlib
import datetime
import re
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tidegate.cloud.ports import Cloud, LogLine
from tidegate.errors import CloudError, NotFound
from tidegate.model.snapshot import FunctionSnapshot
from tidegate.operations.failed_log import shown
from tidegate.operations.looking import Pause, looks
from tidegate.targets.step import CANDIDATE, LIVE

POLL_SECONDS = 2.0
LATE_SECONDS = 60.0
"""How far behind the newest event others are looked for: streams reach CloudWatch one sooner, one later."""
MOST_COLUMNS = 1 << 20
"""An event of CloudWatch's is smaller."""

_VERSION = re.compile(r"\[(?P<version>\$LATEST|[0-9]+)\]")


@dataclass
class Fresh:
    """Tells events that were not told before from those that were, however their reads overlap.

    Attributes:
        since: From when on to read next, seconds since the epoch.
    """

    since: float
    _read: dict[str, float] = field(default_factory=dict)

    def of(self, lines: Iterable[LogLine]) -> tuple[LogLine, ...]:
        """Those of the events that were not told yet."""
        return tuple(line for line in lines if line.id not in self._read)

    def read(self, lines: Iterable[LogLine]) -> None:
        """Remember that these were told."""
        self._read |= {line.id: line.at for line in lines}
        newest = max(self._read.values(), default=self.since)
        self.since = max(self.since, newest - LATE_SECONDS)
        self._read = {one: at for one, at in self._read.items() if at >= self.since}


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """A function's log; `function` is its name in AWS.

    An event is told with its time, the version that wrote it, and the pointers that lead to that version now.
    """

    cloud: Cloud
    function: str

    async def lines(self, seconds: float) -> tuple[str, ...]:
        """What it said in the last seconds, oldest first."""
        return await self._told(await self._read(time.time() - seconds))

    async def follow(
        self, seconds: float, pause: Pause = asyncio.sleep
    ) -> AsyncGenerator[tuple[str, ...] | CloudError, None]:
        """What it said in the last seconds and goes on to say, without an end; nothing twice.

        An answer that does not come is passed on, and asked for again.

        Raises:
            CloudError: When AWS refuses, or gives no answer for a long time.
        """
        fresh = Fresh(time.time() - seconds)

        async def look() -> tuple[str, ...]:
            found = await self._read(fresh.since)
            lines = await self._told(fresh.of(found))
            fresh.read(found)
            return lines

        async with contextlib.aclosing(looks(look, lambda: POLL_SECONDS, pause)) as seen:
            async for one in seen:
                yield one

    async def _read(self, since: float) -> tuple[LogLine, ...]:
        return await self.cloud.logs.lines(f"/aws/lambda/{self.function}", since)

    async def _told(self, lines: tuple[LogLine, ...]) -> tuple[str, ...]:
        if not lines:
            return ()
        try:
            led = pointers(await self.cloud.functions.observe(self.function, (LIVE, CANDIDATE)))
        except NotFound:  # its log outlives a function
            led = {}
        return tuple(text for line in lines for text in told(line, led))


def pointers(function: FunctionSnapshot) -> Mapping[str, str]:
    """Version → the pointers that lead to it, a canary's share included."""
    found: dict[str, list[str]] = {}
    for name, alias in function.aliases.items():
        for version in (alias.version, *alias.weights):
            found.setdefault(version, []).append(name)
    return {version: "+".join(names) for version, names in found.items()}


def told(line: LogLine, led: Mapping[str, str]) -> Iterator[str]:
    """The lines of an event, each with the event's time, version and pointers."""
    named = _VERSION.search(line.stream)
    version = named["version"] if named else "?"
    by = f"{version} {led[version]}" if version in led else version
    moment = datetime.datetime.fromtimestamp(line.at, datetime.UTC)
    for text in line.text.splitlines() or [""]:
        yield f"{moment:%H:%M:%S.%f} {by:<16} {shown(text, MOST_COLUMNS)}"
