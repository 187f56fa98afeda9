"""The simulation can fail: it finds every bug that is planted, names a promise, and says how to see it again."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests.simulation.planted import PLANTS, Plant, plant
from tests.simulation.scenario import Scenario, scenario_of
from tests.simulation.simulate import shrink, simulate

SEEDS = 3000
"""How many seeds a planted bug may hide from, at most."""


def simulated(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.parametrize("bug", PLANTS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Plant) -> None:
    ended = simulated("--plant", bug.name, "--count", str(SEEDS), "--processes", "1")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert re.search(r"(?m)^(seed \d+|a hunt) broke a promise:$", ended.stdout), ended.stdout + ended.stderr
    assert bug.finds in ended.stdout
    replay = re.search(r"smaller: python -m tests.simulation --scenario (.*)", ended.stdout)
    assert replay, "a smaller scenario is offered"
    smaller = shlex.split(replay.group(1))[0]
    again = simulated("--plant", bug.name, "--scenario", smaller)
    assert again.returncode == 1, "the smaller scenario shows the same bug"
    assert "BROKEN" in again.stdout
    assert not simulate(Scenario.from_json(json.loads(smaller))).violations, "without the bug it is kept"


def test_what_is_planted_must_be_there() -> None:
    with pytest.raises(ValueError, match="imported already"):
        plant(PLANTS[0])


def test_shrinking_leaves_what_is_needed() -> None:
    scenario = scenario_of(3)
    assert shrink(scenario) == scenario, "nothing is broken, so nothing is taken away"
    assert Scenario.from_json(json.loads(json.dumps(scenario.as_json()))) == scenario
