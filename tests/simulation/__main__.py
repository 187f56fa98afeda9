"""`python -m tests.simulation`: run seeds, replay one, show what was covered."""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator

from tests.simulation.planted import PLANTS, plant

CHUNK = 50


def main() -> int:
    """Run what the command line asks for; 1 when a promise was broken."""
    asked = _arguments()
    if asked.plant:
        plant(next(bug for bug in PLANTS if bug.name == asked.plant))
    if asked.coverage:
        return _coverage()
    if asked.scenario:
        return _replayed(json.loads(asked.scenario))
    if asked.seed is not None:
        from tests.simulation.scenario import scenario_of  # noqa: PLC0415 - a bug is planted before imports

        return _replayed(scenario_of(asked.seed).as_json())
    if asked.plant and _hunted(asked.plant):
        return 1
    return _seeds(range(asked.first, asked.first + asked.count), asked.processes, stop=bool(asked.plant))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="How many seeds to run.")
    parser.add_argument("--first", type=int, default=0, help="The first of them.")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, help="Replay one seed.")
    parser.add_argument("--scenario", help="Replay a scenario, as a failing seed prints it.")
    parser.add_argument("--coverage", action="store_true", help="Every call site with every fault, as a table.")
    parser.add_argument("--plant", choices=[bug.name for bug in PLANTS], help="Break the product first.")
    return parser.parse_args()


def _hunted(name: str) -> bool:
    from tests.simulation.hunts import hunted  # noqa: PLC0415
    from tests.simulation.report import told_of  # noqa: PLC0415

    scenario = next(hunted(name), None)
    if scenario is not None:
        print(told_of("a hunt", scenario), flush=True)
    return scenario is not None


def _seeds(seeds: range, processes: int, *, stop: bool) -> int:
    from tests.simulation.report import told  # noqa: PLC0415

    began, done, calls, failed = time.monotonic(), 0, 0, 0
    for ran, made, broken in _results(_chunks(seeds), processes):
        done, calls = done + ran, calls + made
        for seed in broken:
            failed += 1
            print(told(seed), flush=True)
            if stop:
                return 1
        if done % 100_000 < CHUNK <= done:
            print(f"{done} seeds, {failed} broke a promise, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{done} seeds, {calls} calls, {failed} broke a promise, {time.monotonic() - began:.1f} s")
    return 1 if failed else 0


def _results(chunks: Iterable[range], processes: int) -> Iterator[tuple[int, int, list[int]]]:
    if processes == 1:
        yield from map(_chunk, chunks)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(_chunk, chunks)


def _chunks(seeds: range) -> Iterator[range]:
    for first in range(seeds.start, seeds.stop, CHUNK):
        yield range(first, min(first + CHUNK, seeds.stop))


def _chunk(seeds: range) -> tuple[int, int, list[int]]:
    from tests.simulation.scenario import scenario_of  # noqa: PLC0415
    from tests.simulation.simulate import simulate  # noqa: PLC0415

    calls, broken = 0, []
    for seed in seeds:
        outcome = simulate(scenario_of(seed))
        calls += outcome.calls
        if outcome.violations:
            broken.append(seed)
    return len(seeds), calls, broken


def _replayed(plain: dict[str, object]) -> int:
    from tests.simulation.report import story  # noqa: PLC0415
    from tests.simulation.scenario import Scenario  # noqa: PLC0415

    text, broken = story(Scenario.from_json(plain))
    print(text)
    return 1 if broken else 0


def _coverage() -> int:
    from tests.simulation.coverage import cover, table  # noqa: PLC0415

    covered = cover()
    print(table(covered))
    return 1 if covered.violations or covered.missing else 0


if __name__ == "__main__":
    sys.exit(main())
