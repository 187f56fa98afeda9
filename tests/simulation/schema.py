"""The schema in the simulation: what commits need of it, what hurts those before them, and what must not happen."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.simulation.faults import Fault
from tests.simulation.product import Commit, Flaw, number_of
from tests.simulation.promise import BACK, ONCE, UNTESTED
from tests.simulation.seen import NOBODY, PLACEHOLDER
from tidegate.execute.rehearsal import NOTE, SCRATCH
from tidegate.model.database import DATABASE_VARIABLE

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

OWN = "own"
"""What functions find under their variable: the environment's own database."""
DROPPED = ""
"""What they find where a scratch database is gone."""


def migrations(world: "World", number: int) -> tuple[str, ...]:
    """The migrations that a commit's code needs: its own and those of all before it."""
    known = (world.by_number[one] for one in range(1, number + 1) if one in world.by_number)
    return tuple(commit.migration for commit in known if commit.schema)


def hurts(world: "World", migration: str, number: int) -> bool:
    """Whether code of a commit cannot live with a migration: in some worlds each second one takes something away."""
    made_by = int(migration.removeprefix("m"))
    return world.scenario.seed % 3 == 1 and made_by % 2 == 0 and number < made_by


def behind(world: "World", name: str, commit: Commit, qualifier: str) -> Commit:
    """The commit as it answers: it dies where the database that its version finds is not one that it can work with."""
    if not world.scenario.database or not name.startswith("api") or not commit.number:
        return commit
    function = world.state.functions.functions.function(name, world.loop.now)
    alias = function.aliases.get(qualifier)
    version = function.versions[alias.version if alias else qualifier]
    database = version.configuration.environment.get(DATABASE_VARIABLE, DROPPED)
    server = world.state.databases.server(name.rpartition("-")[2])
    applied = server.applied if database == OWN else server.scratch.get(database, [])
    fits = set(migrations(world, commit.number)) <= set(applied)
    if fits and not any(hurts(world, one, commit.number) for one in applied):
        return commit
    return replace(commit, flaws=commit.flaws | {Flaw.CRASH})


def is_rehearsal(version: Any) -> bool:
    """Whether a version finds a scratch database."""
    return str(version.configuration.environment.get(DATABASE_VARIABLE, DROPPED)).startswith(SCRATCH)


def exposed(world: "World", environment: str, target: str, run: str) -> None:
    """Promise 1: what a run shows users finds the environment's own database, with all that it needs."""
    if not world.scenario.database or target != "api" or run in {PLACEHOLDER, NOBODY}:
        return
    version = world.version(environment, target)
    if is_rehearsal(version):
        world.violate(UNTESTED, f"run {run}: users of {environment} reach a version that uses a scratch database")
    needs = migrations(world, number_of(version.code.digest))
    if missing := [one for one in needs if one not in world.state.databases.server(environment).applied]:
        world.violate(UNTESTED, f"run {run}: the API of {environment} is live before {missing} is applied")


def expanded(world: "World", process: "Process", environment: str, migration: str) -> None:
    """Promise 3: no migration is applied that what is live, and was proven, cannot live with."""
    number = number_of(world.digest(environment, "api"))
    view = world.book.environment(environment)
    if view.lock is None or view.lock.holder != process.holder or environment in world.seen.edited:
        return  # a stopped process's, which arrives late, or a person put something else there
    if number and hurts(world, migration, number):
        world.violate(
            BACK, f"run {process.run} applied {migration} to {environment}: commit {number} cannot live there"
        )


def at_rest(world: "World", environment: str) -> None:
    """Nothing is left of a rehearsal, whatever was killed; what a stopped process had sent may arrive behind all."""
    faults = {planned.fault for planned in world.scenario.faults}
    if not world.scenario.database or Fault.ZOMBIE in faults:
        return
    if left := tuple(world.state.databases.server(environment).scratch):
        world.violate(ONCE, f"a rehearsal left {left} in {environment}")
    function = world.state.functions.functions.function(f"api-{environment}", world.loop.now)
    if is_rehearsal(function.latest):
        world.violate(ONCE, f"$LATEST of {function.name} uses the scratch database of a rehearsal")
    kept = [one.number for one in function.versions.values() if one.configuration.description.startswith(NOTE)]
    if kept and Fault.STALE not in faults:
        world.violate(ONCE, f"a rehearsal left versions {kept} of {function.name}")
