"""The five promises as invariants, judged by what was really seen and by what the ledger says.

Each has a name; what breaks it is kept in `Seen.violations` under that name. Some are judged at every write of a
pointer, the others when a simulation has come to rest.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.simulation import schema
from tests.simulation.product import FUNCTIONS, Flaw, number_of
from tests.simulation.promise import BACK, EVIDENCE, ONCE, REPORT, UNTESTED, WHOLE
from tests.simulation.seen import NOBODY, Exposure
from tidegate.errors import CloudError
from tidegate.ledger.environment import EnvironmentView
from tidegate.model.job import Duty, Phase
from tidegate.model.pipeline import Order
from tidegate.model.run import RunView

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

ALWAYS_FOUND = frozenset({Flaw.UNIT, Flaw.BUILD, Flaw.SITE_BUILD, Flaw.HEALTH, Flaw.CRASH, Flaw.WORKER})
"""Flaws of an artifact that some gate finds before any user can, whatever the order of promotion."""
FOUND_BY_PAIR = frozenset({Flaw.PAGE, Flaw.PAIR})
GATES = frozenset({Duty.CHECK, Duty.DEPLOY, Duty.BROWSER})


def exposed(world: "World", exposure: Exposure, last: Exposure | None) -> None:
    """Judge that a run showed users something."""
    seen, where = world.seen, f"{exposure.target} of {exposure.environment} shows {exposure.version[:24]}"
    text = f"run {exposure.run}: {where} (commit {exposure.number})"
    allowance = (exposure.environment, exposure.target, exposure.version)
    _way_back_first(world, exposure, last, text)
    _not_over_a_person(world, exposure, last, text)
    _moved_once(world, exposure, text)
    _in_turn(world, exposure, text)
    if exposure.number == 0 or allowance in seen.allowed:
        return
    for broken in _untested(world, exposure):
        world.violate(UNTESTED, f"{text}: {broken}")
    if exposure.target == "api":
        _mixed_pairs(world, exposure, text)
    seen.allowed.add(allowance)


def _untested(world: "World", exposure: Exposure) -> list[str]:
    # The one bucket of strategy `invalidation` has one runtime file: its page is tested with the live API.
    together = world.scenario.order is Order.TOGETHER and world.is_pointer
    flaws = world.by_number[exposure.number].flaws & (ALWAYS_FOUND | (FOUND_BY_PAIR if together else frozenset()))
    if exposure.target == "site":
        flaws &= {Flaw.UNIT, Flaw.SITE_BUILD, Flaw.PAGE}
    else:
        flaws -= {Flaw.PAGE, Flaw.SITE_BUILD}
    broken = [f"no gate found that {flaw}" for flaw in sorted(flaws)]
    name = f"{exposure.target}-{exposure.environment}"
    if exposure.target != "site" and (name, exposure.version) not in world.seen.smoked:
        broken.append("the version never answered a smoke test")
    if not together and exposure.target != "site":
        return broken
    place = 1 if exposure.target == "site" else 2
    tested = any(pair[0] == exposure.environment and pair[place] == exposure.number for pair in world.seen.pairs)
    return broken if tested else [*broken, "no end-to-end test passed with it"]


def _mixed_pairs(world: "World", exposure: Exposure, text: str) -> None:
    """Promise 2: pointers cannot flip in the same instant, so the mixed pairs are tested too."""
    environment = exposure.environment
    view = world.book.environment(environment)
    if not (world.is_pointer and world.scenario.order is Order.TOGETHER and view.live):
        return
    if environment in world.seen.edited or view.intent is None:
        return
    old, new = world.book.release(view.live), world.book.release(view.intent.release)
    if old.site is None or new.site is None or old.site.digest == new.site.digest:
        return
    old_site, new_site = number_of(old.site.digest), number_of(new.site.digest)
    old_api = number_of(old.images["backend"].digest)
    for pair in ((old_site, exposure.number), (new_site, old_api)):
        if (environment, *pair) not in world.seen.pairs:
            world.violate(WHOLE, f"{text}: page of commit {pair[0]} with API of commit {pair[1]} was never tested")


def _way_back_first(world: "World", exposure: Exposure, last: Exposure | None, text: str) -> None:
    """Promise 3: recorded, and proven, before anything that users reach changes."""
    view = world.book.environment(exposure.environment)
    if view.intent is None or view.way_back is None or not _is_about(view, exposure):
        world.violate(BACK, f"{text} before its way back was recorded")
        return
    if _is_by_a_person(world, exposure.run):
        if view.pinned is None:
            world.violate(BACK, f"{text} for a person, and nothing keeps automation away from it")
    elif view.pinned is not None:
        world.violate(BACK, f"{text} although a person pinned the environment")
    if last is not None and exposure.target != "site" and view.way_back.release:
        _proven_first(world, exposure, last, view, text)


def _proven_first(world: "World", exposure: Exposure, last: Exposure, view: EnvironmentView, text: str) -> None:
    """What automation leaves, and what a person returns to, answered this run's smoke tests."""
    name = f"{exposure.target}-{exposure.environment}"
    if _is_by_a_person(world, exposure.run):
        returns = last.run == exposure.run or exposure.version == _way_back_of(view, exposure.target)
        if exposure.number and not returns and (exposure.run, name, exposure.version) not in world.seen.proven:
            world.violate(BACK, f"{text} for a person, and that it still answers was not seen by this run")
    elif last.number and last.run != exposure.run and (exposure.run, name, last.version) not in world.seen.proven:
        forward = (exposure.environment, exposure.target, exposure.version) not in world.seen.allowed
        if forward and last.run != NOBODY:
            world.violate(BACK, f"{text}, and that version {last.version} still answers was not seen by this run")


