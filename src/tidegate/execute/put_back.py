"""The way back, taken: pointers that a change moved return to where they stood, one write a target."""

from dataclasses import dataclass

from tidegate.errors import Moved
from tidegate.execute.lock import fence, fence_earlier, held, renew
from tidegate.execute.pointers import applier, observe, runtime
from tidegate.execute.rehearsal import sweep_after
from tidegate.execute.strangers import SITE, Stranger, strangers
from tidegate.execute.workshop import Workshop
from tidegate.ledger.environment import EnvironmentView
from tidegate.model.job import JobReport, Phase
from tidegate.model.release import Release
from tidegate.model.snapshot import Alias, FunctionSnapshot, SitePointer, Snapshot
from tidegate.targets.step import LIVE, PointAlias, PointSite, told
from tidegate.targets.together import together

LOOKS = 5
"""How often pointers are looked at until they are seen where they belong: a single look may be stale."""


async def put_back(shop: Workshop, environment: str, reason: str) -> list[str]:
    """Return every live pointer that moved in this run to its recorded way back; says what was undone.

    Pointers that did not move are not written, and one that somebody else moved meanwhile is left where it is. The lock
    is let go of when nothing is left to do.
    """
    if held(shop, environment):
        renew(shop, environment)
        await fence_earlier(shop, environment)
    undone = await undo(shop, shop.ledger.environment(environment), reason)
    shop.ledger.release_lock(environment, shop.run)
    return undone


async def undo(shop: Workshop, view: EnvironmentView, reason: str) -> list[str]:
    """Undo the open intent of an environment, whosever it is; nothing without one. Says what was undone."""
    if view.intent is None or view.way_back is None:
        return []
    way_back, intended = view.way_back.pointers, shop.ledger.release(view.intent.release)
    if _in_doubt(shop, view):
        await fence(shop, view.name, f"tidegate run {shop.run} puts back {intended.id}")
    job = f"put-back-{view.name}"
    shop.ledger.job_started(shop.run, job)
    returned = await return_to(shop, view.name, way_back, job, Known(way_back, intended))
    await sweep_after(shop, view.name, view.intent.run, job)
    shop.ledger.put_back(view.name, shop.run, reason)
    done = ", ".join(returned.moved) or "nothing had moved"
    shop.ledger.job_ended(shop.run, job, JobReport(Phase.SUCCEEDED, f"{done} ({reason.partition(chr(10))[0]})"))
    left = [f"{stranger.pointer} was moved by somebody else to {stranger.found} and is left where it is"
            for stranger in returned.strangers]  # fmt: skip
    return [*left, *returned.moved, *_stays(view)]


def _stays(view: EnvironmentView) -> list[str]:
    """What does not go back: an expanded schema, which the release before was rehearsed on."""
    assert view.intent
    expanded = any(entry.kind == "schema-moved" and entry.run == view.intent.run for entry in view.history)
    if not expanded or view.schema is None:
        return []
    return [f"the schema stays at {view.schema.expand}: what is live was rehearsed on it"]


async def return_first(shop: Workshop, view: EnvironmentView, run: str) -> None:
    """What another run left half-way goes back first, so that this one leaves, and can return to, one release."""
    for line in await undo(shop, view, f"run {run} left it half-way"):
        shop.ledger.note(shop.run, "", f"{view.name}, left half-way by run {run}: {line}")


def _in_doubt(shop: Workshop, view: EnvironmentView) -> bool:
    """Whether a write of the open intent was asked for and nobody knows what came of it: it may arrive yet."""
    assert view.intent
    jobs = shop.ledger.run(view.intent.run).jobs.values()
    return any(step.done is None for job in jobs if job.environment == view.name for step in job.steps)


@dataclass(frozen=True, slots=True)
class Known:
    """Where pointers may stand without a stranger's doing: where the change found them, and at its release."""

    stood: object
    release: Release


@dataclass(frozen=True, slots=True)
class Returned:
    """What came of a return: what was moved, for people, and what others had moved and was left."""

    moved: tuple[str, ...]
    strangers: tuple[Stranger, ...] = ()


async def return_to(shop: Workshop, environment: str, pointers: object, job: str, known: Known) -> Returned:
    """Move each live pointer that stands elsewhere than `pointers` (see `pointers_of`) says: one write a target.

    What stands nowhere that is `known` is not touched. It looks, at least twice, until all others are in their place.

    Raises:
        Moved: When one that was written does not stay.
    """
    moved: dict[str, str] = {}
    for look in range(LOOKS):
        snapshot = await observe(shop, environment)
        found = strangers(snapshot, known.stood, known.release, shop.pipeline)
        away = {target: to for target, to in _away(shop, snapshot, pointers).items() if target not in found}
        if look and not away:
            return Returned(tuple(moved.values()), tuple(found.values()))
        again = [target for target in away if target in moved]
        if again and look == LOOKS - 1:
            break
        steps = [
            _move(shop, environment, snapshot, job, target, to) for target, to in away.items() if target not in again
        ]
        moved |= dict(await together(steps))
        if again:
            await shop.pause(shop.patience.wait(look + 1))
    raise Moved(
        f"{', '.join(again or away)} was put back and does not stay: somebody else moves it",
        where=environment,
        what_next="find out who deploys here besides Tidegate, then `tidegate resume`",
    )


def _away(shop: Workshop, snapshot: Snapshot, pointers: object) -> dict[str, str]:
    """Targets that stand elsewhere, and where they belong: a version, or a bundle."""
    assert isinstance(pointers, dict)
    versions: dict[str, str] = pointers["functions"]
    away = {
        key: versions[key]
        for key, function in snapshot.functions.items()
        if key in versions and not _stands(function.aliases.get(LIVE), versions[key])
    }
    bundle = str(pointers["app"])
    if snapshot.site and not shop.site(snapshot.environment).serves(snapshot.site, bundle):
        away[SITE] = bundle
    return away


async def _move(
    shop: Workshop, environment: str, snapshot: Snapshot, job: str, target: str, to: str
) -> tuple[str, str]:
    if target != SITE:
        return target, await _move_function(shop, environment, job, snapshot.functions[target], to)
    assert snapshot.site
    return target, await _move_site(shop, environment, job, snapshot.site.app, to)


async def _move_function(shop: Workshop, environment: str, job: str, function: FunctionSnapshot, version: str) -> str:
    step = PointAlias(function.name, LIVE, version, function.aliases.get(LIVE))
    await applier(shop, environment, job).apply((step,))
    return f"{function.name}: live → {version}"


async def _move_site(shop: Workshop, environment: str, job: str, current: SitePointer, bundle: str) -> str:
    with shop.step(environment, job, told(PointSite("APP", bundle, current.etag))):
        await shop.site(environment).promote(bundle, current, runtime(shop, environment, live=True))
    return f"APP → {bundle[:19] or 'nothing'}"


def _stands(pointer: Alias | None, version: str) -> bool:
    return pointer is not None and pointer.version == version and not pointer.weights
