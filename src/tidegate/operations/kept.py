"""Which jobs of a run need not be done again when it is taken up."""

from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport
from tidegate.model.pipeline import Pipeline
from tidegate.model.run import JobView, RunView


def kept(ledger: Ledger, view: RunView, pipeline: Pipeline) -> dict[str, JobReport]:
    """Jobs of an earlier attempt that need not be done again.

    An environment whose lock the run lost meanwhile begins anew: it was put back, or somebody else used its candidates.
    It begins anew as well where another job of the run has taken it again since.
    """
    environments = {name: ledger.environment(name) for name in pipeline.environments}
    return {
        name: JobReport(job.phase, job.detail, job.outcome)
        for name, job in view.jobs.items()
        if job.phase.lets_pass
        and (job.environment not in environments or _stands(environments[job.environment], view, job))
    }


def _stands(environment: EnvironmentView, view: RunView, job: JobView) -> bool:
    lock = environment.lock
    if lock is None or lock.run != view.id:
        return environment.went_live_by(view.id)
    return job.hold in {0, lock.number}
