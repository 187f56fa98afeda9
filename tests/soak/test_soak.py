"""A short soak; `make soak` is the long one."""

from pathlib import Path

import pytest

from tests.faults.proxy import Fault
from tests.soak.shop import ENVIRONMENTS
from tests.soak.soak import Figures, soak

pytestmark = pytest.mark.pipeline

DEPLOYMENTS = 6
SEED = 1


def test_deployments_over_an_unreliable_wire_leave_nothing_wrong(tmp_path: Path) -> None:
    figures = Figures()
    soak(tmp_path, DEPLOYMENTS, SEED, print, figures)
    assert sum(figures.ended.values()) == DEPLOYMENTS
    assert figures.ended["live"] >= 1
    assert figures.ended["stopped"] >= 1
    assert figures.kills >= 1
    assert sum(figures.faults.values()) > 0
    assert set(figures.faults) == {fault.value for fault in Fault}
    assert set(figures.asked) == {f"{name} {place}" for name in ENVIRONMENTS for place in ("live", "APP")}
    assert all(count > DEPLOYMENTS for count in figures.asked.values())
