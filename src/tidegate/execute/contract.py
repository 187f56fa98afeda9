"""Jobs `contract-<env>`: take away what only releases need that nobody returns to any more. A person asks for it."""

import contextlib
from dataclasses import replace

from tidegate.cloud.ports import Clusters
from tidegate.errors import CloudError, Failure, GateFailed
from tidegate.execute.database import Outline, Place
from tidegate.execute.gate import conclude
from tidegate.execute.migrate import Journalled, place_of, stands
from tidegate.execute.rehearsal import rehearse, sweep
from tidegate.execute.verify import take_settled
from tidegate.execute.workshop import Workshop
from tidegate.ledger.contracting import Contracting, contracting
from tidegate.model.cluster import AVAILABLE, CREATING
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.pipeline import expand
from tidegate.model.record import SchemaMoved

CONTRACT = "contract"
SNAPSHOT_SECONDS = 3600.0
"""How long a snapshot may take; RDS promises nothing."""
POLL_SECONDS = 5.0


async def contract(shop: Workshop, job: Job) -> JobReport:
    """Try what is to be taken away where it cannot hurt, take a snapshot, then apply it to the environment's database.

    Raises:
        GateFailed: While a release is within its rollback window that needs what would go, or when a trial did not
            succeed: the database is as it was.
        Failure: When something else is live by now, the database does not answer, or a migration fails.
    """
    environment, release = job.environment, shop.release()
    await take_settled(shop, environment)
    _still_allowed(shop, environment)
    databases, place = place_of(shop, environment)
    await sweep(shop, environment, job.name)
    outline = await databases.outline(place)
    assert release.schema
    pending = tuple(one for one in release.schema.contract if one not in outline.contract)
    if outline.pending:
        raise Failure(
            f"expand comes first: {', '.join(outline.pending)} is not applied",
            where=environment,
            what_next=f"push, or `tidegate run`: migrate-{environment} applies it",
        )
    if not pending:
        _record(shop, environment, outline, (), "")
        shop.ledger.release_lock(environment, shop.run)
        return JobReport(Phase.SUCCEEDED, f"nothing to contract: {stands(outline)}")
    log = shop.log(job.name)
    log(f"to contract: {', '.join(pending)}; {stands(outline)}")
    tried = [*await databases.try_contract(place, log)]
    conclude(job.name, tried)
    tried += await rehearse(shop, job, place, replace(outline, pending=pending))
    report = conclude(job.name, tried)
    snapshot = await _snapshot(shop, job)
    await _apply(shop, job, place, pending, snapshot)
    shop.ledger.release_lock(environment, shop.run)
    detail = f"{', '.join(pending)} contracted, behind snapshot {snapshot}; {report.detail}"
    return replace(report, detail=detail, outcome={**report.outcome, "applied": list(pending), "snapshot": snapshot})


def refusal(still: Contracting, environment: str, now: float) -> GateFailed | None:
    """Why nothing may be taken away now; None lets it go on."""
    if not still.waits(now):
        return None
    minutes = max(1, round((still.from_at - now) / 60))
    return GateFailed(
        f"contract {', '.join(still.pending)} must wait: {still.because} needs what it takes away, and one may return"
        f" to it for {minutes} more minutes",
        where=environment,
        what_next="nothing was changed; `tidegate status` says from when it is allowed",
    )


def _still_allowed(shop: Workshop, environment: str) -> None:
    view, release = shop.ledger.environment(environment), shop.release()
    if view.live != release.id:
        raise Failure(
            f"{release.id} is not what is live: {view.live} went live meanwhile",
            where=environment,
            what_next=f"`tidegate migrate plan {environment} --phase contract` tells what it has to be contracted",
        )
    assert shop.pipeline.database
    still = contracting(view, shop.ledger.release, shop.pipeline.database.rollback_window_seconds)
    if refused := refusal(still, environment, shop.clock()):
        raise refused


async def _apply(shop: Workshop, job: Job, place: Place, pending: tuple[str, ...], snapshot: str) -> None:
    """Apply what is pending, journalled; what was applied is recorded even if the next one fails."""
    assert shop.databases
    try:
        await shop.databases.contract(place, Journalled(shop, job))
    except Failure:
        with contextlib.suppress(Failure):  # what failed first is what has to be told
            after = await shop.databases.outline(place)
            _record(shop, job.environment, after, tuple(one for one in pending if one in after.contract), snapshot)
        raise
    after = await shop.databases.outline(place)
    _record(shop, job.environment, after, tuple(one for one in pending if one in after.contract), snapshot)


async def _snapshot(shop: Workshop, job: Job) -> str:
    """A snapshot of the cluster, and wait until it can be restored from. A resumed run finds its own."""
    assert shop.pipeline.database
    cluster = expand(shop.pipeline.database.cluster, job.environment)
    name = f"tidegate-{job.environment}-run-{shop.run}"
    with shop.step(job.environment, job.name, f"snapshot {name} of {cluster}"):
        status, waited = (await shop.cloud.clusters.snapshot(cluster, name)).status, 0.0
        while status == CREATING and waited < SNAPSHOT_SECONDS:
            await shop.pause(POLL_SECONDS)
            waited += POLL_SECONDS
            status = await _status(shop.cloud.clusters, cluster, name)
    if status != AVAILABLE:
        raise CloudError(
            f"snapshot {name} is {status} after {waited:.0f} s",
            where=cluster,
            what_next="nothing was taken away; look at the cluster, then `tidegate resume`",
        )
    return name


async def _status(clusters: Clusters, cluster: str, name: str) -> str:
    return next((one.status for one in await clusters.snapshots(cluster) if one.name == name), "gone")


def _record(shop: Workshop, environment: str, outline: Outline, applied: tuple[str, ...], snapshot: str) -> None:
    moved = SchemaMoved(
        run=shop.run,
        release=shop.release().id,
        phase=CONTRACT,
        applied=applied,
        expand=outline.expand,
        contract=outline.contract,
        at=0.0,
        snapshot=snapshot,
    )
    shop.ledger.schema_moved(environment, moved, shop.holder)
