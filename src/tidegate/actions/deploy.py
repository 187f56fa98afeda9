"""deploy.yml: every job that a run of the pipeline can have, each on a runner of its own.

The conditions only save runners: each job asks the ledger itself whether it applies and may begin.
"""

from collections.abc import Mapping, Sequence

from tidegate.actions import steps
from tidegate.actions.job import MARGIN_MINUTES, WorkflowJob, minutes, minutes_for
from tidegate.actions.page import Value
from tidegate.model.actions import Actions, ApprovalBy, Credentials
from tidegate.model.job import Duty, Job
from tidegate.model.pipeline import Environment, Pipeline
from tidegate.plan.graph import DETECT, every_job

GATE = "gate"
PUT_BACK = "put-back"
APPROVAL_SUFFIX = "-approval"
_RUN: Mapping[str, Value] = {"TIDEGATE_RUN": f"${{{{ needs.{DETECT}.outputs.run }}}}"}
# A job may end well although its run was cancelled meanwhile; those behind it are then only skipped.
_STOPPED = "(cancelled() || contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled'))"


def deploy(pipeline: Pipeline, actions: Actions, call: str) -> Mapping[str, Value]:
    """The workflow that a push to the pipeline's branch starts.

    Args:
        pipeline: What `tidegate.yaml` declares.
        actions: Its section `actions`.
        call: How Tidegate is called, such as `tidegate`.
    """
    jobs = every_job(pipeline)
    before = ancestors(jobs)
    made = {job.name: _job(pipeline, actions, call, job, before[job.name], jobs) for job in jobs}
    for environment in pipeline.environments.values():
        own = [job for job in jobs if job.environment == environment.name and job.duty is not Duty.APPROVE]
        if own:
            made[f"{PUT_BACK}-{environment.name}"] = _put_back(pipeline, actions, call, environment, own)
    made[GATE] = _gate(pipeline, actions, call, tuple(made))
    # A dispatch takes one run up again. In the group of pushes it would take the place of one that waits there.
    group = f"deploy-{pipeline.product}-{pipeline.branch}-${{{{ inputs.run || 'push' }}}}"
    return {
        "name": "Deploy",
        "on": {
            "push": {"branches": [pipeline.branch]},
            "workflow_dispatch": {
                "inputs": {
                    "run": {
                        "description": "Number of the run to take up again; empty for the newest commit.",
                        "type": "string",
                        "required": False,
                        "default": "",
                    }
                }
            },
        },
        "permissions": {},
        "concurrency": {"group": group, "cancel-in-progress": False},
        "env": {"TIDEGATE_CLOUD": "aws", "TIDEGATE_LEDGER": actions.ledger, **_enabling(pipeline)},
        "jobs": {name: job.content() for name, job in made.items()},
    }


def _enabling(pipeline: Pipeline) -> Mapping[str, Value]:
    """The variable that tests inside the VPC apply by, for all jobs alike: the one that plans, and those that test.

    Here, `vars` is the repository's and its organisation's, as in the `if` of a job; an environment's would be seen by
    its own jobs alone, behind a plan that knew nothing of it (GitHub Docs, "Contexts reference").
    """
    tests = pipeline.database.vpc_tests if pipeline.database else None
    return {tests.enabled: f"${{{{ vars.{tests.enabled} }}}}"} if tests else {}


def ancestors(jobs: Sequence[Job]) -> Mapping[str, tuple[str, ...]]:
    """All jobs before each job, in the plan's order: `needs.*.result` then tells everything that came before."""
    found: dict[str, set[str]] = {}
    for job in jobs:
        found[job.name] = set(job.needs).union(*(found[need] for need in job.needs))
    return {name: tuple(job.name for job in jobs if job.name in before) for name, before in found.items()}


def _job(
    pipeline: Pipeline, actions: Actions, call: str, job: Job, before: tuple[str, ...], jobs: Sequence[Job]
) -> WorkflowJob:
    longest = minutes(job, pipeline.timeouts.of(Duty.ROLLBACK) if job.environment else 0)
    environment = pipeline.environments.get(job.environment)
    approves = job.duty is Duty.APPROVE
    run = steps.tidegate(
        f"{call} job {job.name}",
        _site_secrets(pipeline) if environment and not approves else None,
        answers=bool(_outputs(job, actions)),
    )
    return WorkflowJob(
        name=job.name,
        runner=actions.runner,
        minutes=longest,
        permissions=_permissions(actions),
        needs=before,
        condition=_condition(job, before, jobs, actions),
        environment=_environment(environment, actions, approves=approves) if environment else actions.github,
        outputs=_outputs(job, actions),
        env=_RUN if before else {},
        steps=(
            *_ready(pipeline, actions, job),
            steps.credentials(actions, pipeline.region, job.name, longest),
            run,
        ),
    )


