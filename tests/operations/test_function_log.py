"""A function's log that is read again and again: every event is told, and none twice."""

from dataclasses import dataclass, field, replace

import pytest

from tests.memory_cloud import MemoryCloud
from tidegate.cloud.ports import LogLine
from tidegate.errors import CloudError, Unreachable
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version
from tidegate.operations.function_log import LATE_SECONDS, Fresh, FunctionLog, pointers, told


def event(at: float, text: str = "", version: str = "1") -> LogLine:
    return LogLine(at, f"2026/01/02/[{version}]0a1b", text or f"at {at}", f"id {at} {text}")


def test_events_that_overlap_are_told_once_and_late_ones_too() -> None:
    fresh = Fresh(100.0)
    seen: list[float] = []
    for read in ((200.0, 300.0), (), (300.0,), (250.0, 300.0, 310.0), (311.0,)):
        lines = [event(at) for at in read]
        seen += [line.at for line in fresh.of(lines)]
        fresh.read(lines)
    assert seen == [200.0, 300.0, 250.0, 310.0, 311.0]
    assert fresh.since == 311.0 - LATE_SECONDS
    assert set(fresh._read) == {event(at).id for at in (300.0, 310.0, 311.0)}


def test_two_events_of_one_moment_are_two() -> None:
    fresh = Fresh(0.0)
    fresh.read([event(5.0, "a")])
    assert [line.text for line in fresh.of([event(5.0, "a"), event(5.0, "b")])] == ["b"]


def version(number: str) -> Version:
    return Version(number, "sha256:x", "r", "c")


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        ((), {}),
        ((Alias("live", "3", "r"), Alias("candidate", "4", "r")), {"3": "live", "4": "candidate"}),
        ((Alias("live", "3", "r"), Alias("candidate", "3", "r")), {"3": "live+candidate"}),
        ((Alias("live", "3", "r", {"4": 0.1}), Alias("candidate", "4", "r")), {"3": "live", "4": "live+candidate"}),
    ],
)
def test_pointers_to_a_version(aliases: tuple[Alias, ...], expected: dict[str, str]) -> None:
    function = FunctionSnapshot("api", version("$LATEST"), {alias.name: alias for alias in aliases}, {})
    assert pointers(function) == expected


def test_how_an_event_is_told() -> None:
    line = event(1.5, "one\n\x1b[31mtwo\x1b[0m\x07\tthree")
    by = {"1": "live"}
    assert list(told(line, by)) == [
        "00:00:01.500000 1 live           one",
        "00:00:01.500000 1 live           two\\x07\tthree",
    ]
    assert next(told(event(0, "x", "$LATEST"), by)) == "00:00:00.000000 $LATEST          x"
    assert next(told(replace(line, stream="elsewhere"), by)).startswith("00:00:01.500000 ?                one")
    assert list(told(replace(line, text=""), by)) == ["00:00:01.500000 1 live           "]
    assert len(next(told(event(0, "x" * 200_000), by))) > 200_000


@dataclass
class ScriptedLogs:
    """What each read of the log gives, or meets."""

    script: list[list[LogLine] | CloudError]
    since: list[float] = field(default_factory=list)

    async def lines(self, group: str, since: float) -> tuple[LogLine, ...]:
        assert group == "/aws/lambda/gone"
        self.since.append(since)
        now = self.script.pop(0)
        if isinstance(now, CloudError):
            raise now
        return tuple(now)


async def test_a_log_is_followed_through_a_loss_of_the_network() -> None:
    a, b = event(1e10), event(1e10 + 1)
    logs = ScriptedLogs([[a], Unreachable("no route"), [a, b], [b], CloudError("access denied")])
    log = FunctionLog(replace(MemoryCloud().ports, logs=logs), "gone")

    async def pause(_: float) -> None:
        return

    seen: list[str] = []

    async def follow() -> None:
        async for one in log.follow(60, pause):
            seen.extend([one.what] if isinstance(one, CloudError) else [text.split()[-1] for text in one])

    with pytest.raises(CloudError, match="access denied"):
        await follow()
    assert seen == [str(1e10), "no route", str(1e10 + 1)]
    assert logs.since[1:] == [1e10 - LATE_SECONDS] * 2 + [1e10 + 1 - LATE_SECONDS] * 2
