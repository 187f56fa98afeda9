"""How a run stands once nothing more of it can run: decided from how its jobs ended."""

from collections.abc import Mapping

from tidegate.model.job import Duty, JobReport, Phase, Plan

_MOVE_NOTHING = {Duty.VERIFY, Duty.CONTRACT}


def conclusion(plan: Plan, reports: Mapping[str, JobReport]) -> tuple[Phase, str]:
    """How a run stands after its walk: a failure comes before what superseded it, and that before a wait."""
    for phase in (Phase.FAILED, Phase.CANCELLED):
        first = next((name for name, report in reports.items() if report.phase is phase), None)
        if first:
            line = reports[first].detail.partition("\n")[0]
            return phase, f"{first}: {line}" if phase is Phase.FAILED else line
    if waits := undecided(plan, reports):
        return Phase.WAITING, f"waits for approval of {', '.join(waits)}"
    live = [job.environment for job in plan.jobs if job.applies and job.environment and job.duty not in _MOVE_NOTHING]
    return Phase.SUCCEEDED, f"live in {', '.join(dict.fromkeys(live))}" if live else plan.reason


def undecided(plan: Plan, reports: Mapping[str, JobReport]) -> tuple[str, ...]:
    """Environments whose approval is waited for."""
    return tuple(job.environment for job in plan.jobs if reports[job.name].phase is Phase.WAITING)
