"""Which jobs of a run need not be done again when it is taken up."""

from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport
from tidegate.model.pipeline import Pipeline
from tidegate.model.run import RunView


def kept(ledger: Ledger, view: RunView, pipeline: Pipeline) -> dict[str, JobReport]:
    """Jobs of an earlier attempt that need not be done again.

    An environment whose lock the run lost meanwhile begins anew: somebody else may have used its candidates.
    """
    lost = {
        name
        for name in pipeline.environments
        if (environment := ledger.environment(name)).lock is None or environment.lock.run != view.id
    }
    reached = {name for name in lost if ledger.environment(name).went_live_by(view.id)}
    return {
        name: JobReport(job.phase, job.detail, job.outcome)
        for name, job in view.jobs.items()
        if job.phase.lets_pass and (job.environment not in lost or job.environment in reached)
    }
