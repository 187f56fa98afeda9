"""Run scenarios: one, many, or a failing one made smaller."""

import asyncio
import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests.simulation.faults import Fault, Kind
from tests.simulation.people import play
from tests.simulation.scenario import Act, Scenario, Verb, scenario_of
from tests.simulation.virtual_loop import VirtualLoop
from tests.simulation.world import Saved, World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        violations: Promise and what broke it.
        calls: How many calls were made.
        census: The call site of each call, where that was asked for.
        covered: (call site, fault) that were met.
    """

    violations: tuple[tuple[str, str], ...]
    calls: int
    census: tuple[tuple[str, Kind], ...] = ()
    covered: frozenset[tuple[str, Fault]] = frozenset()


def simulate(scenario: Scenario, *, census: bool = False) -> Outcome:
    """Let a scenario happen, and judge it."""
    world = _play(scenario, _base(scenario) if scenario.deployed else None, census=census)
    return Outcome(tuple(world.seen.violations), world.calls, tuple(world.census or ()), frozenset(world.covered))


def played(scenario: Scenario) -> World:
    """The world behind a scenario, with its census, to look into."""
    return _play(scenario, _base(scenario) if scenario.deployed else None, census=True)


def shrink(scenario: Scenario) -> Scenario:
    """The smallest scenario that still breaks a promise: without faults and acts that it does not need."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(scenario):
            if simulate(candidate).violations:
                scenario, smaller = candidate, True
                break
    return scenario


def _smaller(scenario: Scenario) -> list[Scenario]:
    without_fault = [
        replace(scenario, faults=scenario.faults[:at] + scenario.faults[at + 1 :]) for at in range(len(scenario.faults))
    ]
    without_act = [
        replace(scenario, acts=scenario.acts[:at] + scenario.acts[at + 1 :]) for at in range(len(scenario.acts))
    ]
    one_environment = [replace(scenario, environments=1)] if scenario.environments > 1 else []
    fits = [one for one in one_environment if all(act.environment == 0 for act in one.acts)]
    sound = [
        replace(scenario, acts=(*scenario.acts[:at], replace(act, flaws=frozenset()), *scenario.acts[at + 1 :]))
        for at, act in enumerate(scenario.acts)
        if act.flaws
    ]
    return [*without_fault, *(one for one in without_act if one.acts), *fits, *sound]


def _play(scenario: Scenario, saved: Saved | None, *, census: bool = False) -> World:
    loop = VirtualLoop()  # type: ignore[abstract] # only sockets, signals and the like are missing
    with _uncollected():
        try:
            world = World(scenario, loop, saved)
            world.census = [] if census else None
            loop.run_until_complete(play(world))
            return world
        finally:
            _drop(loop)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: in the middle of a scenario it finds little, and looks at much."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _drop(loop: VirtualLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.close()


def _base(scenario: Scenario) -> Saved:
    return _deployed(scenario.environments, scenario.order, scenario.strategy, scenario.approval, scenario.database)


@functools.cache
def _deployed(environments: int, order: object, strategy: object, approval: bool, database: bool) -> Saved:
    acts = (Act(Verb.PUSH), *((Act(Verb.APPROVE, environments - 1),) if approval else ()))
    scenario = replace(
        scenario_of(0),
        environments=environments,
        order=order,  # type: ignore[arg-type] # fields by name
        strategy=strategy,  # type: ignore[arg-type]
        approval=approval,
        database=database,
        deployed=False,
        acts=acts,
        faults=(),
    )
    world = _play(scenario, None)
    live = [world.book.environment(name).live for name in world.pipeline.environments]
    if not all(live):
        why = [run.reason for run in world.book.runs()]
        world.violate("the first release goes live", f"it did not: {why}")
    return world.saved()
