import pytest

from tests.database.migrations.test_history import CONTRACT, EXPAND, revision
from tidegate.database.migrations.history import History
from tidegate.database.migrations.planning import applied, pending, undoing
from tidegate.database.migrations.refusals import Ahead, Blocked, NotLossless
from tidegate.database.migrations.revision import MigrationPhase, Revision

HISTORY = History.of(
    [
        revision("a"),
        revision("e1", "a", labels=("expand",)),
        revision("e2", "e1"),
        revision("c1", "a", labels=("contract",), needs=("e1",)),
        revision("c2", "c1", needs=("e2",)),
    ]
)


@pytest.mark.parametrize(
    ("heads", "phase", "steps"),
    [
        ((), EXPAND, ["a", "e1", "e2"]),
        (("a",), EXPAND, ["e1", "e2"]),
        (("e1",), EXPAND, ["e2"]),
        (("e2",), EXPAND, []),
        (("e2",), CONTRACT, ["c1", "c2"]),
        (("e2", "c1"), CONTRACT, ["c2"]),
        (("c1",), EXPAND, ["e2"]),
        (("c2",), EXPAND, []),
        (("e2", "c2"), CONTRACT, []),
    ],
)
def test_what_a_database_lacks(heads: tuple[str, ...], phase: MigrationPhase, steps: list[str]) -> None:
    found = pending(HISTORY, heads, phase)
    assert [one.id for one in found] == steps
    assert pending(HISTORY, (*heads, *(one.id for one in found)), phase) == ()


def test_a_contract_waits_for_the_expand_that_it_completes() -> None:
    with pytest.raises(Blocked, match="contract revision c2 needs expand revision e2, which is not applied"):
        pending(HISTORY, ("e1",), CONTRACT)


def test_an_expand_behind_a_contract_waits_for_it() -> None:
    history = History.of([revision("a"), revision("c", labels=("contract",)), revision("b", "a", needs=("c",))])
    with pytest.raises(Blocked, match="--phase contract"):
        pending(history, ("a",), EXPAND)


def test_a_database_that_is_ahead_of_the_code_is_told() -> None:
    with pytest.raises(Ahead, match="it has revision ffff, which no file here declares"):
        pending(HISTORY, ("e1", "ffff"), EXPAND)


def test_heads_stand_for_all_below_them() -> None:
    assert applied(HISTORY, ("c1",)) == {"a", "e1", "c1"}


def lossless(name: str, *down: str, labels: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> Revision:
    return Revision(name, down, needs, labels, f"versions/{name}.py", 3, lossless=True)


def test_one_step_down_is_the_last_revision_that_nothing_stands_on() -> None:
    history = History.of([lossless("a"), lossless("e", "a"), lossless("c", labels=("contract",), needs=("e",))])
    assert undoing(history, ("c",)).id == "c"
    assert undoing(history, ("e",)).id == "e"
    with pytest.raises(Blocked, match="nothing to undo"):
        undoing(history, ())


def test_a_way_down_that_loses_something_is_not_taken() -> None:
    with pytest.raises(NotLossless, match="revision e2 does not declare") as refused:
        undoing(HISTORY, ("e2",))
    assert refused.value.where == "versions/e2.py:3"
