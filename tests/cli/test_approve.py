"""A run that waits, as a person meets it: what is shown, who may decide, what comes too late."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.test_errors import WHOLE
from tidegate.config.load import parse
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope

ASKING = WHOLE.replace("prod: {after: dev}", "prod: {after: dev, approval: required, approvers: [ann, bob]}")
REASON = ("--reason", "looks good")


@pytest.fixture
def ann(new_command_line: Callable[[], CommandLine]) -> CommandLine:
    """The command line of a person who may approve, on a product whose prod must be approved."""
    line = replace(new_command_line(), variables={"LOGNAME": "ann", "COLUMNS": "120"})
    line.commit(**{"tidegate.yaml": ASKING, "Dockerfile": "FROM x"})
    return line


@pytest.fixture
def ledger(ann: CommandLine) -> Iterator[Ledger]:
    with ann.project.ledger() as opened:
        yield opened


@pytest.fixture
def run(ann: CommandLine, ledger: Ledger) -> str:
    """A run that waits before prod."""
    commit = ann.commit()
    pipeline = parse(ASKING.encode(), "tidegate.yaml")
    scope = Scope({"backend": "new"}, "", "", "", release=True, quiet="")
    plan = plan_run(pipeline, commit, None, scope, None, dict.fromkeys(pipeline.environments, Behind()))
    number = ledger.open_run(commit, "main", None, "test", plan).id
    ledger.run_started(number, 1, "elsewhere")
    ledger.job_started(number, "approve-prod")
    ledger.await_approval("prod", number, "elsewhere:1")
    ledger.ask_approval(number, "prod")
    ledger.job_waits(number, "approve-prod", "waits for approval by ann, bob")
    assert ledger.run_waits(number, ("prod",), "waits for approval of prod")
    return number


def test_everything_that_shows_a_run_shows_that_it_waits(ann: CommandLine, run: str) -> None:
    how = f"`tidegate approve {run} prod --reason …`"
    assert how in ann("status").stdout
    assert "waiting" in ann("history").stdout
    table = ann("status", run).stdout
    assert "waiting: waits for approval of prod" in table
    assert "waits for approval by ann, bob" in table
    followed = ann("status", run, "--follow")
    assert followed.returncode == 5
    assert f"run {run} waiting: waits for approval of prod" in followed.stdout
    assert how in followed.stderr
    shown = json.loads(ann("status", run, "--json").stdout)
    assert (shown["phase"], shown["approvals"]["prod"]["decision"]) == ("waiting", None)


def test_a_picture_of_a_run_that_waits(ann: CommandLine, run: str) -> None:
    path = ann.home / "run.svg"
    assert ann("status", run, "--picture", str(path)).returncode == 0
    assert "waiting" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["approve", "reject"])
@pytest.mark.parametrize(
    ("person", "environment", "told"),
    [
        ("eve", "prod", ("eve may not decide about prod", "ask one of its approvers: ann, bob")),
        ("ann", "dev", ("run 1 does not wait for an approval of dev", "it waits for prod")),
        ("ann", "pord", ("no environment is called 'pord'", "use one of: dev, prod")),
    ],
)
def test_who_or_what_is_wrong_is_refused_and_nothing_is_recorded(
    ann: CommandLine, ledger: Ledger, run: str, command: str, person: str, environment: str, told: tuple[str, str]
) -> None:
    before = ledger.run(run)
    done = replace(ann, variables={"LOGNAME": person})(command, run, environment, *REASON)
    assert done.returncode == 2
    assert told[0] in done.stderr
    assert told[1] in done.stderr
    assert ledger.run(run) == before


def _superseded(ledger: Ledger, run: str) -> None:
    ledger.supersede("prod", run, "9")
    ledger.end_waiting(run, "superseded by run 9 in prod", "9")


def _taken_over(ledger: Ledger, run: str) -> None:
    """The newer run was killed before it could end this one."""
    ledger.supersede("prod", run, "9")


def _rejected(ledger: Ledger, run: str) -> None:
    ledger.decide_approval(run, "prod", "bob", "no", approved=False)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda ledger, run: ledger.run_ended(run, Phase.FAILED, "build: no"), "run 1 failed: build: no"),
        (lambda ledger, run: ledger.end_waiting(run, "cancelled by bob"), "run 1 cancelled: cancelled by bob"),
        (_superseded, "run 1 was superseded by run 9 in prod"),
        (_taken_over, "run 1 was superseded by run 9 in prod"),
        (_rejected, "run 1 was rejected for prod by bob: no"),
    ],
    ids=["failed", "cancelled", "superseded", "superseded a moment ago", "decided"],
)
def test_what_comes_too_late_is_refused_and_nothing_is_recorded(
    ann: CommandLine, ledger: Ledger, run: str, change: Callable[[Ledger, str], object], what: str
) -> None:
    change(ledger, run)
    before = ledger.run(run)
    done = ann("approve", run, "prod", *REASON)
    assert done.returncode == 2
    assert what in done.stderr
    assert ledger.run(run) == before


def test_a_reason_must_be_given(ann: CommandLine, ledger: Ledger, run: str) -> None:
    done = ann("approve", run, "prod")
    assert done.returncode == 2
    assert "--reason" in done.stderr
    assert ledger.run(run).undecided == ("prod",)


def test_a_decision_stays_when_the_run_cannot_be_taken_up(ann: CommandLine, ledger: Ledger, run: str) -> None:
    """The cloud is not up."""
    done = ann("approve", run, "prod", *REASON)
    assert done.returncode == 2
    assert "`tidegate cloud up`" in done.stderr
    decision = ledger.run(run).approvals["prod"].decision
    assert decision
    assert (decision.approved, decision.by, decision.reason) == (True, "ann", "looks good")
    assert ledger.run(run).phase is Phase.WAITING
    assert f"`tidegate resume {run}` takes it up" in ann("status").stdout


def test_a_run_that_waits_is_cancelled_without_a_process(ann: CommandLine, ledger: Ledger, run: str) -> None:
    done = ann("cancel", run)
    assert done.returncode == 0, done.stderr
    view = ledger.run(run)
    assert (view.phase, view.reason) == (Phase.CANCELLED, "cancelled by ann")
    assert ledger.environment("prod").queue == ()
    assert ann("cancel", run).returncode == 2


def test_a_superseded_run_is_not_resumed(ann: CommandLine, ledger: Ledger, run: str) -> None:
    _superseded(ledger, run)
    done = ann("resume", run)
    assert done.returncode == 2
    assert f"run {run} was superseded by run 9 in prod" in done.stderr
