"""An environment under its lock: begun with a recorded way back, ended live on the release, or put back."""

import asyncio
from collections.abc import Callable

from tidegate.errors import Failure, Locked, Superseded
from tidegate.execute.live import check_live
from tidegate.execute.superseding import give_way, not_backwards, reach
from tidegate.execute.way_back import WayBackTo, prove_site, prove_way_back
from tidegate.execute.workshop import Workshop
from tidegate.ledger.eligibility import refusal
from tidegate.ledger.environment import EnvironmentView, Lock
from tidegate.model.job import Duty
from tidegate.model.release import Release
from tidegate.model.snapshot import Alias, FunctionSnapshot, SitePointer, Snapshot
from tidegate.targets import functions
from tidegate.targets.step import LIVE, FunctionStep, PointAlias, PointSite, told, way_back_of
from tidegate.targets.together import together

LEASE_SECONDS = 3600.0
WAIT_SECONDS = 60.0
WAIT_FIRST_SECONDS = 0.5
WAIT_LONGEST_SECONDS = 5.0


async def observe(shop: Workshop, environment: str) -> Snapshot:
    """Observe functions and site of an environment at once."""

    async def site() -> object:
        return await shop.site(environment).observe() if shop.pipeline.site else None

    found, pointers = await asyncio.gather(functions.observe(shop.cloud, shop.pipeline, environment), site())
    return Snapshot(environment, found, pointers)  # type: ignore[arg-type] # gather widens the optional


async def line_up(shop: Workshop, environment: str) -> None:
    """Take the environment's lock, waiting in line behind a run that lives, before older runs that wait too.

    Does nothing when this run has it.

    Raises:
        Locked: When a run that no longer lives holds the environment, or a person pinned it.
        GateFailed: When the environment before has not proved the release.
        Superseded: When a newer run took this one's place.
    """
    async with shop.guards.setdefault(environment, asyncio.Lock()):
        _open(shop, environment)
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
        GateFailed: As `line_up`, or when there would be no way back.
    """
    await line_up(shop, environment)
    async with shop.guards.setdefault(environment, asyncio.Lock()):
        view = _open(shop, environment)
        if view.intent is None or view.intent.run != shop.run:
            if view.intent is not None:
                await _return_first(shop, view, view.intent.run)
            snapshot = await observe(shop, environment)
            unproven = await _prove(shop, view, snapshot)
            by = shop.plan.waiver.by if shop.plan.waiver and unproven else ""
            pointers, release = pointers_of(snapshot), shop.release().id
            shop.ledger.record_intent(environment, shop.run, release, pointers, unproven=unproven, by=by)


async def _return_first(shop: Workshop, view: EnvironmentView, run: str) -> None:
    """What another run left half-way goes back first, so that this one leaves, and can return to, one release."""
    for line in await _put_back(shop, view, f"run {run} left it half-way"):
        shop.ledger.note(shop.run, "", f"{view.name}, left half-way by run {run}: {line}")


async def take(
    shop: Workshop, environment: str, reason: str, condition: Callable[[EnvironmentView], None] = lambda _: None
) -> None:
    """Take the environment's lock, or go on holding it; whoever held it before and may be alive can write no more.

    `condition` raises when the run must not have the environment as it is at that very moment.

    Raises:
        Locked: When a run that no longer lives holds the environment.
        Superseded: When a newer run took this one's place.
    """
    before = shop.ledger.environment(environment).lock
    if held(shop, environment):
        _renew(shop, environment)
    else:
        await _acquire(shop, environment, reason, condition)
    lock = shop.ledger.environment(environment).lock
    if lock and lock != before and _may_be_alive(shop, lock):
        await _fence(shop, environment, lock)


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
    duties = {job.duty for job in shop.plan.jobs if job.environment == view.name and job.applies}
    otherwise = f"`tidegate run --without-way-back {view.name} --reason TEXT` deploys all the same"
    if Duty.DEPLOY in duties:
        versions = live_versions(snapshot)
        await prove_way_back(shop, WayBackTo(f"way-back-{view.name}", view.name, view.live, versions, otherwise))
    if Duty.DEPLOY_SITE in duties and view.live and snapshot.site and snapshot.site.app.release:
        await prove_site(shop, view.name, snapshot.site.app.release, otherwise)


def _open(shop: Workshop, environment: str) -> EnvironmentView:
    """The environment as the ledger knows it, open to the run's release.

    A person may pin it at any time, and a release may lose its eligibility, while a run waits for it too.
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


