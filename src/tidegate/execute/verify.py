"""Jobs `verify-<env>`: what is live is put to the test again, with the tests of its own commit. No pointer moves."""

from tidegate.errors import Failure, GateFailed
from tidegate.execute.browser import Pair, measure_pair
from tidegate.execute.environment import observe_lag
from tidegate.execute.gate import conclude
from tidegate.execute.lock import take
from tidegate.execute.pointers import live_versions, observe
from tidegate.execute.way_back import smoke_versions, trial_of
from tidegate.execute.workshop import Workshop
from tidegate.gates.judge import judge
from tidegate.ledger.environment import Intent
from tidegate.model.job import Job, JobReport
from tidegate.model.snapshot import Snapshot
from tidegate.model.verdict import Measurement, Verdict
from tidegate.targets.step import CANDIDATE, LIVE

SMOKE, PAIR = "smoke tests", "end-to-end tests"


async def verify(shop: Workshop, job: Job) -> JobReport:
    """Smoke-test the live versions, and test the pair end to end where TEST shows the very pair that is live.

    A verdict Failed takes the release's eligibility away for the environments behind this one. A test that could not be
    made at all takes nothing away: it is not known then whether the release is bad.

    Raises:
        GateFailed: When the verdict is not Successful.
        Failure: When something else is live by now, or a change was left half-way.
    """
    environment, release = job.environment, shop.release()
    await take_settled(shop, environment)
    snapshot = await observe(shop, environment)
    _still_live(shop, environment, snapshot)
    gates = (SMOKE, PAIR) if _shows_live(shop, snapshot) else (SMOKE,)
    trial = trial_of(shop, job.name, environment, release.id)
    measurements = await smoke_versions(shop, trial, live_versions(snapshot))
    if PAIR in gates:
        measurements += await _pair(shop, job)
    try:
        report = conclude(job.name, measurements)
    except GateFailed as failed:
        if judge(measurements) is Verdict.FAILED:
            shop.ledger.reverified(environment, shop.run, release.id, gates, failed.what)
            shop.ledger.note(
                shop.run, job.name, f"{release.id} is no longer eligible for what comes after {environment}"
            )
        raise
    shop.ledger.reverified(environment, shop.run, release.id, gates)
    shop.ledger.release_lock(environment, shop.run)
    untested = "" if PAIR in gates else "; no end-to-end tests: TEST does not show the pair that is live"
    return JobReport(report.phase, f"{release.id}: {report.detail}{untested}", report.outcome)


async def _pair(shop: Workshop, job: Job) -> list[Measurement]:
    gate = shop.pipeline.browser
    assert gate
    test = await shop.cloud.edges.distribution(shop.addresses[job.environment].test)
    return await measure_pair(shop, job, gate, Pair(PAIR, test.url, shop.source))


async def take_settled(shop: Workshop, environment: str) -> None:
    """Take the lock of an environment that no change was left half-way in; what a living run is about is waited for."""
    intent = shop.ledger.environment(environment).intent
    if intent is not None and not shop.alive(intent.run):
        raise _half_way(environment, intent)
    await take(shop, environment, f"verify {shop.release().id}")
    intent = shop.ledger.environment(environment).intent
    if intent is not None:
        # Held any longer, the change would be put back as if this run had begun it.
        shop.ledger.release_lock(environment, shop.run)
        raise _half_way(environment, intent)


def _half_way(environment: str, intent: Intent) -> Failure:
    return Failure(
        f"{environment} stands half-way: run {intent.run} did not settle {intent.release}",
        where=environment,
        what_next=f"`tidegate resume {intent.run}` brings it onto one release",
    )


def _still_live(shop: Workshop, environment: str, snapshot: Snapshot) -> None:
    """See that what would be tested is the release: what a stranger put there says nothing of it."""
    view, release = shop.ledger.environment(environment), shop.release()
    lag = f"{view.live} went live meanwhile" if view.live != release.id else observe_lag(shop, snapshot)
    if lag:
        raise Failure(
            f"{release.id} is not what is live: {lag}",
            where=environment,
            what_next=f"`tidegate status` shows what is; `tidegate verify {environment}` then verifies that",
        )


def _shows_live(shop: Workshop, snapshot: Snapshot) -> bool:
    """Whether there are end-to-end tests, and TEST with its API is the pair that users reach."""
    if shop.pipeline.browser is None or snapshot.site is None:
        return False
    pointers = [
        (function.aliases.get(LIVE), function.aliases.get(CANDIDATE)) for function in snapshot.functions.values()
    ]
    same = all(live and candidate and live.version == candidate.version for live, candidate in pointers)
    return same and snapshot.site.test.release == snapshot.site.app.release
