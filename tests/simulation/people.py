"""What people do in a simulation: they push, roll back, approve, and take up again what died."""

import asyncio
from pathlib import Path
from typing import assert_never

from tests.simulation import promises
from tests.simulation.process import HOST, Process
from tests.simulation.product import FUNCTIONS, Commit, tree, tree_of
from tests.simulation.promise import ONCE
from tests.simulation.scenario import Act, Verb
from tests.simulation.world import World
from tidegate.changes.detect import detect
from tidegate.execute.workshop import Edition, Workshop
from tidegate.model.finding import Finding
from tidegate.model.job import Duty, Job, Phase, Plan
from tidegate.model.run import RunView
from tidegate.operations.kept import kept
from tidegate.operations.plan import behind_of
from tidegate.operations.rollback import _target
from tidegate.operations.run import _walk
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import scope_of

ROUNDS = 8
"""How often what died is taken up again before that counts as never coming to rest."""
CALM_AFTER = 3


async def play(world: World) -> None:
    """Do all acts, take up what died, and judge the world at rest."""
    world.push = lambda commit: _begin(world, commit)
    for act in world.scenario.acts:
        _do(world, act)
        if act.overlaps:
            await asyncio.sleep(world.rng.random() * 4.0)
        else:
            await _rest(world)
    await _rest(world)
    promises.at_rest(world)


def _do(world: World, act: Act) -> None:
    name = list(world.pipeline.environments)[act.environment]
    process = world.process()
    match act.verb:
        case Verb.PUSH:
            _begin(world, world.commit(backend=act.backend, site=act.site, flaws=act.flaws), process)
        case Verb.ROLLBACK:
            process.start(_rollback(process, name))
        case Verb.UNPIN:
            process.start(_unpin(process, name))
        case Verb.CONFIGURE:
            changed = f"changed-{world.rng.randrange(99)}"
            for key in FUNCTIONS:
                function = f"{key}-{name}"
                promises.human_change(lambda function=function: world.cloud.functions.configure(function, changed))  # type: ignore[misc]
            process.done = True
        case Verb.APPROVE | Verb.REJECT:
            process.start(_decide(process, name, approved=act.verb is Verb.APPROVE))
        case _:
            assert_never(act.verb)


def _begin(world: World, commit: Commit, process: Process | None = None) -> None:
    process = process or world.process()
    process.start(_push(process, commit))


async def _push(process: Process, commit: Commit) -> None:
    world, ledger = process.world, process.ledger
    last = ledger.last_release()
    base = world.commits[last.commit].number if last else 0
    touched = {path for number in range(base + 1, commit.number + 1) for path in world.by_number[number].files}
    patterns = {name: component.patterns for name, component in world.pipeline.components.items()}
    changes = detect(last.commit if last else None, commit.id, sorted(touched), patterns, ())
    scope = scope_of(world.pipeline, changes, last)
    behind = {name: Behind() for name in world.pipeline.environments}
    if scope.release:
        behind = await behind_of(process.cloud, world.pipeline, world.addresses(), last, ledger)
    plan = plan_run(world.pipeline, commit.id, last.commit if last else None, scope, last, behind)
    run = ledger.open_run(commit.id, "main", plan.base, "push")
    process.run = run.id
    world.about[run.id] = commit.id
    ledger.record_plan(run.id, plan)
    if plan.empty:
        ledger.run_ended(run.id, Phase.SATISFIED, plan.reason)
        return
    await _carry(process, run.id)


async def _rollback(process: Process, environment: str) -> None:
    ledger = process.ledger
    target = _target(ledger.environment(environment), None)
    release = ledger.release(target)
    job = Job(f"rollback-{environment}", Duty.ROLLBACK, environment=environment, reason="it was slow")
    run = ledger.open_run(release.commit, "", None, f"rollback {environment}")
    process.run = run.id
    process.world.about[run.id] = release.commit
    ledger.record_plan(run.id, Plan(release.commit, None, (job,), carries=target))
    await _carry(process, run.id)


async def _unpin(process: Process, environment: str) -> None:
    process.ledger.unpin(environment, "ann")


async def _decide(process: Process, environment: str, *, approved: bool) -> None:
    """Decide about the newest run that ever asked, or about the newest of all: in time, too early or too late."""
    runs = process.ledger.runs()
    run = next((one for one in runs if environment in one.approvals), runs[0] if runs else None)
    if run is not None and not process.world.lives(run.id):
        process.ledger.decide_approval(run.id, environment, "ann", "it looks good", approved=approved)
        process.run = run.id
        await _carry(process, run.id, unless_ended=True)


async def _carry(process: Process, run: str, *, unless_ended: bool = False) -> None:
    """As `tidegate resume` does, and the end of `tidegate run`."""
    world, ledger = process.world, process.ledger
    view = ledger.run(run)
    assert view.plan
    shop = Workshop(
        run=run,
        pipeline=world.pipeline,
        plan=view.plan,
        source=_files(world, view.commit),
        machine=process.machine,
        cloud=process.cloud,
        ledger=ledger,
        addresses=world.addresses(),
        holder=process.holder,
        alive=world.lives,
        examine=_sound,
        clock=world.clock,
        pause=process.pause,
        alarm=process.alarm,
        jitter=world.rng.random,
        past=lambda commit: Edition(world.pipeline, _files(world, commit)),
        databases=process.databases,
    )
    view = ledger.run_started(run, process.pid, HOST, unless_ended=unless_ended)
    if not view.phase.ended:
        await _walk(shop, kept(ledger, view, world.pipeline))


def _files(world: World, commit: str) -> Path:
    return tree_of(commit) if world.scenario.database else tree()


async def _sound(_: str) -> tuple[Finding, ...]:
    """Nothing is wrong with settings and infrastructure: what the doctor finds is tried elsewhere."""
    return ()


async def _rest(world: World) -> None:
    """Wait until nobody works, and take up again what died half-way."""
    for number in range(ROUNDS):
        while tasks := [one.task for one in world.processes if one.task is not None and not one.task.done()]:
            await asyncio.wait(tasks)
        dead = _half_way(world)
        if dead is None:
            return
        if number >= CALM_AFTER:
            world.faults.clear()
        process = world.process()
        process.run = dead.id
        process.start(_carry(process, dead.id))
    world.violate(ONCE, f"after {ROUNDS} resumes there is still something half-way")


def _half_way(world: World) -> RunView | None:
    """The oldest run that says it is under way, or holds an environment, and that nobody walks."""
    holders = {view.lock.run for view in map(world.book.environment, world.pipeline.environments) if view.lock}
    for run in reversed(world.book.runs()):
        if run.plan is None or world.lives(run.id):
            continue
        if run.id in holders or (run.attempts and run.phase is Phase.RUNNING):
            return run
    return None
