import time
from uuid import uuid4

import pytest

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud, LogLine

NOW_MS = int(time.time() - 60) * 1000  # CloudWatch refuses lines of the far past and of the future


@pytest.fixture
async def group(wire: Wire) -> str:
    name = f"/aws/lambda/function-{uuid4().hex[:8]}"

    def fill() -> None:
        logs = wire.clients.logs
        logs.create_log_group(logGroupName=name)
        for stream, moments in (("a", (0, 2000)), ("b", (1000, 3000))):
            logs.create_log_stream(logGroupName=name, logStreamName=stream)
            events = [{"timestamp": NOW_MS + moment, "message": f"line {moment}\n"} for moment in moments]
            logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)  # type: ignore[arg-type]

    await wire.ask(name, fill)
    return name


async def test_lines_of_all_streams_come_oldest_first(cloud: Cloud, group: str) -> None:
    lines = await cloud.logs.lines(group, NOW_MS / 1000)
    assert lines == tuple(
        LogLine(NOW_MS / 1000 + second, stream, f"line {second * 1000}")
        for second, stream in ((0, "a"), (1, "b"), (2, "a"), (3, "b"))
    )


async def test_an_event_keeps_its_id(cloud: Cloud, group: str) -> None:
    first, again = [[line.id for line in await cloud.logs.lines(group, NOW_MS / 1000 + at)] for at in (0, 1)]
    assert len(set(first)) == 4
    assert first[1:] == again


async def test_lines_before_the_moment_are_left_out(cloud: Cloud, group: str) -> None:
    lines = await cloud.logs.lines(group, NOW_MS / 1000 + 2)
    assert [line.text for line in lines] == ["line 2000", "line 3000"]


async def test_a_group_that_does_not_exist_has_no_lines(cloud: Cloud) -> None:
    assert await cloud.logs.lines("/aws/lambda/never-invoked", 0) == ()
