"""`tidegate job detect-changes`: plan a run and open it, or take one up again, for jobs in processes of their own."""

import json

from tidegate.errors import ConfigError
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Duty, JobReport, Phase, Plan
from tidegate.model.run import RunView
from tidegate.operations.attempt import attempt_of, take_up
from tidegate.operations.github_context import GithubContext
from tidegate.operations.job import JobEnd
from tidegate.operations.kept import kept
from tidegate.operations.plan import plan_by_ledger, printable
from tidegate.operations.project import Project
from tidegate.operations.resume import refuse_overtaken
from tidegate.plan.graph import DETECT


def detect_changes(project: Project, github: GithubContext | None, run: str = "") -> JobEnd:
    """Open a run of the pushed commit, or go on with one that exists; its outputs say what there is to do.

    `run` names one to go on with; so does the input of a dispatch, and a second attempt of a workflow run goes on with
    what its first one opened.

    Raises:
        ConfigError: When the branch is not the one that the pipeline releases from, or going on would go backwards.
        SourceError: When the repository cannot tell what changed.
        Failure: When another attempt walks the run.
    """
    with project.ledger() as ledger:
        earlier = run or _named(ledger, github)
        view = _taken_up(ledger, earlier, github) if earlier else _opened(project, ledger, github)
        assert view.plan
        pipeline = project.pipeline_at(project.repository(), view.commit)
        done = kept(ledger, view, pipeline)
        over = view.phase.ended
        applying = [job.name for job in view.plan.jobs if job.applies and job.duty is not Duty.DETECT]
        outputs = {"run": view.id, "jobs": json.dumps([name for name in applying if name not in done and not over])}
        return JobEnd(DETECT, JobReport(Phase.SUCCEEDED, view.plan.reason), view, outputs)


def _named(ledger: Ledger, github: GithubContext | None) -> str:
    if github is None:
        return ""
    if github.run:
        return github.run
    begun = ledger.of_origin(str(github.origin)) if github.attempt > 1 else ""
    return begun if begun and ledger.run(begun).plan else ""


def _taken_up(ledger: Ledger, run: str, github: GithubContext | None) -> RunView:
    view = ledger.run(run)
    if view.plan is None:
        raise ConfigError(
            f"run {run} has no plan: the process that opened it was ended too early",
            where=f"run {run}",
            what_next="push again, or run the workflow without a run",
        )
    if view.phase.lets_pass:
        refuse_overtaken(ledger, view)
        return view
    return take_up(ledger, view, attempt_of(github, view, anew=True))


def _opened(project: Project, ledger: Ledger, github: GithubContext | None) -> RunView:
    repository = project.repository()
    reference = github.sha if github else "HEAD"
    plan = plan_by_ledger(project, ledger, reference)
    declared = project.pipeline_at(repository, plan.commit).branch
    branch = github.ref_name if github else repository.branch() or declared
    if branch != declared:
        raise ConfigError(
            f"branch {printable(branch)} is not released: the pipeline's branch is {declared}",
            where=project.file,
            what_next=f"push to {declared}",
        )
    origin = str(github.origin) if github else ""
    trigger = printable(f"{github.event} by {github.actor}: {github.url}") if github else "jobs by hand"
    view = ledger.open_run(plan.commit, branch, plan.base, trigger, plan, origin=origin)
    attempt = attempt_of(github, view)
    view = ledger.run_started(view.id, attempt.number, attempt.host, origin=attempt.origin, once=True)
    _recorded(ledger, view, plan)
    return ledger.run(view.id)


def _recorded(ledger: Ledger, view: RunView, plan: Plan) -> None:
    ledger.job_started(view.id, DETECT, rides=True)
    ledger.job_ended(view.id, DETECT, JobReport(Phase.SUCCEEDED, plan.reason))
    if plan.empty:
        ledger.run_ended(view.id, Phase.SATISFIED, plan.reason)
