"""When contract migrations may be applied, and what they close."""

from functools import reduce

import pytest

from tidegate.ledger.contracting import Contracting, contracting, needed_again
from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.environment_view import apply
from tidegate.model.record import EnvironmentRecord, IntentRecorded, PutBack, RolledBack, SchemaMoved, WentLive
from tidegate.model.release import Release, SchemaRevision

DAY = 86400.0
CONTRACTS = {"r1": None, "r2": (), "r3": ("c1",), "r4": ("c1",), "r5": ("c1", "c2")}


def release(name: str) -> Release:
    contract = CONTRACTS[name]
    schema = None if contract is None else SchemaRevision("c", "m", "e", "1a", contract)
    return Release(name, "c", "1", 0.0, schema=schema)


def live(name: str, at: float) -> list[EnvironmentRecord]:
    return [IntentRecorded(name[1:], name, {}, at), WentLive(name[1:], name, at, {})]


def fold(*records: EnvironmentRecord) -> EnvironmentView:
    return reduce(lambda view, record: apply(view, record, view.seq + 1), records, EnvironmentView("prod"))


APPLIED = SchemaMoved("9", "r3", "contract", ("c1",), "1a", ("c1",), 50.0, by="ada")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([], Contracting(), id="nothing is live"),
        pytest.param(live("r1", 10), Contracting(), id="no database"),
        pytest.param(live("r2", 10), Contracting(), id="nothing to contract"),
        pytest.param(live("r3", 10), Contracting(("c1",)), id="nothing was live before it"),
        pytest.param(
            [*live("r2", 10), *live("r3", 20)],
            Contracting(("c1",), 20 + DAY, "r2"),
            id="the release before needs what would go, and was live until the change",
        ),
        pytest.param(
            [*live("r1", 10), *live("r3", 20)],
            Contracting(("c1",), 20 + DAY, "r1"),
            id="one from before the database is taken to need it",
        ),
        pytest.param(
            [*live("r2", 10), *live("r3", 20), *live("r4", 90)],
            Contracting(("c1",), 20 + DAY, "r2"),
            id="a later release that has it too begins no new wait",
        ),
        pytest.param(
            [*live("r2", 10), *live("r3", 20), *live("r5", 90)],
            Contracting(("c1", "c2"), 90 + DAY, "r3"),
            id="all that is pending waits for the last that may go",
        ),
        pytest.param([*live("r2", 10), *live("r3", 20), APPLIED], Contracting(), id="it is applied"),
        pytest.param(
            [*live("r2", 10), *live("r3", 20), APPLIED, *live("r5", 90)],
            Contracting(("c2",), 90 + DAY, "r3"),
            id="one is applied and the next waits",
        ),
        pytest.param(
            [*live("r2", 10), *live("r3", 20), RolledBack("r2", "ada", "", 30), *live("r4", 40)],
            Contracting(("c1",), 40 + DAY, "r2"),
            id="it came back in between",
        ),
        pytest.param(
            [*live("r2", 10), *live("r3", 20), IntentRecorded("5", "r5", {}, 80), PutBack("5", "failed", 90)],
            Contracting(("c1",), 20 + DAY, "r2"),
            id="a run that was put back changes nothing",
        ),
    ],
)
def test_when_contract_is_allowed(records: list[EnvironmentRecord], expected: Contracting) -> None:
    assert contracting(fold(*records), release, DAY) == expected


@pytest.mark.parametrize(("now", "waits"), [(19.0, True), (20 + DAY - 1, True), (20 + DAY, False)])
def test_it_waits_until_the_window_is_over(now: float, *, waits: bool) -> None:
    assert contracting(fold(*live("r2", 10), *live("r3", 20)), release, DAY).waits(now) is waits
    assert not contracting(fold(*live("r3", 10)), release, DAY).waits(0.0)


@pytest.mark.parametrize(
    ("to", "refused"),
    [("r1", "c1"), ("r2", "c1"), ("r3", ""), ("r4", ""), ("r5", "")],
)
def test_no_return_to_code_from_before_a_contract_that_is_applied(to: str, refused: str) -> None:
    view = fold(*live("r2", 10), *live("r3", 20), APPLIED)
    failure = needed_again(view, release(to))
    assert bool(failure) is bool(refused)
    if failure:
        assert failure.what == f"{to} cannot come back to prod: its code needs what contract migration c1 took away"
        assert "a migration that adds it again" in failure.what_next
    assert needed_again(fold(*live("r2", 10)), release(to)) is None