def _is_by_a_person(world: "World", run: str) -> bool:
    """Whether a run is a rollback: a pin keeps automation away, and nobody who rolls back once more."""
    plan = world.book.run(run).plan
    return plan is not None and bool(plan.carries)


def _is_about(view: EnvironmentView, exposure: Exposure) -> bool:
    """Whether the open change is the run's own, or it only undoes what an earlier run left half-way."""
    assert view.intent
    return view.intent.run == exposure.run or exposure.version == _way_back_of(view, exposure.target)


def _way_back_of(view: EnvironmentView, target: str) -> object:
    """The version, or the bundle, that a target returns to; None where nothing is recorded."""
    pointers = view.way_back.pointers if view.way_back else None
    if not isinstance(pointers, dict):
        return None
    return pointers["app"] if target == "site" else pointers["functions"].get(target)


def _not_over_a_person(world: "World", exposure: Exposure, last: Exposure | None, text: str) -> None:
    """Promise 3 and drift refusal: what a person moved while a run was under way is left where it is."""
    view = world.book.environment(exposure.environment)
    if last is None or last.run != NOBODY or view.intent is None:
        return
    if last.version == _way_back_of(view, exposure.target):
        return  # it stands where it stood: whoever moved it has moved it back
    intended = world.book.release(view.intent.release)
    if last.number in {number_of(artifact.digest) for artifact in intended.artifacts}:
        return  # nobody can tell it from an own write whose answer was lost: it goes back
    if view.intent.run == exposure.run and view.intent.at < last.at:
        world.violate(BACK, f"{text} over what a person showed meanwhile ({last.version[:24]})")


def _in_turn(world: "World", exposure: Exposure, text: str) -> None:
    """Promise 2: an environment gets what the one before it proved, and what a person approved where that is asked."""
    plan = world.book.run(exposure.run).plan
    view, declared = world.book.environment(exposure.environment), world.pipeline.environments[exposure.environment]
    if plan is None or plan.carries or view.intent is None or view.intent.run != exposure.run:
        return
    intended = world.book.release(view.intent.release)
    forward = exposure.number and exposure.number in {number_of(artifact.digest) for artifact in intended.artifacts}
    if not forward or exposure.number == _standing(view, exposure, world):
        return
    before = world.book.environment(declared.after) if declared.after else None
    if before is not None and (intended.id not in before.reached or before.withdrawn.get(intended.id)):
        world.violate(WHOLE, f"{text}, which {before.name} has not proved")
    approval = world.book.run(exposure.run).approvals.get(exposure.environment)
    if declared.approval and not (approval and approval.decision and approval.decision.approved):
        world.violate(EVIDENCE, f"{text} without the approval that {exposure.environment} asks for")