def held(shop: Workshop, environment: str) -> bool:
    """Whether this run holds the environment."""
    lock = shop.ledger.environment(environment).lock
    return lock is not None and lock.run == shop.run


def _may_be_alive(shop: Workshop, lock: Lock) -> bool:
    """Whether whom the lock was taken from may be alive and about to write.

    An earlier process of this very run on this machine is dead: one process of a machine walks a run at a time.
    """
    earlier_self = lock.taken_run == shop.run and lock.taken_holder.rpartition(":")[0] == shop.holder.rpartition(":")[0]
    return lock.must_fence and not earlier_self


async def _fence(shop: Workshop, environment: str, lock: Lock) -> None:
    """Before anything else, make every write of the earlier holder fail: it may be alive, and AWS knows of no lock."""
    snapshot = await observe(shop, environment)
    note = f"tidegate run {shop.run} took over from run {lock.taken_run} ({lock.taken_holder})"
    await functions.fence(shop.cloud, snapshot.functions, note, shop.patience)
    if snapshot.site:
        await shop.site(environment).fence(snapshot.site, note)
    shop.ledger.note(shop.run, "", f"{environment}: {note}; its pending writes can no longer succeed")


def _renew(shop: Workshop, environment: str) -> None:
    """Go on holding; a run that was taken up by another process holds through that one from now on."""
    lock = shop.ledger.environment(environment).lock
    assert lock
    if lock.holder != shop.holder:
        shop.ledger.acquire(environment, shop.run, shop.holder, lock.reason, LEASE_SECONDS)
    elif lock.lease_until - shop.clock() < LEASE_SECONDS / 2:
        shop.ledger.renew(environment, shop.run, shop.holder, LEASE_SECONDS)


async def _acquire(shop: Workshop, environment: str, reason: str, condition: Callable[[EnvironmentView], None]) -> None:
    """Wait in line for the lock. A holder whose process is gone is not waited for: its run must be resumed first."""
    waits, pause = False, WAIT_FIRST_SECONDS
    while True:
        try:
            shop.ledger.acquire(environment, shop.run, shop.holder, reason, LEASE_SECONDS, condition)
        except Locked:
            if dead := dead_holder(shop, environment):
                raise dead from None
            if not waits:
                shop.ledger.note(shop.run, "", f"waits for {environment}")
                waits = True
            # What carries a release on as it is, such as a verification, is no push that another may supersede.
            gives_way = not shop.plan.carries
            shop.ledger.enqueue(environment, shop.run, shop.holder, WAIT_SECONDS, gives_way=gives_way)
            await shop.pause(pause)
            pause = min(pause * 1.5, WAIT_LONGEST_SECONDS)
        else:
            return


def leave_queues(shop: Workshop) -> None:
    """Wait for no environment any more: the run ended."""
    for environment in shop.pipeline.environments:
        shop.ledger.dequeue(environment, shop.run, "the run ended")


def dead_holder(shop: Workshop, environment: str) -> Locked | None:
    """The refusal when a run whose process is gone holds the environment: it may stand half-way."""
    lock = shop.ledger.environment(environment).lock
    if lock is None or shop.alive(lock.run):
        return None
    return Locked(
        f"run {lock.run} holds {environment} and its process is gone",
        where=environment,
        what_next=f"`tidegate resume {lock.run}` brings the environment onto one release",
    )


def pointers_of(snapshot: Snapshot) -> dict[str, object]:
    """Where the live pointers of an environment stand."""
    return way_back_of(live_versions(snapshot), snapshot.site.app.release if snapshot.site else "")


def live_versions(snapshot: Snapshot) -> dict[str, str]:
    """Function key → the version that users reach."""
    live = {key: function.aliases.get(LIVE) for key, function in snapshot.functions.items()}
    return {key: pointer.version for key, pointer in live.items() if pointer}


def observe_lag(shop: Workshop, environment: str, snapshot: Snapshot) -> str:
    """Why an environment does not serve the run's release; empty when it does."""
    release = shop.release()
    lag = functions.behind(snapshot.functions, shop.pipeline, release)
    if not lag and release.site and snapshot.site and snapshot.site.app.release != release.site.digest:
        lag = f"APP of {environment} does not serve {release.id}"
    return lag


async def settle(shop: Workshop, environment: str) -> None:
    """See that users are served the run's release, record that it is live, and let go of the lock.

    Raises:
        Failure: When what is observed is not the release, or does not answer as it must: nothing is recorded then.
    """
    snapshot = await observe(shop, environment)
    if lag := observe_lag(shop, environment, snapshot):
        raise Failure(f"promoted, but {lag}", where=environment, what_next="`tidegate resume`")
    if not shop.ledger.environment(environment).went_live_by(shop.run):
        await check_live(shop, environment, snapshot.functions)
    shop.ledger.went_live(environment, shop.run, shop.release().id, pointers_of(snapshot))
    shop.ledger.release_lock(environment, shop.run)