def _permissions(actions: Actions) -> Mapping[str, Value]:
    return steps.permissions(cloud=actions.credentials is Credentials.OIDC)


def _ready(pipeline: Pipeline, actions: Actions, job: Job) -> tuple[steps.Step, ...]:
    """The commit, and what the job's commands need."""
    needs_node = pipeline.site is not None and job.duty in {Duty.CHECK, Duty.BUILD_SITE}
    return (
        steps.checkout(actions),
        steps.python(actions),
        *((steps.node(actions),) if needs_node else ()),
        *steps.install(actions.supply),
    )


def _site_secrets(pipeline: Pipeline) -> Mapping[str, Value] | None:
    """Settings of an environment, and the role that is meant: the doctor sees whether that one was assumed."""
    if pipeline.site is None:
        return None
    secrets = {name: steps.secret_of(name) for name in steps.SITE_SECRETS}
    by_role = pipeline.actions is not None and pipeline.actions.credentials is Credentials.OIDC
    variables = (steps.CANDIDATE_API, *((steps.ROLE,) if by_role else ()))
    return {**secrets, **{name: f"${{{{ vars.{name} }}}}" for name in variables}}


def _environment(environment: Environment, actions: Actions, *, approves: bool) -> str:
    """The GitHub environment of a job.

    A protected one asks at each job that names it. So reviewers are those of a second one, which holds nothing else
    and which one job alone names.
    """
    if not approves:
        return environment.github
    return environment.github + APPROVAL_SUFFIX if actions.approval is ApprovalBy.ENVIRONMENT else actions.github


def _outputs(job: Job, actions: Actions) -> tuple[str, ...]:
    if job.duty is Duty.DETECT:
        return ("run", "jobs")
    return ("approved",) if job.duty is Duty.APPROVE and actions.approval is ApprovalBy.DISPATCH else ()


def _condition(job: Job, before: tuple[str, ...], jobs: Sequence[Job], actions: Actions) -> str:
    """A skipped job lets pass, which GitHub's own rule would not: one that does not apply is satisfied."""
    if not before:
        return ""
    waits = (
        f"(needs.{one.name}.result == 'skipped' || needs.{one.name}.outputs.approved == 'true')"
        for one in jobs
        if one.name in before and one.duty is Duty.APPROVE and actions.approval is ApprovalBy.DISPATCH
    )
    return " && ".join(
        (
            "!cancelled()",
            "!contains(needs.*.result, 'failure')",
            "!contains(needs.*.result, 'cancelled')",
            *waits,
            f"contains(fromJSON(needs.{DETECT}.outputs.jobs), '{job.name}')",
        )
    )


def _put_back(
    pipeline: Pipeline, actions: Actions, call: str, environment: Environment, own: Sequence[Job]
) -> WorkflowJob:
    """Puts back what a job left half-way whose runner was lost."""
    name = f"{PUT_BACK}-{environment.name}"
    longest = minutes_for(pipeline.timeouts.of(Duty.ROLLBACK))
    return WorkflowJob(
        name=name,
        runner=actions.runner,
        minutes=longest,
        permissions=_permissions(actions),
        needs=(DETECT, *(job.name for job in own)),
        condition=f"always() && needs.{DETECT}.outputs.run != '' && {_STOPPED}",
        environment=environment.github,
        env=_RUN,
        steps=(
            steps.checkout(actions),
            steps.python(actions),
            *steps.install(actions.supply),
            steps.credentials(actions, pipeline.region, name, longest),
            steps.tidegate(f"{call} job {name}", _site_secrets(pipeline)),
        ),
    )


def _gate(pipeline: Pipeline, actions: Actions, call: str, before: tuple[str, ...]) -> WorkflowJob:
    """The one job that branch protection asks for: it runs whatever came before it."""
    return WorkflowJob(
        name=GATE,
        runner=actions.runner,
        minutes=MARGIN_MINUTES,
        permissions=_permissions(actions),
        needs=before,
        condition="always()",
        environment=actions.github,
        env=_RUN,
        steps=(
            steps.checkout(actions),
            steps.python(actions),
            *steps.install(actions.supply),
            steps.credentials(actions, pipeline.region, GATE, MARGIN_MINUTES),
            steps.tidegate(f"{call} job {GATE}", {"TIDEGATE_NEEDS": "${{ toJSON(needs) }}"}),
        ),
    )