def _standing(view: EnvironmentView, exposure: Exposure, world: "World") -> int:
    """The commit that a target returns to: showing it is no step forward."""
    if not view.way_back or not view.way_back.release:
        return 0
    release = world.book.release(view.way_back.release)
    artifact = release.site if exposure.target == "site" else release.images["backend"]
    return number_of(artifact.digest) if artifact else 0


def published(world: "World", process: "Process", name: str, digest: str) -> None:
    """Promise 2: nothing is published but the image of the release that the run carries."""
    view = world.book.environment(name.rpartition("-")[2])
    if view.lock is None or view.lock.holder != process.holder:
        return  # what a stopped process had sent arrives late; it makes a version that no pointer leads to
    if view.intent is None or view.intent.run != process.run:
        world.violate(BACK, f"run {process.run} published {name} before its way back was recorded")
    elif digest != world.book.release(view.intent.release).images["backend"].digest:
        world.violate(
            WHOLE, f"run {process.run} published commit {number_of(digest)} of {name}, not its release's image"
        )


def _moved_once(world: "World", exposure: Exposure, text: str) -> None:
    """Promise 3: rollback is one pointer write a target."""
    process = world.current
    if process is None or not world.book.run(exposure.run).plan:
        return
    plan = world.book.run(exposure.run).plan
    assert plan
    key = (exposure.run, exposure.environment, exposure.target)
    world.seen.moves[key] = world.seen.moves.get(key, 0) + 1
    if plan.carries and world.seen.moves[key] > 2:
        world.violate(BACK, f"{text}: a rollback wrote this target {world.seen.moves[key]} times")


def pointer_written(world: "World", process: "Process", environment: str) -> None:
    """Promise 4: two runs never interleave on one environment. Judged at every write of a pointer of it."""
    view = world.book.environment(environment)
    if view.lock is None:
        world.violate(ONCE, f"run {process.run} moved a pointer of {environment} without its lock")
    elif (view.lock.run, view.lock.holder) != (process.run, process.holder) and _has_begun(view):
        world.violate(ONCE, f"run {process.run} ({process.holder}) moved a pointer of {environment} under the lock of "
                      f"run {view.lock.run} ({view.lock.holder})")  # fmt: skip


def _has_begun(view: EnvironmentView) -> bool:
    """Whether whoever holds the lock got past its fence: until then a write of an earlier holder may still succeed."""
    assert view.lock
    return view.intent is not None and view.intent.run == view.lock.run and view.intent.at > view.lock.since


def journalled(world: "World", process: "Process", stream: str, kind: str) -> None:
    """What a record claims of an environment must be so at that very moment."""
    environment = stream.removeprefix("environment/")
    if kind == "went-live":
        view = world.book.environment(environment)
        for target, found, wanted in targets(world, environment, view.live):
            if found != wanted and not _edited_behind_the_look(world, process.run, environment, target, wanted):
                world.violate(
                    REPORT, f"{view.live} is said to be live in {environment}: {target} shows {found}, not {wanted}"
                )
    if kind == "rolled-back" and world.book.environment(environment).pinned is None:
        world.violate(BACK, f"a person rolled {environment} back, and nothing keeps automation away from it")
    if kind in {"put-back", "rolled-back"} and environment not in world.seen.edited:
        view = world.book.environment(environment)
        for target, found, wanted in targets(world, environment, view.live):
            if found != wanted:
                world.violate(REPORT, f"{kind} {environment} to {view.live}: {target} shows {found}, not {wanted}")


def _edited_behind_the_look(world: "World", run: str, environment: str, target: str, wanted: int) -> bool:
    """Whether a person moved a target after the run last saw it as it was to be: nobody can look and write at once."""
    looked, last = world.seen.looks.get((run, environment, target)), world.seen.last(environment, target)
    return last is not None and last.run == NOBODY and looked is not last and _number(looked) == wanted


def _number(exposure: Exposure | None) -> int | None:
    return exposure.number if exposure else None


