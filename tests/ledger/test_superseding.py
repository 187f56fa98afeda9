from dataclasses import replace

import pytest

from tidegate.errors import Locked, Superseded
from tidegate.ledger import locks, superseding
from tidegate.ledger.environment import EnvironmentView, Intent, Lock, Waiter
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.record import Dequeued, Enqueued
from tidegate.model.release import Artifact, Release

NOW = 100.0


def prod(*waiters: str, lock: str = "", intent: str = "") -> EnvironmentView:
    return EnvironmentView(
        "prod",
        queue=tuple(Waiter(run, f"p{run}", 90.0, 0.0) for run in waiters),
        lock=Lock(lock, f"p{lock}", "", 1.0, 200.0) if lock else None,
        intent=Intent(intent, "r1", 1.0) if intent else None,
    )


@pytest.mark.parametrize(
    ("view", "run", "older"),
    [
        pytest.param(prod(), "5", (), id="nobody waits"),
        pytest.param(prod("3", "4"), "5", ("3", "4"), id="all that wait"),
        pytest.param(prod("3", "5"), "5", ("3",), id="not itself"),
        pytest.param(prod("3", "6"), "5", ("3",), id="not newer ones"),
        pytest.param(prod("9"), "10", ("9",), id="numbers, not text"),
        pytest.param(prod("4", lock="3", intent="3"), "5", ("4",), id="not the holder"),
        pytest.param(prod("3", "4", intent="3"), "5", ("4",), id="not one that was taken from in the middle"),
        pytest.param(prod("3", lock="3"), "5", (), id="not one that holds it again"),
    ],
)
def test_who_gives_way(view: EnvironmentView, run: str, older: tuple[str, ...]) -> None:
    assert superseding.older(view, run) == older


def test_one_that_does_not_give_way_keeps_its_place(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    ledger.enqueue("prod", "2", "p2", 60, gives_way=False)
    ledger.enqueue("prod", "3", "p3", 60)
    ledger.enqueue("prod", "2", "resumed", 60, gives_way=False)
    assert ledger.supersede_older("prod", "4") == ("3",)
    assert [waiter.run for waiter in ledger.environment("prod").queue] == ["2"]


def test_giving_way_is_recorded_once() -> None:
    assert superseding.supersede(prod("3"), "3", "5", NOW) == Dequeued("3", "superseded by run 5 in prod", NOW, "5")
    assert superseding.supersede(replace(prod(), superseded={"3": "5"}), "3", "6", NOW) is None


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (prod(), Enqueued("4", "me", 0.0, NOW)),
        (prod("3"), Enqueued("4", "me", 0.0, NOW)),
        (prod("4"), None),
        (prod(lock="4"), None),
    ],
)
def test_a_place_for_one_that_waits_for_an_approval(view: EnvironmentView, expected: Enqueued | None) -> None:
    assert superseding.await_approval(view, "4", "me", NOW) == expected


def test_a_superseded_run_gets_neither_lock_nor_place() -> None:
    view = replace(prod(), superseded={"3": "5"})
    for refused in (
        lambda: locks.acquire(view, "3", "p3", "", 60.0, NOW),
        lambda: locks.enqueue(view, "3", "p3", 60.0, NOW),
        lambda: superseding.await_approval(view, "3", "p3", NOW),
    ):
        with pytest.raises(Superseded, match="superseded by run 5 in prod") as raised:
            refused()
        assert (raised.value.by, raised.value.exit_code) == ("5", 130)
    assert locks.acquire(view, "5", "p5", "", 60.0, NOW).run == "5"


def release(run: str, digest: str) -> Release:
    return Release(f"r{run}", "c", run, 0.0, {"api": Artifact("api", digest, "c", "api")})


@pytest.mark.parametrize(
    ("live", "carried", "backwards"),
    [
        (release("4", "b"), release("3", "a"), True),
        (release("10", "b"), release("9", "a"), True),
        (release("3", "a"), release("4", "b"), False),
        (release("3", "a"), release("3", "a"), False),
        (release("4", "a"), release("3", "a"), False),
    ],
)
def test_what_is_backwards(live: Release, carried: Release, *, backwards: bool) -> None:
    assert superseding.goes_backwards(live, carried) is backwards


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryStore(), lambda: NOW)


def test_one_that_waits_for_an_approval_holds_nobody_up(ledger: Ledger) -> None:
    ledger.await_approval("prod", "1", "p1")
    ledger.await_approval("prod", "1", "p1")
    assert ledger.environment("prod").seq == 1
    ledger.acquire("prod", "2", "p2", "", 60)
    with pytest.raises(Locked, match="held by run 2"):
        ledger.acquire("prod", "1", "p1", "", 60)
    ledger.release_lock("prod", "2")
    ledger.acquire("prod", "1", "p1", "", 60)
    assert ledger.environment("prod").queue == ()


def test_all_older_ones_give_way_at_once_and_no_others(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    for run in "2345":
        ledger.enqueue("prod", run, f"p{run}", 60)
    assert ledger.supersede_older("prod", "4") == ("2", "3")
    assert ledger.supersede_older("prod", "4") == ("2", "3")
    view = ledger.environment("prod")
    assert [waiter.run for waiter in view.queue] == ["4", "5"]
    assert (view.superseded, view.lock and view.lock.run) == ({"2": "4", "3": "4"}, "1")
    assert ledger.supersede_older("prod", "5") == ("4",)


def test_a_condition_is_judged_in_the_very_moment_of_the_lock(ledger: Ledger) -> None:
    def refuse(view: EnvironmentView) -> None:
        raise Superseded("1", "2", view.name)

    with pytest.raises(Superseded):
        ledger.acquire("prod", "1", "p1", "", 60, refuse)
    assert ledger.environment("prod").seq == 0
