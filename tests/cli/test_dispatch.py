"""A run of GitHub's that waits, decided about at a terminal: its workflow is started again for the rest of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.cli.conftest import CommandLine, access
from tests.cli.test_errors import WHOLE
from tests.github.fake import FakeGithub
from tidegate.config.load import parse
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.operations.dispatch import dispatch_of
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope

ORIGIN, NEXT = "github:acme/shop:77", "github:acme/shop:78"
ACTIONS = "actions: {ledger: s3://shop-ledger, approval: dispatch, tidegate: {requirements: runner.lock}}\n"
ASKING = WHOLE.replace("prod: {after: dev}", "prod: {after: dev, approval: required}") + ACTIONS
BY_HAND = "start it by hand: gh workflow run deploy.yml --repo acme/shop --ref main -f run=1"
SENT = [("deploy.yml", {"ref": "main", "inputs": {"run": "1"}})]
REASON = ("--reason", "looks good")


@pytest.fixture
def line(new_command_line: Callable[[], CommandLine], fake: FakeGithub) -> CommandLine:
    made = replace(new_command_line(), variables={"LOGNAME": "ann", **access(fake)})
    made.commit(**{"tidegate.yaml": ASKING, "Dockerfile": "FROM x"})
    return made


def asked(line: CommandLine, ledger: Ledger, text: str = ASKING) -> str:
    """A run that a workflow run began, and that asked for prod; the workflow run has not ended yet."""
    pipeline = parse(text.encode(), "tidegate.yaml")
    scope = Scope({"backend": "new"}, "", "", "", release=True, quiet="")
    commit = line.commit(**{"tidegate.yaml": text})
    plan = plan_run(pipeline, commit, None, scope, None, dict.fromkeys(pipeline.environments, Behind()))
    number = ledger.open_run(commit, "main", None, "push", plan, origin=ORIGIN).id
    ledger.run_started(number, 1, ORIGIN, origin=ORIGIN, once=True)
    ledger.job_started(number, "approve-prod")
    ledger.await_approval("prod", number, f"{ORIGIN}:1")
    ledger.ask_approval(number, "prod")
    ledger.job_waits(number, "approve-prod", "waits for approval by anybody")
    return number


def waiting(line: CommandLine, ledger: Ledger) -> str:
    number = asked(line, ledger)
    assert ledger.run_waits(number, ("prod",), "waits for approval of prod")
    return number


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_a_decision_starts_the_workflow_again(line: CommandLine, fake: FakeGithub, command: str) -> None:
    with line.project.ledger() as ledger:
        run = waiting(line, ledger)
        done = line(command, run, "prod", *REASON, "--detach")
        assert done.returncode == 0, done.stderr
        assert "tidegate watch 1" in done.stderr
        assert fake.dispatched == SENT
        decision = ledger.run(run).approvals["prod"].decision
        assert decision
        assert (decision.by, decision.approved) == ("ann", command == "approve")


@pytest.mark.parametrize(("phase", "code"), [(Phase.SUCCEEDED, 0), (Phase.FAILED, 1)])
def test_the_run_is_followed_until_the_workflow_run_that_took_it_up_is_over(
    line: CommandLine, fake: FakeGithub, phase: Phase, code: int
) -> None:
    with line.project.ledger() as ledger:
        run = waiting(line, ledger)

    def taken_up() -> None:
        with line.project.ledger() as there:
            there.run_started(run, 1, NEXT, origin=NEXT, once=True)
            there.run_ended(run, phase, "so it went")

    fake.on_dispatch = taken_up
    done = line("approve", run, "prod", *REASON)
    assert done.returncode == code, done.stderr
    assert f"run 1 {phase.value}: so it went" in done.stdout


REFUSALS: list[tuple[dict[str, str], set[str], str]] = [
    ({"GH_TOKEN": ""}, {"deploy.yml"}, "there is no token for GitHub (GH_TOKEN or GITHUB_TOKEN)"),
    ({"GH_TOKEN": "old"}, {"deploy.yml"}, "deploy.yml was not started: GitHub refused: 401 Bad credentials"),
    ({}, set(), "deploy.yml was not started: GitHub refused: 404 Not Found"),
    ({"GITHUB_API_URL": "http://127.0.0.1:1"}, {"deploy.yml"}, "deploy.yml may not have been started: no answer"),
]


@pytest.mark.parametrize(("variables", "workflows", "told"), REFUSALS)
def test_a_decision_stays_when_the_workflow_cannot_be_started(
    line: CommandLine, fake: FakeGithub, variables: dict[str, str], workflows: set[str], told: str
) -> None:
    fake.workflows = workflows
    with line.project.ledger() as ledger:
        run = waiting(line, ledger)
        done = replace(line, variables=line.variables | {"GITHUB_TOKEN": ""} | variables)(
            "approve", run, "prod", *REASON
        )
        assert done.returncode == 1
        assert f"the decision is recorded, but {told}" in done.stderr
        assert BY_HAND in done.stderr
        view = ledger.run(run)
        assert (view.phase, view.undecided) == (Phase.WAITING, ())
        assert BY_HAND in line("status").stdout


def test_the_workflow_run_that_asked_must_have_ended(line: CommandLine, fake: FakeGithub) -> None:
    with line.project.ledger() as ledger:
        run = asked(line, ledger)
        done = line("approve", run, "prod", *REASON, "--detach")
        assert done.returncode == 1
        assert "the workflow run that asked for it has not ended" in done.stderr
        assert BY_HAND in done.stderr
        assert ledger.run(run).undecided == ()
        assert fake.dispatched == []


def test_only_runs_of_github_that_the_ledger_holds_are_dispatched(line: CommandLine) -> None:
    with line.project.ledger() as ledger:
        view = ledger.run(asked(line, ledger))
        assert dispatch_of(line.project, view)
        assert dispatch_of(line.project, replace(view, origin="")) is None
        reviewed = ledger.run(asked(line, ledger, ASKING.replace("approval: dispatch, ", "")))
        assert dispatch_of(line.project, reviewed) is None
        without = ledger.run(asked(line, ledger, ASKING.replace(ACTIONS, "")))
        assert dispatch_of(line.project, without) is None


def test_what_a_branch_is_called_is_no_part_of_the_command(line: CommandLine) -> None:
    with line.project.ledger() as ledger:
        found = dispatch_of(line.project, replace(ledger.run(asked(line, ledger)), branch="a;rm -rf b"))
    assert found
    assert "--ref 'a;rm -rf b' -f run=1" in found.by_hand
