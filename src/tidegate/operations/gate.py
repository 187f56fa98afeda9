"""`tidegate job gate`: end a run whose jobs were processes of their own, and say whether it may count as passed."""

import json
from collections.abc import Mapping

from tidegate.errors import ConfigError
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Job, JobReport, Phase, Plan
from tidegate.model.run import JobView, RunView
from tidegate.operations.conclusion import conclusion
from tidegate.operations.job import JobEnd
from tidegate.operations.project import Project
from tidegate.plan.graph import DETECT

GATE = "gate"
PASSES = frozenset({Phase.SUCCEEDED, Phase.SATISFIED, Phase.WAITING})


def conclude_run(project: Project, run: str, needs: Mapping[str, str] | None) -> JobEnd:
    """End a run in the ledger, unless it is over, and compare it with what GitHub says of its jobs.

    Passes only where every job that applies succeeded, or where the run waits for a person.

    Args:
        project: Whose ledger.
        run: The run.
        needs: Job → its result as GitHub has it; None without GitHub.
    """
    with project.ledger() as ledger:
        view = ledger.run(run)
        plan = view.plan
        if plan is None:
            return JobEnd(GATE, _failed(f"run {run} has no plan, so nothing was tested", f"run {run}"), view)
        if view.phase is Phase.RUNNING:
            view = _ended(ledger, view, plan)
        wrong = [*_left(ledger, view, plan), *disagreements(plan, view, needs or {})]
        report = JobReport(view.phase, view.reason)
        if view.phase not in PASSES:
            report = _failed(f"run {run} {view.phase.value}: {view.reason}", f"run {run}")
        elif wrong:
            report = _failed("; ".join(wrong), f"run {run}")
        return JobEnd(GATE, report, view, notes=tuple(note.text for note in view.notes))


def conclude_checks(needs: Mapping[str, str] | None, may_skip: frozenset[str]) -> JobEnd:
    """Judge jobs that have no ledger by what GitHub says of them: all succeeded but those that may be skipped."""
    if not needs:
        return JobEnd(GATE, _failed("nobody said how the jobs before it ended", "TIDEGATE_NEEDS"))
    if needs.get(DETECT, "success") != "success":
        return JobEnd(GATE, _failed(f"{DETECT}: {needs[DETECT]}: no run was opened, so nothing was tested", DETECT))
    bad = [
        f"{name}: {result}"
        for name, result in needs.items()
        if result != "success" and not (result == "skipped" and name in may_skip)
    ]
    if bad or "success" not in needs.values():
        return JobEnd(GATE, _failed("; ".join(bad) or "nothing was tested", GATE))
    return JobEnd(GATE, JobReport(Phase.SUCCEEDED, ", ".join(f"{name}: {result}" for name, result in needs.items())))


def read_needs(text: str | None) -> dict[str, str] | None:
    """Job → its result, from `toJSON(needs)`; None where nothing is given.

    Raises:
        ConfigError: When it is something else.
    """
    if not text:
        return None
    try:
        found = json.loads(text)
        return {str(name): str(one["result"]) for name, one in found.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise ConfigError(
            "is not the JSON of a job's needs", where="TIDEGATE_NEEDS", what_next="give it ${{ toJSON(needs) }}"
        ) from wrong


def settled(plan: Plan, jobs: Mapping[str, JobView]) -> dict[str, JobReport]:
    """How every job of a plan stands once nothing more of it will run, by the interpreter's own rules. Pure.

    What began and did not end was cut short; so was what should have begun and did not.
    """
    reports: dict[str, JobReport] = {}
    for job in plan.jobs:
        reports[job.name] = _settled(job, jobs[job.name], reports)
    return reports


def _settled(job: Job, seen: JobView, before: Mapping[str, JobReport]) -> JobReport:
    if seen.phase.ended:
        return JobReport(seen.phase, seen.detail, seen.outcome, seen.failure)
    blocker = next((need for need in job.needs if before[need].phase.ended and not before[need].phase.lets_pass), "")
    if blocker:
        return JobReport(Phase.BLOCKED, f"{blocker} did not let it pass")
    if seen.phase is Phase.WAITING:
        return JobReport(Phase.WAITING, seen.detail)
    waits = next((need for need in job.needs if not before[need].phase.ended), "")
    if waits:
        return JobReport(Phase.PENDING, f"{waits} waits")
    if not job.applies:
        return JobReport(Phase.SATISFIED, job.reason)
    began = seen.phase is Phase.RUNNING
    return JobReport(Phase.CANCELLED, f"{job.name} {'was cut short' if began else 'did not begin'}")


def disagreements(plan: Plan, view: RunView, needs: Mapping[str, str]) -> list[str]:
    """Where GitHub and the ledger do not say the same of a job. Pure."""
    known = plan.by_name()
    found = []
    for name, result in needs.items():
        seen = view.jobs.get(name) if name in known else None
        if result == "success" and seen is not None and seen.phase not in PASSES:
            found.append(f"{name} is {seen.phase.value} in the ledger, and GitHub says success")
        elif result in {"failure", "cancelled"} and (seen is None or seen.phase in PASSES):
            stands = f", and the ledger says {seen.phase.value}" if seen else ""
            found.append(f"GitHub says {result} of {name}{stands}")
    return found


def _ended(ledger: Ledger, view: RunView, plan: Plan) -> RunView:
    """Record how the run ended, or that it waits for a person."""
    reports = settled(plan, view.jobs)
    for name, report in reports.items():
        if report.phase.ended and not view.jobs[name].phase.ended:
            ledger.job_ended(view.id, name, report)
    environments = {job.environment for job in plan.jobs if job.environment}
    views = [ledger.environment(name) for name in sorted(environments)]
    by = next((seen.superseded[view.id] for seen in views if view.id in seen.superseded), "")
    phase, reason = conclusion(plan, reports)
    if phase is Phase.WAITING:
        # One that was decided meanwhile waits too: for the dispatch that takes it up.
        ledger.run_waits(view.id, (), reason)
        if by:
            ledger.end_waiting(view.id, f"superseded by run {by}", by)
        return ledger.run(view.id)
    for seen in views:
        if any(waiter.run == view.id for waiter in seen.queue):
            ledger.dequeue(seen.name, view.id, "the run ended")
    return ledger.run_ended(view.id, phase, reason, by if phase is Phase.CANCELLED else "")


def _left(ledger: Ledger, view: RunView, plan: Plan) -> list[str]:
    """Environments that the run still holds: one that was to be put back was not."""
    names = dict.fromkeys(job.environment for job in plan.jobs if job.environment)
    held = [name for name in names if (lock := ledger.environment(name).lock) is not None and lock.run == view.id]
    return [f"{name} may stand half-way: run `tidegate job put-back-{name}` again" for name in held]


def _failed(what: str, where: str) -> JobReport:
    return JobReport(Phase.FAILED, what, failure={"what": what, "where": where, "what_next": ""})
