from collections.abc import Iterable
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.ledger.environment import AppliedSchema, EnvironmentView, Lock, Pin, Waiter, WayBack, Withdrawal
from tidegate.ledger.environment_view import apply
from tidegate.model.record import (
    Dequeued,
    Enqueued,
    EnvironmentRecord,
    IntentRecorded,
    LockAcquired,
    LockReleased,
    LockRenewed,
    Pinned,
    PointerMoved,
    PutBack,
    Reverified,
    RolledBack,
    SchemaMoved,
    Unpinned,
    WentLive,
)

NEW = EnvironmentView("prod")

RUNS = st.sampled_from("123")
RELEASES = st.sampled_from(["r1", "r2", "r3", "r4"])
TIMES = st.floats(0, 9)
RECORDS: st.SearchStrategy[EnvironmentRecord] = st.one_of(
    st.builds(LockAcquired, RUNS, RUNS, RUNS, TIMES, TIMES),
    st.builds(LockRenewed, RUNS, TIMES, TIMES),
    st.builds(LockReleased, RUNS, TIMES, st.sampled_from(["", "ada"])),
    st.builds(Enqueued, RUNS, RUNS, TIMES, TIMES, st.booleans()),
    st.builds(Dequeued, RUNS, RUNS, TIMES, st.sampled_from(["", "9"])),
    st.builds(IntentRecorded, RUNS, RELEASES, RUNS, TIMES),
    st.builds(PointerMoved, RUNS, RUNS, RUNS, RUNS, TIMES),
    st.builds(WentLive, RUNS, RELEASES, TIMES, st.none() | RUNS),
    st.builds(RolledBack, RELEASES, RUNS, RUNS, TIMES, RUNS, st.booleans()),
    st.builds(PutBack, RUNS, RUNS, TIMES),
    st.builds(Reverified, RUNS, RELEASES, st.just(("smoke tests",)), TIMES, st.sampled_from(["", "it broke"])),
    st.builds(SchemaMoved, RUNS, RELEASES, st.just("expand"), st.just(("1a",)), RUNS, st.just(()), TIMES),
    st.builds(Pinned, RUNS, RUNS, TIMES),
    st.builds(Unpinned, RUNS, RUNS, TIMES),
)


def fold(records: Iterable[EnvironmentRecord], view: EnvironmentView = NEW) -> EnvironmentView:
    return reduce(lambda known, record: apply(known, record, known.seq + 1), records, view)


def intend(run: str, release: str, at: float = 0.0, way_back: object = None) -> IntentRecorded:
    return IntentRecorded(run, release, way_back, at)


def live(run: str, release: str, at: float = 0.0) -> list[EnvironmentRecord]:
    return [
        intend(run, release, at, f"pointers before {release}"),
        WentLive(run, release, at, f"pointers of {release}"),
    ]


@given(records=st.lists(RECORDS, max_size=20), cut=st.integers(0, 20))
def test_folding_in_pieces_is_folding_at_once(records: list[EnvironmentRecord], cut: int) -> None:
    whole = fold(records)
    piece = fold(records[:cut])
    kept = fold(records[:cut])
    assert fold(records[cut:], piece) == whole
    assert piece == kept
    assert whole.seq == len(records)


@given(records=st.lists(RECORDS, max_size=20))
def test_a_view_is_sound(records: list[EnvironmentRecord]) -> None:
    view = fold(records)
    assert view.live not in view.previous
    assert len(set(view.previous)) == len(view.previous)
    assert {release for release in (view.live, *view.previous) if release} <= view.reached
    assert "" not in view.previous
    assert (view.since is None) == (view.live == "")
    assert len({waiter.run for waiter in view.queue}) == len(view.queue)
    assert not (view.lock and view.broken)
    assert view.intent is None or view.way_back is not None


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], ("", ())),
        ([*live("1", "r1")], ("r1", ())),
        ([*live("1", "r1"), *live("2", "r2"), *live("3", "r3")], ("r3", ("r2", "r1"))),
        ([*live("1", "r1"), *live("2", "r1")], ("r1", ())),
        ([*live("1", "r1"), *live("2", "r2"), *live("3", "r1")], ("r1", ("r2",))),
        ([*live("1", "r1"), intend("2", "r2")], ("r1", ())),
        ([*live("1", "r1"), intend("2", "r2"), PutBack("2", "", 0.0)], ("r1", ())),
        ([*live("1", "r1"), *live("2", "r2"), PutBack("2", "", 0.0)], ("r1", ())),
        ([*live("1", "r1"), PutBack("1", "", 0.0)], ("", ())),
        ([*live("1", "r1"), *live("2", "r2"), PutBack("9", "", 0.0)], ("r2", ("r1",))),
        ([*live("1", "r1"), intend("2", "r2"), PutBack("3", "", 0.0)], ("r1", ())),
        ([*live("1", "r1"), *live("2", "r2"), *live("3", "r3"), PutBack("3", "", 0.0)], ("r2", ("r1",))),
        ([*live("1", "r1"), *live("2", "r2"), *live("3", "r3"), RolledBack("r2", "a", "", 0.0)], ("r2", ("r1",))),
        ([*live("1", "r1"), *live("2", "r2"), *live("3", "r3"), RolledBack("r1", "a", "", 0.0)], ("r1", ())),
        (
            [*live("1", "r1"), *live("2", "r2"), RolledBack("r1", "a", "", 0.0), *live("3", "r3")],
            ("r3", ("r1",)),
        ),
        ([*live("1", "r1"), *live("2", "r2"), PutBack("2", "", 0.0), PutBack("2", "", 0.0)], ("r1", ())),
        ([*live("1", "r1"), *live("2", "r2"), RolledBack("r2", "a", "", 0.0)], ("r2", ("r1",))),
    ],
)
def test_what_is_live_and_what_was_before(records: list[EnvironmentRecord], expected: tuple[str, object]) -> None:
    view = fold(records)
    assert (view.live, view.previous) == expected


