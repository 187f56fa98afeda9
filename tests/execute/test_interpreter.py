import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.errors import GateFailed, Superseded
from tidegate.execute.interpreter import walk
from tidegate.model.job import Duty, Job, JobReport, Phase

OK = JobReport(Phase.SUCCEEDED)


def job(name: str, *needs: str, applies: bool = True, prepare_after: tuple[str, ...] | None = None) -> Job:
    return Job(name, Duty.CHECK, needs, "", applies, "", prepare_after)


@dataclass
class Stage:
    """A performer and a journal that write down what happened."""

    failing: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    failing_preparations: frozenset[str] = frozenset()
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    reports: dict[str, JobReport] = field(default_factory=dict)

    async def prepare(self, job: Job) -> None:
        self.events.append(f"prepare {job.name}")
        if job.name in self.failing_preparations:
            raise GateFailed("cannot prepare")

    async def admit(self, job: Job) -> None:
        pass

    async def perform(self, job: Job) -> JobReport:
        self.events.append(f"perform {job.name}")
        if job.name in self.hold:
            await self.hold[job.name].wait()
        if job.name in self.waiting:
            return JobReport(Phase.WAITING, "for ann")
        if job.name in self.failing:
            raise GateFailed("no", where="here", what_next="there")
        return OK

    def started(self, job: Job) -> None:
        self.events.append(f"started {job.name}")

    def prepared(self, job: Job) -> None:
        self.events.append(f"prepared {job.name}")

    def turned(self, job: Job) -> None:
        self.events.append(f"turned {job.name}")

    def waits(self, job: Job, report: JobReport) -> None:
        self.events.append(f"waits {job.name}")

    def ended(self, job: Job, report: JobReport) -> None:
        self.reports[job.name] = report
        self.events.append(f"ended {job.name}")


def phases(reports: dict[str, JobReport]) -> dict[str, str]:
    return {name: report.phase.value for name, report in reports.items()}


DIAMOND = (job("a"), job("b", "a"), job("c", "a"), job("d", "b", "c"))


@pytest.mark.parametrize(
    ("jobs", "failing", "expected"),
    [
        pytest.param(DIAMOND, "", "succeeded succeeded succeeded succeeded", id="all pass"),
        pytest.param(DIAMOND, "b", "succeeded failed succeeded blocked", id="a failure blocks what is behind it"),
        pytest.param(DIAMOND, "a", "failed blocked blocked blocked", id="blocks travel on"),
        pytest.param(
            (job("a"), job("b", "a", applies=False), job("c", "b")),
            "",
            "succeeded satisfied succeeded",
            id="what does not apply counts as satisfied",
        ),
        pytest.param(
            (job("a"), job("b", "a", applies=False), job("c", "b")),
            "a",
            "failed blocked blocked",
            id="what does not apply does not hide a failure before it",
        ),
    ],
)
async def test_phases(jobs: tuple[Job, ...], failing: str, expected: str) -> None:
    stage = Stage(frozenset(failing.split()))
    reports = await walk(jobs, stage, stage)
    assert list(phases(reports).values()) == expected.split()
    assert stage.reports == reports


@pytest.mark.parametrize(
    ("jobs", "waiting", "failing", "expected", "untold"),
    [
        pytest.param(DIAMOND, "b", "", "succeeded waiting succeeded pending", "b d", id="others go on to their end"),
        pytest.param(DIAMOND, "b", "c", "succeeded waiting failed blocked", "b", id="a failure comes before a wait"),
        pytest.param(DIAMOND, "b c", "", "succeeded waiting waiting pending", "b c d", id="two that wait"),
        pytest.param(
            (job("a"), job("b", "a"), job("c", "b"), job("d", "c"), job("e", "a")),
            "b",
            "e",
            "succeeded waiting pending pending failed",
            "b c d",
            id="waits travel on, and so does work beside them",
        ),
        pytest.param(
            (job("a"), job("b", "a"), job("c", "b", applies=False)),
            "b",
            "",
            "succeeded waiting pending",
            "b c",
            id="nothing is satisfied behind a wait",
        ),
    ],
)
async def test_waiting_for_a_person(
    jobs: tuple[Job, ...], waiting: str, failing: str, expected: str, untold: str
) -> None:
    stage = Stage(frozenset(failing.split()), waiting=frozenset(waiting.split()))
    reports = await walk(jobs, stage, stage)
    assert list(phases(reports).values()) == expected.split()
    assert set(reports) - set(stage.reports) == set(untold.split()), "what did not end is not journalled as ended"
    assert [event for event in stage.events if event.startswith("waits")] == [
        f"waits {name}" for name in waiting.split()
    ]


