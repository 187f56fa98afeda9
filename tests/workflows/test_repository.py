"""Rules of a repository: triggers, dispatches and concurrency groups."""

import pytest

from tests.workflows.attempt import Result, finish, rerun_all
from tests.workflows.flows import carried, told
from tests.workflows.repository import Event, Repository, WorkflowRun, starts
from tests.workflows.workflow import load_workflow

JOBS = "jobs: {a: {runs-on: x, steps: [{run: a}]}, b: {runs-on: x, if: always(), needs: a, steps: [{run: a}]}}"
PUSH = Event("push", "telegram")


@pytest.mark.parametrize(
    ("trigger", "event", "expected"),
    [
        ("push", PUSH, True),
        ("[push, pull_request]", Event("pull_request", "main"), True),
        ("pull_request", PUSH, False),
        ("{push: {branches: [telegram]}}", PUSH, True),
        ("{push: {branches: [telegram]}}", Event("push", "telegram-staging"), False),
        ("{push: {branches: ['telegram*']}}", Event("push", "telegram-staging"), True),
        ("{push: {branches: ['release/*']}}", Event("push", "release/1/x"), False),
        ("{push: {branches: ['release/**']}}", Event("push", "release/1/x"), True),
        ("{push: {branches: ['release/**', '!release/**-alpha']}}", Event("push", "release/1-alpha"), False),
        ("{pull_request: {branches: [main]}}", Event("pull_request", "main", head="feature"), True),
        ("{pull_request: {branches: [main]}}", Event("pull_request", "telegram", head="main"), False),
        ("{workflow_dispatch: }", Event("workflow_dispatch", "telegram"), True),
        ("{push: {branches: [telegram]}}", Event("workflow_dispatch", "telegram"), False),
    ],
)
def test_triggers(trigger: str, event: Event, expected: bool) -> None:
    """A pull request is filtered by its base. Source: docs.github.com, workflow-syntax#filter-pattern-cheat-sheet."""
    assert starts(load_workflow(f"on: {trigger}\n{JOBS}"), event) is expected


def test_a_dispatch_gives_its_inputs_or_their_defaults_and_no_others() -> None:
    """Source: docs.github.com, workflow-syntax#onworkflow_dispatchinputs."""
    trigger = "on: {workflow_dispatch: {inputs: {run: {default: ''}, why: {default: none}}}}"
    jobs = "jobs: {a: {runs-on: x, if: inputs.run == '7' && inputs.why == 'none', steps: [{run: a}]}}"
    workflow = load_workflow(f"{trigger}\n{jobs}")
    repository = Repository((workflow,))
    (run,) = repository.happens(Event("workflow_dispatch", "telegram", inputs={"run": "7"}))
    assert run.attempt is not None
    assert told(run.attempt) == "runs"
    with pytest.raises(ValueError, match="unexpected inputs"):
        repository.happens(Event("workflow_dispatch", "telegram", inputs={"other": "7"}))


def in_group(cancels: str = "false", group: str = "deploy-${{ github.ref_name }}") -> Repository:
    concurrency = f"concurrency: {{group: '{group}', cancel-in-progress: {cancels}}}"
    return Repository((load_workflow(f"on: push\n{concurrency}\n{JOBS}"),))


def pushed(repository: Repository, branch: str = "telegram") -> WorkflowRun:
    (run,) = repository.happens(Event("push", branch))
    return run


def states(repository: Repository) -> str:
    return " ".join(run.state.value for run in repository.runs)


def over(repository: Repository, run: WorkflowRun) -> None:
    assert run.attempt is not None
    repository.advanced(run, carried(run.attempt))


def test_one_run_of_a_group_is_in_progress_and_one_pending() -> None:
    """A newer pending run takes the older one's place. Source: docs.github.com, control-workflow-concurrency."""
    repository = in_group()
    first, second, _ = (pushed(repository) for _ in range(3))
    assert states(repository) == "in_progress completed pending"
    assert second.conclusion == "cancelled"
    assert second.attempt is None
    over(repository, first)
    assert first.conclusion == "success"
    assert states(repository) == "completed completed in_progress"


def test_other_groups_do_not_wait() -> None:
    """Source: docs.github.com, control-workflow-concurrency: the group is an expression; case is ignored."""
    repository = in_group()
    for branch in ("telegram", "main", "Telegram"):
        pushed(repository, branch)
    assert states(repository) == "in_progress in_progress pending"


def test_without_a_group_nothing_waits() -> None:
    repository = Repository((load_workflow(f"on: push\n{JOBS}"),))
    for _ in range(3):
        pushed(repository)
    assert states(repository) == "in_progress in_progress in_progress"


def test_cancel_in_progress_cancels_what_runs_and_waits_for_what_runs_always() -> None:
    """Source: docs.github.com, control-workflow-concurrency and workflow-cancellation."""
    repository = in_group("true")
    first, _ = pushed(repository), pushed(repository)
    assert first.attempt is not None
    assert told(first.attempt) == "cancelled runs"
    assert states(repository) == "in_progress pending"
    repository.advanced(first, finish(first.attempt, "b", Result.SUCCESS))
    assert first.conclusion == "cancelled"
    assert states(repository) == "completed in_progress"


def test_a_further_attempt_stands_in_line() -> None:
    """Source: docs.github.com, re-run-workflows-and-jobs: a re-run is a run of its workflow."""
    repository = in_group()
    first = pushed(repository)
    over(repository, first)
    second = pushed(repository)
    assert first.attempt is not None
    repository.again(first, rerun_all(first.attempt))
    assert states(repository) == "pending in_progress"
    over(repository, second)
    assert states(repository) == "in_progress completed"