def test_the_way_back_is_there_before_anything_changes() -> None:
    view = fold([*live("1", "r1", 1.0), intend("2", "r2", 2.0, "pointers of r1, observed")])
    assert view.way_back == WayBack("2", "r1", "pointers of r1, observed")
    assert view.intent
    assert (view.intent.run, view.intent.release, view.intent.moved) == ("2", "r2", ())
    moved = fold([PointerMoved("2", "api live", "1", "2", 3.0)], view)
    assert moved.intent
    assert [(pointer.pointer, pointer.after) for pointer in moved.intent.moved] == [("api live", "2")]
    settled = fold([WentLive("2", "r2", 4.0)], moved)
    assert (settled.intent, settled.way_back) == (None, view.way_back)


@pytest.mark.parametrize("next_run", ["2", "3"])
def test_the_way_back_of_a_change_that_was_left_half_way_stands(next_run: str) -> None:
    half = fold([*live("1", "r1"), intend("2", "r2", 1.0, "whole"), PointerMoved("2", "api", 1, 2, 2.0)])
    view = fold([intend(next_run, "r3", 3.0, "half-way")], half)
    assert view.way_back == WayBack(next_run, "r1", "whole")
    assert view.intent
    assert [pointer.pointer for pointer in view.intent.moved] == ["api"]
    assert fold([PutBack(next_run, "", 4.0)], view).live == "r1"


def test_pointers_of_every_release_that_was_live_are_known() -> None:
    view = fold([*live("1", "r1"), *live("2", "r2"), WentLive("3", "r3", 1.0), intend("4", "r4", 2.0, "seen now")])
    assert view.pointers == {"r1": "pointers of r1", "r2": "pointers of r2", "r3": "seen now"}
    assert view.reached == {"r1", "r2", "r3"}


@pytest.mark.parametrize(
    "records",
    [
        [WentLive("2", "r2", 5.0)],
        [RolledBack("r1", "ada", "", 5.0)],
        [PutBack("2", "", 5.0)],
    ],
)
def test_a_change_is_settled_by_its_end(records: list[EnvironmentRecord]) -> None:
    assert fold([*live("1", "r1"), intend("2", "r2"), *records]).intent is None


def test_since_is_when_the_live_release_became_live() -> None:
    assert fold([*live("1", "r1", 1.0), *live("2", "r1", 2.0)]).since == 1.0
    assert fold([*live("1", "r1", 1.0), *live("2", "r2", 2.0), PutBack("2", "", 3.0)]).since == 3.0
    assert fold([*live("1", "r1", 1.0), PutBack("1", "", 3.0)]).since is None


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([RolledBack("r1", "ada", "slow", 5.0)], Pin("ada", "slow", 5.0)),
        ([RolledBack("r1", "ada", "slow", 5.0, pin=False)], None),
        ([Pinned("bob", "audit", 4.0), RolledBack("r1", "ada", "slow", 5.0, pin=False)], Pin("bob", "audit", 4.0)),
        ([Pinned("bob", "audit", 4.0), Unpinned("ada", "over", 5.0)], None),
        ([Pinned("bob", "audit", 4.0), PutBack("1", "", 5.0), *live("2", "r2")], Pin("bob", "audit", 4.0)),
    ],
)
def test_a_pin_stays_until_it_is_lifted(records: list[EnvironmentRecord], expected: Pin | None) -> None:
    assert fold([*live("1", "r1"), *records]).pinned == expected


