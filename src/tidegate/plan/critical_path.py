"""The critical path of a run that ended: the chain of jobs that decided how long it took."""

from collections.abc import Mapping

from tidegate.model.run import JobView


def critical_path(jobs: Mapping[str, JobView]) -> tuple[tuple[str, ...], float]:
    """The chain from the job that ended last back through the need that each job waited for longest.

    Returns:
        Names of the chain's jobs, the first first, and the seconds that each spent after that need ended, added up:
        what the run would have taken if nothing but these jobs had cost time.
    """
    timed = {name: job for name, job in jobs.items() if job.started is not None and job.ended is not None}
    if not timed:
        return (), 0.0
    chain: list[str] = []
    seconds = 0.0
    name: str | None = max(timed, key=lambda one: timed[one].ended or 0.0)
    while name is not None:
        job = timed[name]
        before = max(
            (need for need in _timed_needs(name, jobs, timed)), key=lambda one: timed[one].ended or 0.0, default=None
        )
        since = max(job.started or 0.0, (timed[before].ended or 0.0) if before else 0.0)
        seconds += max(0.0, (job.ended or 0.0) - since)
        chain.append(name)
        name = before
    return tuple(reversed(chain)), seconds


def _timed_needs(name: str, jobs: Mapping[str, JobView], timed: Mapping[str, JobView]) -> set[str]:
    """Needs that took time; one that was satisfied at once stands for those before it."""
    seen: set[str] = set()
    pending = list(jobs[name].needs)
    while pending:
        need = pending.pop()
        if need in jobs and need not in seen:
            seen.add(need)
            pending.extend(() if need in timed else jobs[need].needs)
    return seen & set(timed)
