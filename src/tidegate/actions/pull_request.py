"""pr-check.yml: what judges a pull request. It has no secrets, so that one from a fork is judged alike."""

from collections.abc import Mapping

from tidegate.actions import steps
from tidegate.actions.job import MARGIN_MINUTES, WorkflowJob, minutes_for
from tidegate.actions.page import Value
from tidegate.model.actions import Actions
from tidegate.model.job import Duty
from tidegate.model.pipeline import Pipeline
from tidegate.plan.graph import CHECK

GATE = "gate"
WORKFLOWS = "workflows"


def pull_request(pipeline: Pipeline, actions: Actions, call: str) -> Mapping[str, Value]:
    """The workflow that a pull request starts; `call` is how Tidegate is called."""
    made = {WORKFLOWS: judge(actions, f"{call} actions check", WORKFLOWS, MARGIN_MINUTES)}
    if pipeline.check is not None:
        limit = minutes_for(pipeline.timeouts.of(Duty.CHECK))
        tools = (steps.node(actions),) if pipeline.site is not None else ()
        made = {CHECK: judge(actions, f"{call} job {CHECK}", CHECK, limit, tools), **made}
    made[GATE] = gate(actions, call, "pr-check", tuple(made))
    return {
        "name": "PR check",
        "on": {"pull_request": {"branches": list(actions.pull_requests)}},
        "permissions": {},
        # A newer commit of the pull request is what counts; nothing is deployed here.
        "concurrency": {
            "group": f"pr-check-{pipeline.product}-${{{{ github.event.pull_request.number }}}}",
            "cancel-in-progress": True,
        },
        "jobs": {name: job.content() for name, job in made.items()},
    }


def judge(actions: Actions, command: str, name: str, minutes: int, tools: tuple[steps.Step, ...] = ()) -> WorkflowJob:
    """A job that judges the commit without a ledger, a cloud or a secret."""
    return WorkflowJob(
        name=name,
        runner=actions.runner,
        minutes=minutes,
        permissions=steps.permissions(cloud=False),
        steps=(
            steps.checkout(actions),
            steps.python(actions),
            *tools,
            *steps.install(actions.supply),
            steps.tidegate(command),
        ),
    )


def gate(actions: Actions, call: str, workflow: str, before: tuple[str, ...]) -> WorkflowJob:
    """The one job that branch protection asks for.

    It is named after its workflow: of two checks with one name GitHub does not tell which is meant.
    """
    return WorkflowJob(
        name=f"{workflow} {GATE}",
        runner=actions.runner,
        minutes=MARGIN_MINUTES,
        permissions=steps.permissions(cloud=False),
        needs=before,
        condition="always()",
        steps=(
            steps.checkout(actions),
            steps.python(actions),
            *steps.install(actions.supply),
            steps.tidegate(f"{call} job {GATE}", {"TIDEGATE_NEEDS": "${{ toJSON(needs) }}"}),
        ),
    )