async def put_back(shop: Workshop, environment: str, reason: str) -> list[str]:
    """Return every live pointer that moved in this run to its recorded way back; says what was undone.

    Pointers that did not move are not written, and one that somebody else moved meanwhile is left where it is. The lock
    is let go of when nothing is left to do.
    """
    if held(shop, environment):
        _renew(shop, environment)
    undone = await _put_back(shop, shop.ledger.environment(environment), reason)
    shop.ledger.release_lock(environment, shop.run)
    return undone


async def _put_back(shop: Workshop, view: EnvironmentView, reason: str) -> list[str]:
    """Undo the open intent of an environment, whosever it is."""
    if view.intent is None or view.way_back is None:
        return []
    snapshot = await observe(shop, view.name)
    intended, pointers = shop.ledger.release(view.intent.release), view.way_back.pointers
    strangers = _strangers(shop, snapshot, pointers, intended)
    told = [f"{name} was moved by somebody else and is left where it is" for name in strangers.values()]
    told += await return_to(shop, view.name, pointers, f"put-back-{view.name}", frozenset(strangers))
    shop.ledger.put_back(view.name, shop.run, reason)
    return told


def _strangers(shop: Workshop, snapshot: Snapshot, pointers: object, release: Release) -> dict[str, str]:
    """Functions, by key, whose `live` stands neither at the way back nor at the release that was intended."""
    assert isinstance(pointers, dict)
    found: dict[str, str] = {}
    for key, function in snapshot.functions.items():
        live, pointer = function.at(LIVE), function.aliases.get(LIVE)
        wanted = release.images.get(shop.pipeline.functions[key].image)
        ours = live is not None and wanted is not None and live.digest == wanted.digest
        if pointer and not ours and pointer.version != pointers["functions"].get(key, pointer.version):
            found[key] = f"{function.name}: live at {pointer.version}"
    return found


async def return_to(
    shop: Workshop, environment: str, pointers: object, job: str, left: frozenset[str] = frozenset()
) -> list[str]:
    """Move each live pointer that stands elsewhere than `pointers` (see `pointers_of`) says: one write a target.

    `left` are keys of functions that are not to be touched.
    """
    assert isinstance(pointers, dict)
    snapshot = await observe(shop, environment)
    apply = applier(shop, environment, job)
    moved: list[str] = []

    async def one(function: FunctionSnapshot, version: str) -> None:
        await apply.apply((PointAlias(function.name, LIVE, version, function.aliases.get(LIVE)),))
        moved.append(f"{function.name}: live → {version}")

    async def site(current: SitePointer, release: str) -> None:
        with shop.step(environment, job, told(PointSite("APP", release, current.etag))):
            await shop.site(environment).promote(release, current, runtime(shop, environment, live=True))
        moved.append(f"APP → {release[:19] or 'nothing'}")

    versions: dict[str, str] = pointers["functions"]
    moves = [
        one(function, versions[key])
        for key, function in snapshot.functions.items()
        if key in versions and key not in left and not _stands(function.aliases.get(LIVE), versions[key])
    ]
    if snapshot.site and not shop.site(environment).serves(snapshot.site, str(pointers["app"])):
        moves.append(site(snapshot.site.app, str(pointers["app"])))
    await together(moves)
    return moved


def _stands(pointer: Alias | None, version: str) -> bool:
    return pointer is not None and pointer.version == version and not pointer.weights


def applier(shop: Workshop, environment: str, job: str) -> functions.Applier:
    """An applier that journals each step before its effect and its outcome after, while the environment is held."""

    def journal(step: FunctionStep) -> Callable[[str], None]:
        text = told(step)
        shop.ledger.check_held(environment, shop.run, shop.holder)
        shop.ledger.step_intended(shop.run, job, text)
        shop.log(job)(text)

        def done(outcome: str) -> None:
            shop.ledger.step_done(shop.run, job, text, outcome)

        return done

    note = f"tidegate run {shop.run} release {shop.release().id}"
    return functions.Applier(shop.cloud, note, journal, shop.patience)


def runtime(shop: Workshop, environment: str, *, live: bool) -> dict[str, str]:
    """The runtime file of a pointer: what differs by environment or by pointer."""
    address = shop.addresses[environment]
    return {"apiUrl": address.api_url if live else address.candidate_api_url, "environment": environment}
