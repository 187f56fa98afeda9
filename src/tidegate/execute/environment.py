"""An environment under its lock: begun with a recorded way back, ended live on the release."""

import asyncio

from tidegate.errors import Failure, GateFailed, Locked, Superseded
from tidegate.execute.examination import examined
from tidegate.execute.live import check_live
from tidegate.execute.lock import held, take
from tidegate.execute.pointers import live_versions, observe, pointers_of
from tidegate.execute.put_back import return_first
from tidegate.execute.strangers import split
from tidegate.execute.superseding import give_way, not_backwards, reach
from tidegate.execute.way_back import WayBackTo, prove_site, prove_way_back
from tidegate.execute.workshop import Workshop
from tidegate.ledger.eligibility import refusal
from tidegate.ledger.environment import EnvironmentView
from tidegate.model.job import Duty
from tidegate.model.release import Release
from tidegate.model.snapshot import Snapshot
from tidegate.targets import functions
from tidegate.targets.step import LIVE


async def line_up(shop: Workshop, environment: str) -> None:
    """Take the environment's lock, waiting in line behind a run that lives, before older runs that wait too.

    Does nothing when this run has it.

    Raises:
        Locked: When a run that no longer lives holds the environment, or a person pinned it.
        GateFailed: When the environment before has not proved the release.
        Superseded: When a newer run took this one's place.
    """
    async with shop.guards.setdefault(environment, asyncio.Lock()):
        opened(shop, environment)
        try:
            if not held(shop, environment):
                reach(shop, environment)
            reason = f"deploy {shop.release().id}"
            await take(shop, environment, reason, lambda view: not_backwards(shop, view))
        except Superseded as superseded:
            give_way(shop, environment, superseded)
            raise


async def hold(shop: Workshop, environment: str) -> None:
    """Take the environment's lock and record, once a run, what it would return to. Does nothing when both are done.

    Raises:
        Locked: As `line_up`.
        GateFailed: As `line_up`, or when the environment is not sound, or when there would be no way back.
    """
    await line_up(shop, environment)
    async with shop.guards.setdefault(environment, asyncio.Lock()):
        view = opened(shop, environment)
        if view.intent is None or view.intent.run != shop.run:
            if view.intent is not None:
                await return_first(shop, view, view.intent.run)
            await examined(shop, environment)
            snapshot = await observe(shop, environment)
            _as_planned(shop, snapshot)
            unproven = await _prove(shop, view, snapshot)
            by = shop.plan.waiver.by if shop.plan.waiver and unproven else ""
            pointers, release = pointers_of(snapshot), shop.release().id
            shop.ledger.record_intent(environment, shop.run, release, pointers, unproven=unproven, by=by)


def _as_planned(shop: Workshop, snapshot: Snapshot) -> None:
    """What the plan leaves alone must be at the release: another run may have changed it since the plan was made.

    Raises:
        GateFailed: When it is not: a part of the release would go live with a half that it was not tested with.
    """
    duties, release = _duties(shop, snapshot.environment), shop.release()
    lag = "" if Duty.DEPLOY in duties else functions.behind(snapshot.functions, shop.pipeline, release)
    if Duty.DEPLOY_SITE not in duties:
        lag = lag or _site_lag(release, snapshot)
    if lag:
        raise GateFailed(
            f"{snapshot.environment} changed since this run was planned: {lag}",
            where=snapshot.environment,
            what_next="nothing was changed; `tidegate run` plans anew",
        )


def _duties(shop: Workshop, environment: str) -> set[Duty]:
    """What the plan does in an environment."""
    return {job.duty for job in shop.plan.jobs if job.environment == environment and job.applies}


async def _prove(shop: Workshop, view: EnvironmentView, snapshot: Snapshot) -> str:
    """See that what this run is about to leave can be returned to, for the targets that it moves.

    Returns why it cannot, where a person lets the run go on all the same; empty when it can.
    """
    try:
        await _prove_targets(shop, view, snapshot)
    except Failure as failure:
        waiver = shop.plan.waiver
        if waiver is None or view.name not in waiver.environments:
            raise
        unproven = f"{failure.what}; {waiver.by} lets the run go on all the same: {waiver.reason}"
        shop.ledger.note(shop.run, "", f"{view.name}: {unproven}")
        return unproven
    return ""


