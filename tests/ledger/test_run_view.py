from collections.abc import Iterable
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.ledger.run_view import UNOPENED, apply
from tidegate.model.job import Duty, Job, Phase, Plan
from tidegate.model.record import (
    ApprovalAsked,
    ApprovalDecided,
    JobEnded,
    JobPrepared,
    JobStarted,
    JobTurned,
    JobWaits,
    Noted,
    PlanRecorded,
    RunEnded,
    RunOpened,
    RunRecord,
    RunStarted,
    RunWaits,
    StepDone,
    StepIntended,
)
from tidegate.model.run import Approval, Decision, JobView, RunView, StepView

PLAN = Plan(
    "c",
    None,
    (Job("a", Duty.BUILD, reason="changed"), Job("b", Duty.DEPLOY, ("a",), "dev", applies=False, reason="no")),
)
OPENED = RunOpened("1", "c", "main", None, "push", 0.0)
STARTED = RunStarted(1, "h", 1.0)

NAMES = st.sampled_from("ab")
TIMES = st.floats(0, 9)
RECORDS: st.SearchStrategy[RunRecord] = st.one_of(
    st.just(PlanRecorded(PLAN, 0.0)),
    st.builds(RunStarted, st.integers(1, 3), st.just("h"), TIMES),
    st.builds(JobStarted, NAMES, TIMES),
    st.builds(JobPrepared, NAMES, TIMES),
    st.builds(JobTurned, NAMES, TIMES),
    st.builds(JobWaits, NAMES, TIMES, NAMES),
    st.builds(JobEnded, NAMES, st.sampled_from(Phase), TIMES),
    st.builds(StepIntended, NAMES, NAMES, TIMES),
    st.builds(StepDone, NAMES, NAMES, TIMES, st.integers(0, 3)),
    st.builds(Noted, NAMES, NAMES, TIMES),
    st.builds(ApprovalAsked, NAMES, TIMES),
    st.builds(ApprovalDecided, NAMES, st.booleans(), NAMES, NAMES, TIMES),
    st.builds(RunWaits, NAMES, TIMES),
    st.builds(RunEnded, st.sampled_from(Phase), NAMES, TIMES),
)


def fold(records: Iterable[RunRecord], view: RunView = UNOPENED) -> RunView:
    return reduce(lambda known, record: apply(known, record, known.seq + 1), records, view)


@given(records=st.lists(RECORDS, max_size=15), cut=st.integers(0, 15))
def test_folding_in_pieces_is_folding_at_once(records: list[RunRecord], cut: int) -> None:
    whole = fold([OPENED, *records])
    piece = fold([OPENED, *records[:cut]])
    kept = fold([OPENED, *records[:cut]])
    assert fold(records[cut:], piece) == whole
    assert piece == kept
    assert whole.seq == len(records) + 1


@given(records=st.lists(RECORDS, max_size=15))
def test_nothing_is_forgotten(records: list[RunRecord]) -> None:
    view = fold([OPENED, *records])
    assert len(view.notes) == sum(isinstance(record, Noted) for record in records)
    assert len(view.attempts) == sum(isinstance(record, RunStarted) for record in records)
    for name, job in view.jobs.items():
        own = [record for record in records if getattr(record, "job", None) == name]
        assert job.attempts == sum(isinstance(record, JobStarted) for record in own)
        steps = {record.step for record in own if isinstance(record, StepIntended | StepDone)}
        assert {step.name for step in job.steps} == steps


def test_the_plan_lays_out_the_jobs_in_its_order() -> None:
    view = fold([OPENED, PlanRecorded(PLAN, 0.0)])
    assert list(view.jobs) == ["a", "b"]
    assert view.jobs["b"] == JobView("b", "dev", applies=False, reason="no", needs=("a",))
    assert (view.plan, view.phase) == (PLAN, Phase.PENDING)


def test_a_plan_that_comes_late_keeps_what_is_known() -> None:
    view = fold([OPENED, JobStarted("z", 1.0), JobStarted("b", 2.0), PlanRecorded(PLAN, 3.0)])
    assert list(view.jobs) == ["a", "b", "z"]
    assert (view.jobs["b"].phase, view.jobs["b"].environment) == (Phase.RUNNING, "dev")


@pytest.mark.parametrize(
    ("ended", "then"),
    [
        (Phase.SUCCEEDED, Phase.SUCCEEDED),
        (Phase.SATISFIED, Phase.SATISFIED),
        (Phase.FAILED, Phase.PENDING),
        (Phase.BLOCKED, Phase.PENDING),
        (Phase.CANCELLED, Phase.PENDING),
        (Phase.WAITING, Phase.PENDING),
        (None, Phase.PENDING),
    ],
)
def test_a_resume_redoes_what_did_not_succeed(ended: Phase | None, then: Phase) -> None:
    end: list[RunRecord] = [JobEnded("a", ended, 3.0), RunEnded(Phase.FAILED, "why", 4.0)] if ended else []
    view = fold([OPENED, STARTED, JobStarted("a", 2.0), StepIntended("a", "push", 2.5), *end, RunStarted(2, "h", 5.0)])
    assert (view.phase, view.reason, view.ended) == (Phase.RUNNING, "", None)
    assert [attempt.pid for attempt in view.attempts] == [1, 2]
    assert view.jobs["a"].phase is then
    assert view.jobs["a"].steps == (StepView("push", 2.5),)