def retested(run: str, release: str, failure: str = "", gates: tuple[str, ...] = ("smoke",)) -> Reverified:
    return Reverified(run, release, gates, 5.0, failure)


BAD = Withdrawal("it broke", 5.0, "8", gates=("smoke",))
BACK = Withdrawal("slow", 6.0, "", "ada")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([], {}, id="what went live is proven"),
        pytest.param([retested("8", "r2")], {}, id="and proven again"),
        pytest.param([retested("8", "r2", "it broke")], {"r2": BAD}, id="found bad"),
        pytest.param([retested("8", "r2", "it broke"), retested("9", "r2")], {}, id="found bad, then good"),
        pytest.param(
            [retested("8", "r2", "it broke", ("smoke", "e2e")), retested("9", "r2")],
            {"r2": Withdrawal("it broke", 5.0, "8", gates=("smoke", "e2e"))},
            id="found bad, then good by fewer tests",
        ),
        pytest.param(
            [retested("7", "r2", "it broke", ("smoke", "e2e")), retested("8", "r2", "it broke"), retested("9", "r2")],
            {"r2": Withdrawal("it broke", 5.0, "8", gates=("smoke", "e2e"))},
            id="a second failure asks for no less",
        ),
        pytest.param([retested("8", "r2", "it broke"), WentLive("9", "r2", 7.0)], {}, id="live anew"),
        pytest.param([retested("8", "r2", "it broke"), WentLive("9", "r3", 7.0)], {"r2": BAD}, id="another went live"),
        pytest.param([RolledBack("r1", "ada", "slow", 6.0)], {"r2": BACK}, id="rolled back from"),
        pytest.param(
            [RolledBack("r1", "ada", "slow", 6.0), retested("8", "r2")],
            {"r2": BACK},
            id="no test lifts a person's word",
        ),
        pytest.param(
            [RolledBack("r1", "ada", "slow", 6.0), RolledBack("r2", "ada", "fine after all", 7.0)],
            {},
            id="rolled back, and forward again",
        ),
        pytest.param(
            [retested("8", "r2", "it broke"), RolledBack("r1", "ada", "slow", 6.0), RolledBack("r2", "ada", "", 7.0)],
            {"r2": Withdrawal("slow", 6.0, "", "ada", ("smoke",))},
            id="found bad, rolled back from, and forward again: it still is to be tested",
        ),
        pytest.param(
            [retested("8", "r1", "it broke"), RolledBack("r1", "ada", "slow", 6.0)],
            {"r1": BAD, "r2": BACK},
            id="rolled back to what was found bad",
        ),
        pytest.param(
            [PutBack("2", "it broke", 5.0)], {"r2": Withdrawal("it broke", 5.0, "2")}, id="put back behind going live"
        ),
        pytest.param([intend("3", "r3"), PutBack("3", "it broke", 5.0)], {}, id="what never went live is put back"),
    ],
)
def test_what_no_longer_counts_as_proven(records: list[EnvironmentRecord], expected: dict[str, Withdrawal]) -> None:
    assert fold([*live("1", "r1"), *live("2", "r2"), *records]).withdrawn == expected


def test_a_way_back_that_a_person_does_not_ask_to_be_proven_says_so() -> None:
    view = fold([*live("1", "r1"), IntentRecorded("2", "r2", "pointers", 2.0, "no answer; ada lets it go on", "ada")])
    assert view.way_back == WayBack("2", "r1", "pointers", "no answer; ada lets it go on")
    assert (view.history[-1].by, view.history[-1].reason) == ("ada", "no answer; ada lets it go on")
    assert fold([WentLive("2", "r2", 3.0), intend("3", "r3")], view).way_back == WayBack("3", "r2", None)