async def _prove_targets(shop: Workshop, view: EnvironmentView, snapshot: Snapshot) -> None:
    if view.live == shop.release().id:
        return
    duties = _duties(shop, view.name)
    _undivided(snapshot)
    otherwise = f"`tidegate run --without-way-back {view.name} --reason TEXT` deploys all the same"
    if view.live:
        _same_functions(shop, view, snapshot, otherwise)
    if Duty.DEPLOY in duties:
        versions = live_versions(snapshot)
        await prove_way_back(shop, WayBackTo(f"way-back-{view.name}", view.name, view.live, versions, otherwise))
    if Duty.DEPLOY_SITE in duties and view.live and snapshot.site:
        shown = snapshot.site.app.release
        _same_site(shop, view, shown, otherwise)
        if shown:
            await prove_site(shop, view.name, shown, otherwise)


def _undivided(snapshot: Snapshot) -> None:
    """Nobody splits the traffic of a live alias: a way back is one version, and writing it would end the split."""
    if told := split(snapshot):
        raise GateFailed(
            f"{told}: there is no one version to return to",
            where=snapshot.environment,
            what_next="nothing was changed; let whoever splits the traffic end that, then `tidegate run` again",
        )


def _same_functions(shop: Workshop, view: EnvironmentView, snapshot: Snapshot, otherwise: str) -> None:
    """As `_same_site`, of the functions that the live release's own commit declares."""
    was = shop.ledger.release(view.live)
    declared = shop.edition(was.commit).pipeline.functions
    for key, function in snapshot.functions.items():
        image = was.images.get(declared[key].image) if key in declared else None
        live = function.at(LIVE)
        if image is not None and live is not None and live.digest != image.digest:
            raise GateFailed(
                f"the way back to {view.live} is not proven: {function.name} serves {live.digest[:19]},"
                f" not {image.digest[:19]}",
                where=view.name,
                what_next=f"nothing was changed; find out who moved it, or {otherwise}",
            )


def _same_site(shop: Workshop, view: EnvironmentView, shown: str, otherwise: str) -> None:
    """What users are shown must be of the release that is recorded as live: there is no other known way back."""
    site = shop.ledger.release(view.live).site
    if site is not None and site.digest != shown:
        raise GateFailed(
            f"the way back to {view.live} is not proven: APP shows {shown[:19] or 'nothing'}, not {site.digest[:19]}",
            where=view.name,
            what_next=f"nothing was changed; find out who moved it, or {otherwise}",
        )


def opened(shop: Workshop, environment: str) -> EnvironmentView:
    """The environment as the ledger knows it, open to the run's release.

    A person may pin it at any time, and a release may lose its eligibility, while a run waits for it too.

    Raises:
        Locked: When a person pinned it.
        GateFailed: When the environment before has not proved the release.
    """
    view = shop.ledger.environment(environment)
    if view.pinned is not None:
        raise Locked(
            f"{environment} is pinned by {view.pinned.by}: {view.pinned.reason}",
            where=environment,
            what_next=f"`tidegate unpin {environment}` lets runs deploy to it again",
        )
    before = shop.pipeline.environments[environment].after
    if refused := refusal(environment, shop.ledger.environment(before) if before else None, shop.release().id):
        raise refused
    return view


def observe_lag(shop: Workshop, snapshot: Snapshot) -> str:
    """Why an environment does not serve the run's release; empty when it does."""
    release = shop.release()
    lag = functions.behind(snapshot.functions, shop.pipeline, release)
    return lag or _site_lag(release, snapshot)


def _site_lag(release: Release, snapshot: Snapshot) -> str:
    if release.site and snapshot.site and snapshot.site.app.release != release.site.digest:
        return f"APP of {snapshot.environment} does not serve {release.id}"
    return ""


async def settle(shop: Workshop, environment: str) -> None:
    """See that users are served the run's release, record that it is live, and let go of the lock.

    Raises:
        Failure: When what is observed is not the release, or does not answer as it must: nothing is recorded then.
    """
    snapshot = await observe(shop, environment)
    if lag := observe_lag(shop, snapshot):
        raise Failure(f"promoted, but {lag}", where=environment, what_next="`tidegate resume`")
    if not shop.ledger.environment(environment).went_live_by(shop.run):
        await check_live(shop, environment, snapshot.functions)
    shop.ledger.went_live(environment, shop.run, shop.release().id, pointers_of(snapshot), lets_go=True)