async def test_what_is_behind_a_wait_is_prepared_and_no_more() -> None:
    stage = Stage(waiting=frozenset({"ask"}))
    graph = (job("build"), job("ask", "build"), job("deploy", "ask", prepare_after=("build",)))
    assert phases(await walk(graph, stage, stage)) == {"build": "succeeded", "ask": "waiting", "deploy": "pending"}
    assert "prepared deploy" in stage.events
    assert not {"turned deploy", "perform deploy", "ended deploy"} & set(stage.events)


async def test_a_preparation_that_fails_behind_a_wait_is_a_failure() -> None:
    stage = Stage(waiting=frozenset({"ask"}), failing_preparations=frozenset({"deploy"}))
    graph = (job("build"), job("ask", "build"), job("deploy", "ask", prepare_after=("build",)))
    assert phases(await walk(graph, stage, stage))["deploy"] == "failed"


async def test_what_somebody_ended_is_cancelled_and_blocks() -> None:
    class Ended(Stage):
        async def perform(self, job: Job) -> JobReport:
            raise Superseded("1", "2", "prod")

    stage = Ended()
    assert phases(await walk((job("a"), job("b", "a")), stage, stage)) == {"a": "cancelled", "b": "blocked"}
    assert stage.reports["a"].failure["what"] == "superseded by run 2 in prod"


async def test_a_failure_is_told_whole() -> None:
    stage = Stage(frozenset("a"))
    report = (await walk((job("a"),), stage, stage))["a"]
    assert report.failure == {"what": "no", "where": "here", "what_next": "there"}


async def test_jobs_that_let_pass_before_are_not_done_again() -> None:
    stage = Stage()
    done = {"a": JobReport(Phase.SUCCEEDED, "kept"), "b": JobReport(Phase.FAILED)}
    reports = await walk(DIAMOND, stage, stage, done)
    assert reports["a"].detail == "kept"
    assert "perform a" not in stage.events
    assert "perform b" in stage.events


async def test_preparation_runs_ahead_of_the_turn() -> None:
    stage = Stage(hold={"test": asyncio.Event()})
    graph = (job("detect"), job("test", "detect"), job("build", "test", prepare_after=("detect",)))
    walking = asyncio.create_task(walk(graph, stage, stage))
    while "prepare build" not in stage.events:
        await asyncio.sleep(0)
    assert "ended test" not in stage.events
    stage.hold["test"].set()
    assert phases(await walking) == {"detect": "succeeded", "test": "succeeded", "build": "succeeded"}
    order = ["prepared build", "ended test", "turned build", "perform build"]
    assert [event for event in stage.events if event in order] == order


async def test_a_failed_preparation_fails_its_job_at_once() -> None:
    stage = Stage(failing_preparations=frozenset({"build"}), hold={"test": asyncio.Event()})
    graph = (job("detect"), job("test", "detect"), job("build", "test", prepare_after=("detect",)))
    walking = asyncio.create_task(walk(graph, stage, stage))
    while "ended build" not in stage.events:
        await asyncio.sleep(0)
    assert "ended test" not in stage.events
    stage.hold["test"].set()
    assert phases(await walking)["build"] == "failed"


async def test_cancellation_is_journalled_for_what_ran() -> None:
    stage = Stage(hold={"a": asyncio.Event()})
    walking = asyncio.create_task(walk(DIAMOND, stage, stage))
    while "perform a" not in stage.events:
        await asyncio.sleep(0)
    walking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await walking
    assert phases(stage.reports) == {"a": "cancelled"}


@st.composite
def graphs(draw: Callable[[st.SearchStrategy[set[int]]], set[int]]) -> tuple[Job, ...]:
    count = 8
    needs: Iterable[set[int]] = [draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set() for i in range(count)]
    return tuple(job(str(i), *(str(n) for n in sorted(before))) for i, before in enumerate(needs))


@given(graph=graphs(), failing=st.sets(st.integers(0, 7).map(str)))
def test_a_job_runs_exactly_when_nothing_before_it_failed(graph: tuple[Job, ...], failing: set[str]) -> None:
    stage = Stage(frozenset(failing))
    reports = asyncio.run(walk(graph, stage, stage))
    for one in graph:
        passed = all(reports[need].phase is Phase.SUCCEEDED for need in one.needs)
        expected = Phase.BLOCKED if not passed else Phase.FAILED if one.name in failing else Phase.SUCCEEDED
        assert reports[one.name].phase is expected
        assert stage.events.count(f"perform {one.name}") == int(passed)
