"""The fold from the records of one run to its view. Pure: folding in pieces gives what folding at once gives."""

from dataclasses import replace
from typing import assert_never

from tidegate.model.job import Job, Phase, Plan
from tidegate.model.record import (
    ApprovalAsked,
    ApprovalDecided,
    ApprovalRecord,
    JobEnded,
    JobPrepared,
    JobRecord,
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
    StepsIntended,
)
from tidegate.model.run import Approval, Attempt, Decision, JobView, Note, RunView, StepView

UNOPENED = RunView(id="", commit="", branch="", base=None, trigger="", created=0.0)
"""The view of no records."""


def apply(view: RunView, record: RunRecord, seq: int) -> RunView:  # noqa: PLR0911 - one a kind
    """Return the view after one more record, which is number `seq` of its stream."""
    match record:
        case RunOpened(id=run, commit=commit, branch=branch, base=base, trigger=trigger, at=at, origin=origin):
            return RunView(run, commit, branch, base, trigger, at, origin=origin, seq=seq)
        case PlanRecorded(plan=plan):
            return _planned(view, plan, seq)
        case RunStarted():
            return _started(view, record, seq)
        case RunWaits(reason=reason):
            return replace(view, phase=Phase.WAITING, reason=reason, jobs=_redone(view, Phase.RUNNING), seq=seq)
        case RunEnded():
            return _ended(view, record, seq)
        case ApprovalAsked() | ApprovalDecided():
            approvals = {**view.approvals, record.environment: _approval_after(view, record)}
            return replace(view, approvals=approvals, seq=seq)
        case Noted(job=job, text=text, at=at):
            return replace(view, notes=(*view.notes, Note(job, text, at)), seq=seq)
        case (
            JobStarted()
            | JobPrepared()
            | JobTurned()
            | JobWaits()
            | JobEnded()
            | StepIntended()
            | StepsIntended()
            | StepDone()
        ):
            job_view = view.jobs.get(record.job) or JobView(record.job)
            return replace(view, jobs={**view.jobs, record.job: _job_after(job_view, record)}, seq=seq)
        case _:
            assert_never(record)


def _planned(view: RunView, plan: Plan, seq: int) -> RunView:
    known = {job.name: _described(view.jobs.get(job.name) or JobView(job.name), job) for job in plan.jobs}
    others = {name: job for name, job in view.jobs.items() if name not in known}
    return replace(view, plan=plan, jobs=known | others, seq=seq)


def _described(view: JobView, job: Job) -> JobView:
    return replace(view, environment=job.environment, applies=job.applies, reason=job.reason, needs=job.needs)


def _started(view: RunView, record: RunStarted, seq: int) -> RunView:
    """A resume redoes what did not succeed: those jobs are pending again, and keep their steps."""
    attempt = Attempt(record.pid, record.host, record.at, record.born, record.origin)
    jobs = _redone(view, *(phase for phase in Phase if not phase.lets_pass))
    return replace(
        view,
        phase=Phase.RUNNING,
        reason="",
        ended=None,
        superseded_by="",
        attempts=(*view.attempts, attempt),
        jobs=jobs,
        origin=record.origin or view.origin,
        seq=seq,
    )


def _redone(view: RunView, *phases: Phase) -> dict[str, JobView]:
    """The jobs, those in one of the phases pending again."""
    return {
        name: replace(job, phase=Phase.PENDING, started=None, prepared=None, turned=None, ended=None)
        if job.phase in phases
        else job
        for name, job in view.jobs.items()
    }


def _ended(view: RunView, record: RunEnded, seq: int) -> RunView:
    """What had begun and waits, for a person or for its turn, will not go on."""
    jobs = {
        name: replace(job, phase=Phase.CANCELLED, ended=record.at)
        if job.phase in {Phase.RUNNING, Phase.WAITING}
        else job
        for name, job in view.jobs.items()
    }
    return replace(
        view,
        phase=record.phase,
        reason=record.reason,
        ended=record.at,
        superseded_by=record.superseded_by,
        jobs=jobs,
        seq=seq,
    )


def _approval_after(view: RunView, record: ApprovalRecord) -> Approval:
    """What was asked or decided first stands."""
    known = view.approvals.get(record.environment)
    match record:
        case ApprovalAsked(at=at):
            return known or Approval(at)
        case ApprovalDecided(approved=approved, by=by, reason=reason, at=at):
            if known and known.decision:
                return known
            return replace(known or Approval(at), decision=Decision(approved, by, reason, at))
        case _:
            assert_never(record)


def _job_after(job: JobView, record: JobRecord) -> JobView:  # noqa: PLR0911 - one a kind
    match record:
        case JobStarted(at=at):
            return replace(
                job,
                phase=Phase.RUNNING,
                started=at,
                prepared=None,
                turned=None,
                ended=None,
                detail="",
                outcome={},
                failure={},
                attempts=job.attempts + 1,
            )
        case JobPrepared(at=at):
            return replace(job, prepared=at)
        case JobTurned(at=at):
            return replace(job, turned=at)
        case JobWaits(detail=detail):
            return replace(job, phase=Phase.WAITING, detail=detail)
        case JobEnded(phase=phase, detail=detail, outcome=outcome, failure=failure, at=at, hold=hold):
            return replace(job, phase=phase, ended=at, detail=detail, outcome=outcome, failure=failure, hold=hold)
        case StepIntended(step=name, detail=intended, at=at):
            return _with_step(job, StepView(name, at, intended))
        case StepsIntended(steps=names, at=at):
            for name in names:
                job = _with_step(job, StepView(name, at))
            return job
        case StepDone(step=name, outcome=result, at=at):
            step = job.step(name) or StepView(name, at)
            return _with_step(job, replace(step, done=at, outcome=result))
        case _:
            assert_never(record)


def _with_step(job: JobView, step: StepView) -> JobView:
    """Put a step in the place of its name, or at the end; intended again, it is not known to have happened."""
    names = [known.name for known in job.steps]
    if step.name not in names:
        return replace(job, steps=(*job.steps, step))
    return replace(job, steps=tuple(step if known.name == step.name else known for known in job.steps))
