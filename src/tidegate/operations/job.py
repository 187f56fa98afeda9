"""`tidegate job NAME`: walk one job of a run, in a process of its own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.errors import ConfigError, Failure
from tidegate.execute.interpreter import walk
from tidegate.execute.machine import Log
from tidegate.execute.performer import RunPerformer, put_back_all
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.actions import ApprovalBy
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan
from tidegate.model.pipeline import Pipeline
from tidegate.model.run import RunView
from tidegate.operations.attempt import attempt_of, take_up
from tidegate.operations.github_context import GithubContext
from tidegate.operations.kept import kept
from tidegate.operations.project import Project
from tidegate.operations.run import alive
from tidegate.operations.share import Share, share_of
from tidegate.operations.workshop import Walker, open_workshop


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended, for whoever tells it on.

    Attributes:
        name: The job.
        report: What came of it.
        run: The run as it is then; None for a job without a ledger.
        outputs: What later jobs of a workflow are told.
        notes: What else people should read.
    """

    name: str
    report: JobReport
    run: RunView | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


async def walk_job(project: Project, run: str, name: str, github: GithubContext | None, echo: Log) -> JobEnd:
    """Walk one job of a run, unless it does not apply or is done already. Where it fails, its environment is put back.

    Raises:
        ConfigError: When the run has no such job, or was overtaken by a newer one.
        Failure: When the job may not begin. What goes wrong in it is in its report.
        asyncio.CancelledError: When cancelled; its environment is put back first.
    """
    with project.ledger() as ledger:
        view = ledger.run(run)
        plan, job = _job_of(view, name)
        if not job.applies:
            return JobEnd(name, JobReport(Phase.SATISFIED, job.reason), view)
        pipeline = project.pipeline_at(project.repository(), view.commit)
        standing = kept(ledger, view, pipeline)
        if name in standing:
            return JobEnd(name, standing[name], view, _outputs(job, standing[name]), ("it is done already",))
        attempt = attempt_of(github, view)
        view = take_up(ledger, view, attempt)
        share = share_of(plan, view, standing, name)
        if share.blocker:
            raise Failure(
                f"{name} does not begin: {share.blocker}",
                where=f"run {run}",
                what_next=f"`tidegate status {run}` shows how far it is",
            )
        if job.duty is Duty.APPROVE and github is not None and _reviewed(pipeline):
            _record_review(ledger, run, job, github)
        environments = (job.environment,) if job.environment and job.duty is not Duty.APPROVE else ()
        walker = Walker(attempt.holder, alive, environments, echo)
        async with open_workshop(project, ledger, view, plan, walker) as shop:
            report = await walked_alone(shop, share, job)
        view = ledger.run(run)
        return JobEnd(name, report, view, _outputs(job, report), tuple(note.text for note in view.notes))


async def put_environment_back(
    project: Project, run: str, environment: str, github: GithubContext | None, echo: Log
) -> JobEnd:
    """Put back what a run left half-way in an environment; nothing, without asking the cloud, where it holds it not.

    Raises:
        Failure: When that cannot be done.
    """
    name = f"put-back-{environment}"
    with project.ledger() as ledger:
        view = ledger.run(run)
        if view.plan is None:
            raise _without_plan(view)
        lock = ledger.environment(environment).lock
        if lock is None or lock.run != run:
            said = f"nothing to put back: run {run} does not hold {environment}"
            return JobEnd(name, JobReport(Phase.SATISFIED, said), view)
        attempt = attempt_of(github, view)
        walker = Walker(attempt.mender, alive, (environment,), echo)
        async with open_workshop(project, ledger, view, view.plan, walker) as shop:
            undone = await put_back_one(shop, environment)
        said = "; ".join(undone) or "every pointer stands where it stood"
        return JobEnd(name, JobReport(Phase.SUCCEEDED, said), ledger.run(run))


def _job_of(view: RunView, name: str) -> tuple[Plan, Job]:
    if view.plan is None:
        raise _without_plan(view)
    job = view.plan.by_name().get(name)
    if job is None:
        raise ConfigError(
            f"run {view.id} has no job {name}",
            where=f"run {view.id}",
            what_next=f"use one of: {', '.join(view.jobs)}",
        )
    return view.plan, job


def _without_plan(view: RunView) -> Failure:
    return Failure(
        f"run {view.id} has no plan: the process that opened it was ended too early",
        where=f"run {view.id}",
        what_next="run detect-changes again",
    )


async def walked_alone(shop: Workshop, share: Share, job: Job) -> JobReport:
    """Walk a share with the interpreter's own rules; what failed or was cancelled puts its environment back at once."""
    performer = RunPerformer(shop)
    try:
        reports = await walk(share.jobs, performer, performer, share.done, shop.alarm)
    except asyncio.CancelledError:
        await asyncio.shield(put_back_one(shop, job.environment))
        raise
    except ExceptionGroup as group:
        await put_back_one(shop, job.environment)
        raise group.exceptions[0] from group
    report = reports[job.name]
    if report.phase.ended and not report.phase.lets_pass:
        await put_back_one(shop, job.environment)
    if report.phase is Phase.BLOCKED:  # by one of those that were done again with it
        return next(one for one in reports.values() if one.phase in {Phase.FAILED, Phase.CANCELLED})
    return report


async def put_back_one(shop: Workshop, environment: str) -> list[str]:
    """Put back what the run left half-way in one environment; says what was undone."""
    undone = await put_back_all(shop, (environment,))
    for line in undone:
        shop.ledger.note(shop.run, "", f"put back: {line}")
    return undone


def _outputs(job: Job, report: JobReport) -> dict[str, str]:
    if job.duty is not Duty.APPROVE:
        return {}
    return {"approved": "true" if report.phase.lets_pass else "false"}


def _reviewed(pipeline: Pipeline) -> bool:
    """Whether people decide on GitHub: then the job only begins once its reviewers let it."""
    return pipeline.actions is not None and pipeline.actions.approval is ApprovalBy.ENVIRONMENT


def _record_review(ledger: Ledger, run: str, job: Job, github: GithubContext) -> None:
    """Keep in the ledger that the reviewers of the job's GitHub environment let it begin."""
    approval = ledger.ask_approval(run, job.environment).approvals[job.environment]
    if approval.decision is None:
        reason = f"run of {github.actor}; {github.url} says who reviewed it"
        ledger.decide_approval(run, job.environment, "reviewers on GitHub", reason, approved=True)
