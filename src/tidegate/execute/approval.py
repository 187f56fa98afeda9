"""Jobs `approve-<env>`: a run goes on to an environment only once a person approved it."""

from tidegate.errors import GateFailed, Superseded
from tidegate.execute.environment import opened
from tidegate.execute.superseding import give_way, reach
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.run import Decision


async def approve(shop: Workshop, job: Job) -> JobReport:
    """Look for a person's decision in the ledger; without one, ask for it and report that the run waits.

    The environment is not held meanwhile: whoever comes first may deploy to it.

    Raises:
        GateFailed: When it was rejected, or the release may not go there whatever a person says.
        Locked: When a person pinned the environment.
        Superseded: When a newer run took this one's place.
    """
    environment = job.environment
    opened(shop, environment)
    try:
        reach(shop, environment)
        shop.ledger.await_approval(environment, shop.run, shop.holder)
    except Superseded as superseded:
        give_way(shop, environment, superseded)
        raise
    approval = shop.ledger.ask_approval(shop.run, environment).approvals[environment]
    if approval.decision is None:
        approvers = ", ".join(shop.pipeline.environments[environment].approvers)
        return JobReport(Phase.WAITING, f"waits for approval by {approvers or 'anybody'}")
    return _decided(job, approval.decision)


def _decided(job: Job, decision: Decision) -> JobReport:
    if not decision.approved:
        raise GateFailed(
            f"rejected by {decision.by}: {decision.reason}",
            where=job.environment,
            what_next="push a fix; this run's release does not go on",
        )
    outcome = {"by": decision.by, "reason": decision.reason, "at": decision.at}
    return JobReport(Phase.SUCCEEDED, f"approved by {decision.by}: {decision.reason}", outcome)
