"""Jobs `deploy-<env>-frontend` and `promote-<env>-frontend`: the site's candidate pointer, then its live one."""

import hashlib

from tidegate.errors import CloudError, Failure
from tidegate.execute.candidate import same_site
from tidegate.execute.pointers import observe, runtime
from tidegate.execute.promote import not_moved
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.model.pipeline import Strategy
from tidegate.model.snapshot import SitePointer
from tidegate.targets.site_invalidation import WARNING
from tidegate.targets.step import PointSite, told

CONVERGE_SECONDS = 120.0
"""How long edges may take to serve what a pointer says (CloudFront: seconds for KeyValueStore, minutes at worst)."""


async def upload_site(shop: Workshop, job: Job) -> None:
    """Bring the bundle's files to the environment's bucket, ahead of the job's turn.

    Raises:
        Failure: When they are neither on this machine nor in the bucket.
    """
    artifact, site = shop.site_artifact(), shop.site(job.environment)
    bundle = shop.machine.bundle(artifact.digest) if artifact else None
    if bundle is not None:
        written = await site.upload(bundle)
        shop.log(job.name)(f"uploaded {written} files of {bundle.digest[:19]}")
        return
    if artifact is None or not await site.has(artifact.digest):
        raise Failure(
            "the site's files are neither on this machine nor in the bucket",
            where=job.environment,
            what_next="run it where the site was built, or push a change of the site",
        )


async def deploy_site(shop: Workshop, job: Job) -> JobReport:
    """Make TEST serve the release's bundle with the candidate API, and see that it does."""
    snapshot = await observe(shop, job.environment)
    artifact = shop.release().site
    assert artifact
    assert snapshot.site
    assert shop.pipeline.site
    if shop.pipeline.site.strategy is Strategy.INVALIDATION:
        _warn(shop, job)
    seconds = await show_on_test(shop, job, snapshot.site.test)
    return JobReport(Phase.SUCCEEDED, f"TEST serves {artifact.digest[:19]} after {seconds:.1f} s")


async def show_on_test(shop: Workshop, job: Job, expected: SitePointer) -> float:
    """Move TEST to the release's bundle; returns the seconds until the edge served it."""
    artifact = shop.release().site
    assert artifact
    assert shop.pipeline.site
    live = shop.pipeline.site.strategy is Strategy.INVALIDATION
    with shop.step(job.environment, job.name, told(PointSite("TEST", artifact.digest, expected.etag))):
        await shop.site(job.environment).show_candidate(
            artifact.digest, expected, runtime(shop, job.environment, live=live)
        )
    return await converged(shop, job.environment, expected.distribution, artifact.digest)


async def promote_site(shop: Workshop, job: Job) -> JobReport:
    """Make APP serve the bundle that was tested, and see that it does."""
    snapshot = await observe(shop, job.environment)
    artifact = shop.release().site
    assert artifact
    assert snapshot.site
    not_moved(shop, snapshot)
    same_site(shop, snapshot)
    if snapshot.site.app.release == artifact.digest:
        return JobReport(Phase.SUCCEEDED, f"APP serves {artifact.digest[:19]} already")
    with shop.step(job.environment, job.name, told(PointSite("APP", artifact.digest, snapshot.site.app.etag))):
        await shop.site(job.environment).promote(
            artifact.digest, snapshot.site.app, runtime(shop, job.environment, live=True)
        )
    seconds = await converged(shop, job.environment, snapshot.site.app.distribution, artifact.digest)
    return JobReport(Phase.SUCCEEDED, f"APP serves {artifact.digest[:19]} after {seconds:.1f} s")


def _warn(shop: Workshop, job: Job) -> None:
    """Say the weakness of the strategy out loud: in the job's log, and once to all who look at the run."""
    shop.log(job.name)(WARNING)
    if all(note.text != WARNING for note in shop.ledger.run(shop.run).notes):
        shop.ledger.note(shop.run, job.name, WARNING)


async def converged(shop: Workshop, environment: str, distribution: str, digest: str) -> float:
    """Ask as a user would until the edge serves a bundle's page; returns the seconds that it took.

    Raises:
        CloudError: When it does not within `CONVERGE_SECONDS`.
        Failure: When the bundle has no page to tell it by.
    """
    page = shop.machine.page(digest) or await shop.site(environment).page(digest)
    if page is None:
        raise Failure(
            f"the bundle {digest[:19]} has no index.html, so nobody can see whether the edge serves it",
            where=environment,
            what_next="bring its files back to the bucket, or push a site that has one",
        )
    url = (await shop.cloud.edges.distribution(distribution)).url
    wanted = hashlib.sha256(page).hexdigest()
    waited, delay, status = 0.0, 0.05, 0
    while waited < CONVERGE_SECONDS:
        status, body = await shop.cloud.probe.get(f"{url}/")
        if status == 200 and hashlib.sha256(body).hexdigest() == wanted:
            return waited
        await shop.pause(delay)
        waited, delay = waited + delay, min(delay * 1.5, 5.0)
    raise CloudError(
        f"the edge does not serve the release's page after {waited:.0f} s (status {status})",
        where=url,
        what_next="look at the distribution, then `tidegate resume`",
    )