def targets(world: "World", environment: str, release: str) -> list[tuple[str, int, int]]:
    """Each target with the commit that it shows and the one that a release has there."""
    manifest = world.book.release(release) if release else None
    image = number_of(manifest.images["backend"].digest) if manifest else 0
    site = number_of(manifest.site.digest) if manifest and manifest.site else 0
    functions = [(key, number_of(world.digest(environment, key)), image) for key in FUNCTIONS]
    return [*functions, ("site", number_of(world.app(environment)), site)]


def at_rest(world: "World") -> None:
    """Judge a world in which nobody works any more."""
    views = {name: world.book.environment(name) for name in world.pipeline.environments}
    for name, view in views.items():
        _settled(world, name, view)
        schema.at_rest(world, name)
    _in_order(world, views)
    for run in world.book.runs():
        _told(world, run)
    _once(world)


def _settled(world: "World", name: str, view: EnvironmentView) -> None:
    if view.lock is not None or view.intent is not None:
        world.violate(ONCE, f"{name} was left half-way: lock {view.lock}, intent {view.intent}")
    if name in world.seen.edited:
        return
    for target, found, wanted in targets(world, name, view.live):
        if found != wanted:
            world.violate(WHOLE, f"{name} is on {view.live or 'nothing'}: {target} shows commit {found}, not {wanted}")


def _in_order(world: "World", views: Mapping[str, EnvironmentView]) -> None:
    for name, environment in world.pipeline.environments.items():
        if environment.after and (ahead := views[name].reached - views[environment.after].reached):
            world.violate(WHOLE, f"{name} got {sorted(ahead)}, which {environment.after} never proved")


def _told(world: "World", run: RunView) -> None:
    if run.plan is None or not run.attempts:
        return
    if not run.phase.ended and run.phase is not Phase.WAITING:
        world.violate(ONCE, f"run {run.id} is {run.phase} and nobody walks it")
    for job in run.plan.jobs:
        view = run.jobs[job.name]
        if job.duty in GATES and view.phase is Phase.SUCCEEDED and not _has_evidence(view.outcome):
            world.violate(EVIDENCE, f"run {run.id}: {job.name} succeeded without evidence: {dict(view.outcome)}")
        if run.phase is Phase.SUCCEEDED and not view.phase.lets_pass:
            world.violate(REPORT, f"run {run.id} succeeded, and its job {job.name} {view.phase}")
    reached = {job.environment for job in run.plan.jobs if job.applies and job.environment}
    for name in reached if run.phase is Phase.SUCCEEDED and not run.plan.carries else ():
        if not world.book.environment(name).went_live_by(run.id):
            world.violate(REPORT, f"run {run.id} succeeded, and {name} never went live by it")


def _has_evidence(outcome: Mapping[str, object]) -> bool:
    measurements = outcome.get("measurements")
    return isinstance(measurements, list) and any(one["verdict"] == "Successful" for one in measurements)


def _once(world: "World") -> None:
    for (name, digest, configuration), numbers in world.seen.published.items():
        environment = name.rpartition("-")[2]
        # Who gets an environment back from another run begins anew there.
        if len(numbers) > 1 and environment not in world.seen.edited and _alone(world, environment):
            world.violate(ONCE, f"{name}: commit {number_of(digest)} ({configuration}) was published as {numbers}")
    makers = [release.run for release in world.book.releases()]
    if len(makers) != len(set(makers)):
        world.violate(ONCE, f"a run made two releases: {makers}")
    if world.scenario.seed % 8 == 0 and (damage := world.book.verify()):
        world.violate(ONCE, f"the ledger is damaged: {damage[0]}")


def _alone(world: "World", environment: str) -> bool:
    """Whether one run at most changed an environment since it began."""
    history = world.book.environment(environment).history
    return len({entry.run for entry in history if entry.kind == "intent"}) <= 1 + world.scenario.deployed


def pointer_of(body: bytes, who: str) -> str:
    """What the object of strategy `invalidation` says about TEST or APP."""
    return str(json.loads(body).get(who, ""))


def human_change(change: Callable[[], None]) -> None:
    """A human's change, which AWS may refuse while an update is under way."""
    try:
        change()
    except CloudError:
        return
