"""Every call site meets every fault that can befall it, and the whole pipeline is killed at every record it writes."""

from dataclasses import replace

import pytest

from tests.simulation.coverage import cover, table
from tests.simulation.faults import Fault, Kind, Planned
from tests.simulation.scenario import Scenario
from tests.simulation.simulate import simulate


def test_every_fault_befalls_every_call_site() -> None:
    covered = cover()
    print(table(covered))
    assert covered.missing == []
    assert covered.violations == []
    assert len(covered.sites) > 70
    assert {fault for _, fault in covered.cells} == set(Fault)


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(Scenario(1, environments=3), id="three"),
        pytest.param(Scenario(17, 2, database=True), id="database"),
    ],
)
def test_the_whole_pipeline_is_killed_at_every_record_that_it_writes(whole: Scenario) -> None:
    records = [
        number for number, (_, kind) in enumerate(simulate(whole, census=True).census, start=1) if kind is Kind.LEDGER
    ]
    assert len(records) > 100
    broken, resumed = {}, 0
    for number in records:
        for fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER):
            outcome = simulate(replace(whole, faults=(Planned(number, fault),)))
            resumed += outcome.calls > number
            if outcome.violations:
                broken[number, fault] = outcome.violations
    assert broken == {}
    # Nothing is there to take up before the first record of a run, and behind its last.
    assert resumed > 2 * len(records) - 12
