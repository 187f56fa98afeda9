import pytest

from tidegate.errors import ConfigError
from tidegate.ledger import approvals
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.refusals import Unknown
from tidegate.model.job import Phase
from tidegate.model.record import ApprovalAsked, ApprovalDecided, RunEnded, RunWaits
from tidegate.model.run import Approval, Decision, RunView

MADE = Decision(approved=True, by="ann", reason="looks good", at=3.0)


def run(phase: Phase, reason: str = "", **asked: Decision | None) -> RunView:
    return RunView(
        "7",
        "c",
        "main",
        None,
        "push",
        0.0,
        phase=phase,
        reason=reason,
        approvals={name: Approval(2.0, decision) for name, decision in asked.items()},
    )


def test_asking_again_asks_nothing() -> None:
    assert approvals.ask(run(Phase.RUNNING), "prod", 5.0) == ApprovalAsked("prod", 5.0)
    assert approvals.ask(run(Phase.RUNNING, prod=None), "prod", 5.0) is None
    assert approvals.ask(run(Phase.RUNNING, prod=MADE), "prod", 5.0) is None


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.RUNNING])
@pytest.mark.parametrize("approved", [True, False])
def test_a_person_decides_about_a_run_that_asked(phase: Phase, *, approved: bool) -> None:
    decided = approvals.decide(run(phase, prod=None), "prod", "bob", "why", 5.0, approved=approved)
    assert decided == ApprovalDecided("prod", approved, "bob", "why", 5.0)


@pytest.mark.parametrize(
    ("view", "what", "what_next"),
    [
        (run(Phase.CANCELLED, "superseded by run 8 in prod", prod=None), "run 7 cancelled: superseded by run 8", "any"),
        (run(Phase.FAILED, "build: no", prod=None), "run 7 failed: build: no", "it waits for nothing any more"),
        (run(Phase.SUCCEEDED, prod=MADE), "run 7 succeeded", "it waits for nothing any more"),
        (run(Phase.RUNNING), "run 7 does not wait for an approval of prod", "it is running"),
        (run(Phase.WAITING, asia=None), "run 7 does not wait for an approval of prod", "it waits for asia"),
        (run(Phase.WAITING, prod=MADE), "run 7 was approved for prod by ann: looks good", "`tidegate resume 7`"),
    ],
)
def test_what_comes_too_late_or_too_soon_is_refused(view: RunView, what: str, what_next: str) -> None:
    with pytest.raises(ConfigError) as refused:
        approvals.decide(view, "prod", "bob", "why", 5.0, approved=True)
    assert refused.value.what.startswith(what)
    assert what_next in refused.value.what_next


@pytest.mark.parametrize(
    ("view", "waits"),
    [
        (run(Phase.RUNNING, prod=None), True),
        (run(Phase.RUNNING, prod=None, asia=MADE), True),
        (run(Phase.RUNNING, prod=MADE), False),
    ],
)
def test_a_run_waits_unless_it_was_decided_meanwhile(view: RunView, *, waits: bool) -> None:
    assert approvals.wait(view, ("prod",), "for prod", 5.0) == (RunWaits("for prod", 5.0) if waits else None)


def test_only_a_run_that_waits_is_ended_without_a_process() -> None:
    assert approvals.end(run(Phase.WAITING), "why", 5.0, "8") == RunEnded(Phase.CANCELLED, "why", 5.0, "8")
    for phase in set(Phase) - {Phase.WAITING}:
        assert approvals.end(run(phase), "why", 5.0) is None


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryStore(), lambda: 9.0)


def test_a_run_is_asked_decided_and_taken_up(ledger: Ledger) -> None:
    number = ledger.open_run("c", "main", None, "push").id
    ledger.run_started(number, 1, "h")
    ledger.ask_approval(number, "prod")
    assert ledger.run_waits(number, ("prod",), "waits for prod")
    assert ledger.decide_approval(number, "prod", "ann", "ok", approved=True).phase is Phase.WAITING
    assert ledger.run(number).approvals == {
        "prod": Approval(9.0, Decision(approved=True, by="ann", reason="ok", at=9.0))
    }
    assert not ledger.run_started(number, 2, "h", unless_ended=True).phase.ended
    assert not ledger.end_waiting(number, "cancelled")
    assert not ledger.run_waits(number, ("prod",), "waits for prod")


def test_a_run_that_is_over_is_not_taken_up(ledger: Ledger) -> None:
    number = ledger.open_run("c", "main", None, "push").id
    ledger.ask_approval(number, "prod")
    assert ledger.run_waits(number, ("prod",), "waits for prod")
    assert ledger.end_waiting(number, "cancelled by ann")
    assert not ledger.end_waiting(number, "cancelled by bob")
    view = ledger.run_started(number, 2, "h", unless_ended=True)
    assert (view.phase, view.reason, view.attempts) == (Phase.CANCELLED, "cancelled by ann", ())


def test_of_a_run_that_does_not_exist_nothing_is_written(ledger: Ledger) -> None:
    for refused in (
        lambda: ledger.ask_approval("3", "prod"),
        lambda: ledger.end_waiting("x", "why"),
        lambda: ledger.run_started("3", 1, "h"),
    ):
        with pytest.raises(Unknown, match="there is no run"):
            refused()
    assert ledger.runs() == []
