"""Random seeds: whatever goes wrong, the five promises are kept and the reports are true."""

from dataclasses import replace

import pytest

from tests.simulation.report import told, told_of
from tests.simulation.scenario import scenario_of
from tests.simulation.simulate import simulate

SEEDS = 2000
DEFERRED = 250
CHUNK = 250


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_the_promises_are_kept(first: int) -> None:
    broken = [seed for seed in range(first, first + CHUNK) if simulate(scenario_of(seed)).violations]
    assert not broken, "\n".join(told(seed) for seed in broken[:3])


@pytest.mark.parametrize("first", range(SEEDS, SEEDS + DEFERRED, CHUNK))
def test_the_promises_are_kept_by_a_ledger_that_defers(first: int) -> None:
    scenarios = [replace(scenario_of(seed), defers=True) for seed in range(first, first + CHUNK)]
    broken = [scenario for scenario in scenarios if simulate(scenario).violations]
    assert not broken, "\n".join(told_of(f"seed {scenario.seed}, deferred", scenario) for scenario in broken[:3])


def test_a_scenario_goes_equally_each_time() -> None:
    for seed in range(40):
        first, second = (simulate(scenario_of(seed), census=True) for _ in range(2))
        assert first == second, seed
