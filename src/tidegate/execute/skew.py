"""Jobs `skew-test-<env>`: the mixed pairs that open tabs and the moment of promotion make certain.

TEST shows, one after the other, the live site with the candidate API and the candidate site with the live API, and in
the end again the pair that was tested. The contract tests of the commit whose site is shown are run on each.
"""

from collections.abc import Mapping

from tidegate.execute.browser import Pair, measure_pair
from tidegate.execute.gate import conclude
from tidegate.execute.pointers import observe, runtime
from tidegate.execute.site import converged
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Job, JobReport, Phase
from tidegate.targets.step import PointSite, told


async def skew_test(shop: Workshop, job: Job) -> JobReport:
    """Test both mixed pairs, unless nothing is live that could be mixed with.

    What is live and known not to work, where a person lets the run go on all the same, proves nothing in a pair either.
    """
    gate = shop.pipeline.contract
    assert gate is not None
    live = shop.ledger.environment(job.environment).live
    was = shop.ledger.release(live) if live else None
    candidate = shop.release().site
    assert candidate
    way_back = shop.ledger.environment(job.environment).way_back
    if way_back and way_back.unproven:
        return JobReport(Phase.SUCCEEDED, f"not tested with what is live: {way_back.unproven}")
    if was is None or was.site is None:
        return JobReport(Phase.SUCCEEDED, "nothing is live yet that the candidates could be mixed with")
    test = await shop.cloud.edges.distribution(shop.addresses[job.environment].test)
    old = shop.edition(was.commit)
    measurements = []
    try:
        await _show(shop, job, was.site.digest, runtime(shop, job.environment, live=False))
        pair = Pair("live site, candidate API", test.url, old.source, "live-site")
        measurements += await measure_pair(shop, job, old.pipeline.contract or gate, pair)
        await _show(shop, job, candidate.digest, runtime(shop, job.environment, live=True))
        pair = Pair("candidate site, live API", test.url, shop.source, "live-api")
        measurements += await measure_pair(shop, job, gate, pair)
    finally:
        await _show(shop, job, candidate.digest, runtime(shop, job.environment, live=False))
    return conclude(job.name, measurements)


async def _show(shop: Workshop, job: Job, digest: str, runtime_file: Mapping[str, str]) -> None:
    snapshot = await observe(shop, job.environment)
    assert snapshot.site
    text = told(PointSite("TEST", digest, snapshot.site.test.etag))
    with shop.step(job.environment, job.name, f"{text} with {runtime_file['apiUrl']}"):
        await shop.site(job.environment).show_candidate(digest, snapshot.site.test, runtime_file)
    await converged(shop, job.environment, snapshot.site.test.distribution, digest)
