"""What people are told of a scenario: how it went, what it broke, and how to see it again."""

import json
import shlex

from tests.simulation.scenario import Scenario, scenario_of
from tests.simulation.simulate import played, shrink, simulate
from tests.simulation.world import World


def told(seed: int) -> str:
    """What a failing seed broke, with the commands that replay it, whole and made smaller."""
    broken = told_of(f"seed {seed}", scenario_of(seed))
    return f"{broken}\n  replay: python -m tests.simulation --seed {seed}"


def told_of(name: str, scenario: Scenario) -> str:
    """What a scenario broke, with the command that replays a smaller one."""
    smaller = shlex.quote(json.dumps(shrink(scenario).as_json()))
    lines = [f"{name} broke a promise:"]
    lines += [f"  {promise}: {what}" for promise, what in simulate(scenario).violations]
    return "\n".join([*lines, f"  smaller: python -m tests.simulation --scenario {smaller}"])


def story(scenario: Scenario) -> tuple[str, bool]:
    """How a scenario went, for people, and whether it broke a promise."""
    world = played(scenario)
    lines = [json.dumps(scenario.as_json())]
    for planned in scenario.faults:
        at = world.census[planned.call - 1] if world.census and planned.call <= len(world.census) else "never"
        lines.append(f"call {planned.call}: {planned.fault} at {at[0] if isinstance(at, tuple) else at}")
    lines += [line for run in reversed(world.book.runs()) for line in _run(world, run.id)]
    for name in world.pipeline.environments:
        lines += [
            f"{name}: {entry.at:.2f} {entry.kind} {entry.release} run {entry.run} {entry.reason}"
            for entry in world.book.environment(name).history
        ]
    lines += [f"BROKEN {promise}: {what}" for promise, what in world.seen.violations] or ["every promise was kept"]
    return "\n".join(lines), bool(world.seen.violations)


def _run(world: World, number: str) -> list[str]:
    run = world.book.run(number)
    ended = [job for job in run.jobs.values() if not job.phase.lets_pass]
    return [
        f"run {run.id} of {run.commit}: {run.phase}: {run.reason}",
        *(f"  {job.name} {job.phase}: {job.detail}" for job in ended),
        *(f"  note: {note.text}" for note in run.notes),
    ]