def test_lock_and_queue() -> None:
    waiting = fold([Enqueued("1", "p1", 9.0, 1.0), Enqueued("2", "p2", 9.0, 2.0), Enqueued("1", "p3", 19.0, 3.0)])
    assert waiting.queue == (Waiter("1", "p3", 1.0, 19.0), Waiter("2", "p2", 2.0, 9.0))
    held = fold([LockAcquired("1", "p3", "deploy", 60.0, 4.0)], waiting)
    assert held.lock == Lock("1", "p3", "deploy", 4.0, 60.0, number=1)
    assert held.queue == (Waiter("2", "p2", 2.0, 9.0),)
    again = fold([LockRenewed("1", 70.0, 5.0), LockAcquired("1", "p3", "deploy", 80.0, 6.0)], held)
    assert again.lock == Lock("1", "p3", "deploy", 4.0, 80.0, number=1)
    resumed = fold([LockAcquired("1", "p9", "deploy", 80.0, 6.0, "1", "p3")], held)
    assert resumed.lock == Lock("1", "p9", "deploy", 6.0, 80.0, "1", "p3", number=1)
    free = fold([LockReleased("1", 7.0), Dequeued("2", "superseded", 8.0)], again)
    assert (free.lock, free.queue, free.broken) == (None, (), None)
    assert fold([LockReleased("1", 7.0, "ada", "stuck")], again).broken == again.lock
    anew = fold([LockAcquired("1", "p3", "deploy", 90.0, 9.0)], free)
    assert anew.lock == Lock("1", "p3", "deploy", 9.0, 90.0, number=2)
    taken = fold([LockAcquired("2", "p4", "deploy", 90.0, 9.0, "1", "p3")], again)
    assert taken.lock == Lock("2", "p4", "deploy", 9.0, 90.0, "1", "p3", number=2)


@pytest.mark.parametrize(
    ("later", "fenced"),
    [("host:2", False), ("other:1", True), ("github:acme/shop:7:2", True), ("jobs:host:2", True)],
)
def test_only_an_earlier_process_of_the_same_machine_is_known_to_be_dead(later: str, fenced: bool) -> None:
    first = {"github:acme/shop:7:2": "github:acme/shop:7:1", "jobs:host:2": "jobs:host:1"}.get(later, "host:1")
    records = [LockAcquired("1", first, "", 60.0, 1.0), LockAcquired("1", later, "", 60.0, 2.0, "1", first)]
    assert fold(records).unfenced == ((("1", first),) if fenced else ())


def test_history_tells_what_people_want_to_know() -> None:
    records: list[EnvironmentRecord] = [
        LockAcquired("1", "p", "", 9.0, 1.0),
        *live("1", "r1", 2.0),
        LockReleased("1", 3.0),
        LockAcquired("2", "q", "", 9.0, 4.0, "1", "p"),
        LockRenewed("2", 9.0, 4.0),
        Enqueued("3", "z", 9.0, 4.0),
        intend("2", "r2", 5.0),
        PutBack("2", "smoke failed", 6.0),
        LockReleased("2", 7.0, "ada", "stuck"),
        RolledBack("r1", "ada", "slow", 8.0),
        Unpinned("bob", "fixed", 9.0),
        retested("4", "r1"),
        retested("5", "r1", "smoke: it broke"),
    ]
    assert [
        (entry.at, entry.kind, entry.release, entry.run, entry.by, entry.reason) for entry in fold(records).history
    ] == [
        (2.0, "intent", "r1", "1", "", ""),
        (2.0, "went-live", "r1", "1", "", ""),
        (4.0, "lock-acquired", "r1", "2", "", "taken over from run 1 (p)"),
        (5.0, "intent", "r2", "2", "", ""),
        (6.0, "put-back", "r1", "2", "", "smoke failed"),
        (7.0, "lock-released", "r1", "2", "ada", "stuck"),
        (8.0, "rolled-back", "r1", "", "ada", "slow"),
        (9.0, "unpinned", "r1", "", "bob", "fixed"),
        (5.0, "re-verified", "r1", "4", "", "passed: smoke"),
        (5.0, "re-verified", "r1", "5", "", "failed, no longer eligible downstream: smoke: it broke"),
    ]


def test_the_schema_is_what_the_latest_migrations_left() -> None:
    moved = SchemaMoved("4", "r2", "expand", ("2b",), "2b", (), 7.0)
    view = fold([*live("1", "r1"), moved])
    assert view.schema == AppliedSchema("2b", (), "r2", 7.0)
    assert view.live == "r1"
    assert (view.history[-1].kind, view.history[-1].reason) == ("schema-moved", "expand: applied 2b")
    contracted = SchemaMoved("5", "r2", "contract", ("c1",), "2b", ("c1",), 9.0, by="ada", snapshot="s-1")
    view = fold([contracted], view)
    assert view.schema == AppliedSchema("2b", ("c1",), "r2", 9.0)
    assert (view.history[-1].by, view.history[-1].reason) == ("ada", "contract: applied c1")
    view = fold([SchemaMoved("6", "r2", "contract", (), "2b", (), 10.0, taken_back=("c1",), by="ada")], view)
    assert view.schema == AppliedSchema("2b", (), "r2", 10.0)
    assert view.history[-1].reason == "contract: took back c1"