def test_a_job_that_begins_again_forgets_its_end_and_keeps_its_steps() -> None:
    failed = JobEnded("a", Phase.FAILED, 3.0, "bad", {"x": 1}, {"what": "bad"})
    steps: list[RunRecord] = [
        StepIntended("a", "one", 2.1, {"d": 1}),
        StepDone("a", "one", 2.2, "o"),
        StepIntended("a", "two", 2.3),
    ]
    view = fold([OPENED, STARTED, JobStarted("a", 2.0), *steps, failed, RunStarted(2, "h", 4.0), JobStarted("a", 5.0)])
    job = view.jobs["a"]
    assert (job.phase, job.started, job.ended, job.detail, job.outcome, job.failure, job.attempts) == (
        Phase.RUNNING,
        5.0,
        None,
        "",
        {},
        {},
        2,
    )
    assert job.steps == (StepView("one", 2.1, {"d": 1}, 2.2, "o"), StepView("two", 2.3))


def test_the_wait_between_preparation_and_turn_is_no_work() -> None:
    prepared = fold([OPENED, JobStarted("a", 1.0), JobPrepared("a", 3.0)])
    assert prepared.jobs["a"].waits
    turned = fold([JobTurned("a", 10.0)], prepared)
    assert not turned.jobs["a"].waits
    assert fold([JobEnded("a", Phase.SUCCEEDED, 11.0)], turned).jobs["a"].seconds == 3.0
    assert fold([JobEnded("a", Phase.CANCELLED, 9.0)], prepared).jobs["a"].seconds == 2.0
    again = fold([RunStarted(2, "h", 20.0), JobStarted("a", 21.0)], turned).jobs["a"]
    assert (again.prepared, again.turned) == (None, None)


def test_a_step_intended_again_is_not_known_to_have_happened() -> None:
    view = fold([OPENED, StepIntended("a", "s", 1.0), StepDone("a", "s", 2.0, "o"), StepIntended("a", "t", 3.0)])
    again = fold([StepIntended("a", "s", 4.0, "d")], view)
    assert [step.name for step in again.jobs["a"].steps] == ["s", "t"]
    assert again.jobs["a"].step("s") == StepView("s", 4.0, "d")


def test_a_job_that_ends_without_a_beginning_has_no_seconds() -> None:
    job = fold([OPENED, JobEnded("a", Phase.SATISFIED, 3.0, "nothing changed")]).jobs["a"]
    assert (job.phase, job.seconds, job.detail, job.attempts) == (Phase.SATISFIED, None, "nothing changed", 0)


WAITS: list[RunRecord] = [
    STARTED,
    JobStarted("a", 2.0),
    JobPrepared("a", 3.0),
    JobStarted("b", 2.0),
    JobWaits("b", 4.0, "waits for approval by ann"),
    ApprovalAsked("prod", 4.0),
    RunWaits("waits for approval of prod", 5.0),
]


def test_while_a_run_waits_nothing_of_it_runs() -> None:
    view = fold([OPENED, *WAITS])
    assert (view.phase, view.reason, view.ended) == (Phase.WAITING, "waits for approval of prod", None)
    assert (view.jobs["a"].phase, view.jobs["a"].started) == (Phase.PENDING, None)
    assert (view.jobs["b"].phase, view.jobs["b"].detail) == (Phase.WAITING, "waits for approval by ann")
    assert view.undecided == ("prod",)


def test_what_waited_when_a_run_ended_is_cancelled() -> None:
    view = fold([OPENED, *WAITS, RunEnded(Phase.CANCELLED, "superseded", 6.0, "8")])
    assert (view.phase, view.superseded_by, view.jobs["b"].phase) == (Phase.CANCELLED, "8", Phase.CANCELLED)
    assert fold([STARTED], view).superseded_by == ""


def test_the_first_decision_stands() -> None:
    decided = ApprovalDecided("prod", approved=True, by="ann", reason="ok", at=6.0)
    late = ApprovalDecided("prod", approved=False, by="bob", reason="no", at=7.0)
    view = fold([OPENED, *WAITS, decided, late, ApprovalAsked("prod", 8.0)])
    assert view.approvals == {"prod": Approval(4.0, Decision(approved=True, by="ann", reason="ok", at=6.0))}
    assert view.undecided == ()


@pytest.mark.parametrize(
    ("opened", "taken_up", "last"),
    [
        ("", (), ""),
        ("github:a/b:1", (), "github:a/b:1"),
        ("github:a/b:1", ("",), "github:a/b:1"),
        ("github:a/b:1", ("github:a/b:1", "github:a/b:7"), "github:a/b:7"),
        ("", ("github:a/b:7", ""), "github:a/b:7"),
    ],
)
def test_a_run_belongs_to_the_workflow_run_that_took_it_up_last(
    opened: str, taken_up: tuple[str, ...], last: str
) -> None:
    attempts = (RunStarted(1, "h", 1.0, origin=origin) for origin in taken_up)
    view = fold([RunOpened("1", "c", "main", None, "push", 0.0, opened), *attempts])
    assert view.origin == last
    assert tuple(attempt.origin for attempt in view.attempts) == taken_up
