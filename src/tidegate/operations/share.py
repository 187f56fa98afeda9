"""Share: the part of a run's graph that one job, in a process of its own, walks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.model.job import Duty, Job, JobReport, Phase, Plan
from tidegate.model.run import RunView


@dataclass(frozen=True, slots=True)
class Share:
    """What is walked for one job.

    Attributes:
        jobs: The job and all that come before it, in the plan's order.
        done: Those among them that ended and need not be done again.
        blocker: Why the job may not begin; empty when it may.
    """

    jobs: tuple[Job, ...]
    done: Mapping[str, JobReport]
    blocker: str = ""


def share_of(plan: Plan, view: RunView, kept: Mapping[str, JobReport], name: str) -> Share:
    """The share of a job. Earlier jobs of its environment that no longer count are done again with it.

    Args:
        plan: What the run does.
        view: How far it is.
        kept: Jobs that need not be done again, see `kept.kept`.
        name: The job.
    """
    known = plan.by_name()
    job = known[name]
    before = _before(known, name)
    done: dict[str, JobReport] = {}
    blocker = ""
    for other in plan.jobs:
        if other.name not in before:
            continue
        seen = view.jobs[other.name]
        if other.name in kept:
            done[other.name] = kept[other.name]
        elif not other.applies:
            done[other.name] = JobReport(Phase.SATISFIED, other.reason)
        elif other.duty is Duty.APPROVE and seen.phase.lets_pass:  # a decision stands, whoever holds the environment
            done[other.name] = JobReport(seen.phase, seen.detail, seen.outcome)
        elif not (job.environment and other.environment == job.environment and seen.phase.lets_pass):
            blocker = blocker or f"{other.name} is {seen.phase.value}"
    jobs = tuple(other for other in plan.jobs if other.name in before or other.name == name)
    return Share(jobs, done, blocker)


def _before(known: Mapping[str, Job], name: str) -> set[str]:
    found: set[str] = set()
    pending = [name]
    while pending:
        job = known[pending.pop()]
        further = {*job.needs, *(job.prepare_after or ())} - found
        found |= further
        pending += further
    return found
