"""The limit of a job, driven by hand: no test waits for a clock."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.execute.test_interpreter import Stage, job, phases
from tidegate.errors import Failure
from tidegate.execute.interpreter import walk
from tidegate.execute.limit import duration, within
from tidegate.model.job import Job, Phase


@dataclass
class Alarms:
    """Clocks that stand still until a test says that the time is up."""

    up: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.up.wait()


async def until(condition: object) -> None:
    assert callable(condition)
    while not condition():
        await asyncio.sleep(0)


async def test_work_that_ends_in_time_is_not_disturbed() -> None:
    async def work() -> int:
        return 7

    alarms = Alarms()
    assert await within(job("a"), work(), alarms) == 7
    assert alarms.asked == [3600]


async def test_when_the_time_is_up_the_work_has_ended_before_its_failure_is_told() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("ended")

    alarms = Alarms()
    doing = asyncio.ensure_future(within(job("a"), work(), alarms))
    await until(lambda: alarms.asked)
    alarms.up.set()
    with pytest.raises(Failure, match="a timed out after 1h") as failure:
        await doing
    assert told == ["ended"]
    assert "`tidegate logs --job a`" in failure.value.what_next
    assert "timeouts.test" in failure.value.what_next


async def test_work_whose_end_fails_timed_out_all_the_same() -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("cannot clean up")

    alarms = Alarms()
    doing = asyncio.ensure_future(within(job("a"), work(), alarms))
    await until(lambda: alarms.asked)
    alarms.up.set()
    with pytest.raises(Failure, match="timed out"):
        await doing


async def test_work_that_ends_in_the_moment_in_which_its_time_is_up_has_ended() -> None:
    async def work() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return 7
        raise AssertionError

    alarms = Alarms()
    doing = asyncio.ensure_future(within(job("a"), work(), alarms))
    await until(lambda: alarms.asked)
    alarms.up.set()
    assert await doing == 7


async def test_a_cancellation_from_outside_is_no_timeout_and_leaves_nothing_running() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("ended")

    alarms = Alarms()
    doing = asyncio.ensure_future(within(job("a"), work(), alarms))
    await until(lambda: alarms.asked)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert told == ["ended"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


@dataclass
class Line(Stage):
    """A stage on which jobs wait in line before they are done."""

    admitted: asyncio.Event = field(default_factory=asyncio.Event)

    async def admit(self, job: Job) -> None:
        self.events.append(f"admit {job.name}")
        await self.admitted.wait()


async def test_a_wait_in_line_is_no_part_of_the_time() -> None:
    alarms = Alarms()
    stage = Line()
    walking = asyncio.ensure_future(walk((job("a"),), stage, stage, None, alarms))
    await until(lambda: "admit a" in stage.events)
    assert alarms.asked == []
    stage.admitted.set()
    assert phases(await walking) == {"a": "succeeded"}
    assert alarms.asked == [3600]


async def test_a_job_that_times_out_fails_and_blocks_what_is_behind_it() -> None:
    alarms = Alarms()
    stage = Stage(hold={"a": asyncio.Event()})
    walking = asyncio.ensure_future(walk((job("a"), job("b", "a")), stage, stage, None, alarms))
    await until(lambda: alarms.asked)
    alarms.up.set()
    reports = await walking
    assert phases(reports) == {"a": "failed", "b": "blocked"}
    assert reports["a"].detail == "a timed out after 1h"


async def test_what_is_done_ahead_has_the_same_limit_of_its_own() -> None:
    @dataclass
    class Slow(Stage):
        async def prepare(self, job: Job) -> None:
            await asyncio.Event().wait()

    alarms = Alarms()
    stage = Slow()
    graph = (job("detect"), job("build", "detect", prepare_after=("detect",)), job("c", "build"))
    walking = asyncio.ensure_future(walk(graph, stage, stage, None, alarms))
    await until(lambda: len(alarms.asked) == 2)
    alarms.up.set()
    reports = await walking
    assert reports["build"].phase is Phase.FAILED
    assert reports["build"].detail == "what it does ahead of its turn timed out after 1h"
    assert reports["c"].phase is Phase.BLOCKED


@pytest.mark.parametrize(("seconds", "text"), [(90, "90s"), (300, "5m"), (7200, "2h"), (1, "1s"), (0, "0s")])
def test_limits_are_told_as_people_write_them(seconds: int, text: str) -> None:
    assert duration(seconds) == text
