from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tidegate.errors import LedgerError, Locked
from tidegate.ledger import locks
from tidegate.ledger.environment import EnvironmentView, Lock, Waiter, WayBack
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.record import Enqueued, LockAcquired, LockReleased, LockRenewed

FREE = EnvironmentView("prod")
HELD = EnvironmentView("prod", lock=Lock("1", "p1", "deploy r1", 100.0, 160.0))


def waiting(*waiters: tuple[str, float], lock: Lock | None = None) -> EnvironmentView:
    queue = tuple(Waiter(run, f"p{run}", 90.0, lease) for run, lease in waiters)
    return EnvironmentView("prod", lock=lock, queue=queue)


@pytest.mark.parametrize(
    ("view", "run", "holder", "now", "taken"),
    [
        (FREE, "1", "p1", 100.0, ("", "")),
        (HELD, "1", "p1", 120.0, ("", "")),
        (HELD, "1", "p1", 900.0, ("", "")),
        (HELD, "1", "resumed", 120.0, ("1", "p1")),
        (HELD, "2", "p2", 160.0, ("1", "p1")),
        (HELD, "2", "p2", 900.0, ("1", "p1")),
        (waiting(("1", 200.0), ("2", 200.0)), "1", "p1", 120.0, ("", "")),
        (waiting(("1", 110.0), ("2", 200.0)), "2", "p2", 120.0, ("", "")),
        (waiting(("1", 110.0), ("2", 110.0)), "3", "p3", 120.0, ("", "")),
        (waiting(("1", 110.0), ("2", 110.0)), "2", "p2", 120.0, ("", "")),
        (waiting(("2", 200.0), lock=HELD.lock), "1", "p1", 120.0, ("", "")),
        (waiting(("2", 200.0), lock=HELD.lock), "2", "p2", 161.0, ("1", "p1")),
        (EnvironmentView("prod", broken=HELD.lock), "2", "p2", 120.0, ("1", "p1")),
        (EnvironmentView("prod", lock=Lock("2", "p2", "", 1.0, 2.0, "1", "p1")), "2", "p2", 3.0, ("1", "p1")),
        (EnvironmentView("prod", lock=Lock("2", "p2", "", 1.0, 2.0, "1", "p1")), "2", "again", 3.0, ("2", "p2")),
    ],
)
def test_who_gets_the_lock(view: EnvironmentView, run: str, holder: str, now: float, taken: tuple[str, str]) -> None:
    record = locks.acquire(view, run, holder, "deploy", 60.0, now)
    assert record == LockAcquired(run, holder, "deploy", now + 60.0, now, *taken)


@pytest.mark.parametrize(
    ("view", "run", "now", "message"),
    [
        (HELD, "2", 159.9, "prod is held by run 1 (p1) since 1970-01-01 00:01:40 UTC: deploy r1"),
        (HELD, "2", 0.0, "prod is held by run 1 (p1)"),
        (waiting(("1", 200.0)), "2", 120.0, "run 1 (p1) waits for prod since 1970-01-01 00:01:30 UTC, before run 2"),
        (waiting(("1", 200.0), ("2", 200.0)), "2", 120.0, "run 1 (p1) waits"),
        (waiting(("1", 110.0), ("2", 200.0)), "3", 120.0, "run 2 (p2) waits"),
        (waiting(("3", 200.0), lock=HELD.lock), "2", 161.0, "run 3 (p3) waits"),
    ],
)
def test_who_does_not(view: EnvironmentView, run: str, now: float, message: str) -> None:
    with pytest.raises(Locked) as refused:
        locks.acquire(view, run, "p", "deploy", 60.0, now)
    assert message in refused.value.what
    assert refused.value.where == "prod"
    assert refused.value.what_next


def test_a_holder_may_renew_late_unless_somebody_took_over() -> None:
    assert locks.renew(HELD, "1", "p1", 60.0, 900.0) == LockRenewed("1", 960.0, 900.0)
    for view, run, holder in ((HELD, "1", "other"), (HELD, "2", "p1"), (FREE, "1", "p1")):
        with pytest.raises(Locked):
            locks.renew(view, run, holder, 60.0, 120.0)


def test_releasing() -> None:
    assert locks.release(HELD, "1", None, 5.0) == LockReleased("1", 5.0)
    assert locks.release(HELD, "1", "p1", 5.0) == LockReleased("1", 5.0)
    assert locks.release(FREE, "1", "p1", 5.0) is None
    for run, holder in (("2", None), ("1", "other")):
        with pytest.raises(Locked, match="held by run 1"):
            locks.release(HELD, run, holder, 5.0)


@pytest.mark.parametrize(
    ("view", "run", "holder", "expected"),
    [
        (FREE, "1", "p1", Enqueued("1", "p1", 160.0, 100.0)),
        (HELD, "2", "p2", Enqueued("2", "p2", 160.0, 100.0)),
        (HELD, "1", "p1", None),
        (waiting(("1", 159.0)), "1", "p1", None),
        (waiting(("1", 130.0)), "1", "p1", Enqueued("1", "p1", 160.0, 100.0)),
        (waiting(("1", 159.0)), "1", "resumed", Enqueued("1", "resumed", 160.0, 100.0)),
    ],
)
def test_waiting(view: EnvironmentView, run: str, holder: str, expected: Enqueued | None) -> None:
    assert locks.enqueue(view, run, holder, 60.0, 100.0) == expected


@pytest.mark.parametrize("at", [1e18, -1e18, 1e300])
def test_a_clock_that_jumped_off_the_calendar_still_gives_a_message(at: float) -> None:
    view = EnvironmentView("prod", lock=Lock("1", "p", "", at, 1e301))
    with pytest.raises(Locked, match=" s"):
        locks.acquire(view, "2", "q", "", 60.0, 0.0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryStore(), Clock())


def test_first_come_first_served(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    assert [ledger.enqueue("prod", run, f"p{run}", 60) for run in "234"] == [0, 1, 2]
    assert ledger.enqueue("prod", "3", "p3", 60) == 1
    ledger.release_lock("prod", "1")
    for run in "34":
        with pytest.raises(Locked, match="run 2"):
            ledger.acquire("prod", run, f"p{run}", "", 60)
    assert ledger.dequeue("prod", "2", "superseded by run 5")
    assert not ledger.dequeue("prod", "2", "superseded by run 5")
    ledger.acquire("prod", "3", "p3", "", 60)
    assert [waiter.run for waiter in ledger.environment("prod").queue] == ["4"]


def test_waiting_does_not_fill_the_ledger(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    for _ in range(50):
        ledger.enqueue("prod", "2", "p2", 60)
    assert ledger.environment("prod").seq == 2


def test_whoever_acquires_after_a_person_broke_the_lock_must_fence(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    broken = ledger.break_lock("prod", "ada", "stuck")
    assert broken
    assert broken.run == "1"
    assert ledger.break_lock("prod", "ada", "again") is None
    with pytest.raises(Locked, match="was broken"):
        ledger.went_live("prod", "1", "r1")
    lock = ledger.acquire("prod", "2", "p2", "", 60)
    assert (lock.taken_run, lock.taken_holder, lock.must_fence) == ("1", "p1", True)
    ledger.release_lock("prod", "2")
    assert not ledger.acquire("prod", "3", "p3", "", 60).must_fence


def test_a_holder_back_from_the_dead_is_told_by_its_process(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "old", "", 60)
    assert ledger.acquire("prod", "1", "new", "", 60).must_fence
    refused: list[Callable[[], object]] = [
        lambda: ledger.record_intent("prod", "1", "r1", None, holder="old"),
        lambda: ledger.release_lock("prod", "1", holder="old"),
        lambda: ledger.renew("prod", "1", "old", 60),
    ]
    for call in refused:
        with pytest.raises(Locked, match=r"run 1 \(new\)"):
            call()
    assert ledger.record_intent("prod", "1", "r1", None, holder="new").intent


def test_a_pointer_is_not_moved_without_an_intent(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    with pytest.raises(LedgerError, match="without a recorded intent"):
        ledger.record_pointer("prod", "1", "api live", 1, 2)


def test_a_resumed_run_repeats_without_a_second_record(ledger: Ledger) -> None:
    ledger.acquire("prod", "1", "p1", "", 60)
    assert ledger.put_back("prod", "1", "nothing was begun").seq == 1
    first = ledger.record_intent("prod", "1", "r1", {"api": "0"})
    again = ledger.record_intent("prod", "1", "r1", {"api": "observed half-way"})
    assert again == first
    assert again.way_back == WayBack("1", "", {"api": "0"})
    gone = ledger.went_live("prod", "1", "r1")
    assert ledger.went_live("prod", "1", "r1") == gone
    back = ledger.put_back("prod", "1", "failed after promotion")
    assert (back.live, ledger.put_back("prod", "1", "once more")) == ("", back)
    ledger.release_lock("prod", "1")
    ledger.release_lock("prod", "1")
    assert ledger.environment("prod").seq == 5


class Contenders(RuleBasedStateMachine):
    """Three runs, two processes each, over ledgers that remember different heads, and a clock that jumps both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        store = MemoryStore()
        self.ledgers = {holder: Ledger(store, self.clock) for holder in ("a", "b")}
        self.outsider = Ledger(store, self.clock)

    runs = st.sampled_from("123")
    holders = st.sampled_from("ab")

    @rule(run=runs, holder=holders, lease=st.sampled_from([0.0, 5.0, 50.0]))
    def acquire(self, run: str, holder: str, lease: float) -> None:
        before = self.outsider.environment("prod")
        try:
            lock = self.ledgers[holder].acquire("prod", run, holder, "", lease)
        except Locked:
            assert before.lock or before.queue
            return
        if before.lock and before.lock.run != run:
            assert self.clock.now >= before.lock.lease_until
        if before.lock and (before.lock.run, before.lock.holder) != (run, holder):
            assert lock.must_fence
        if not (before.lock and before.lock.run == run):
            alive = [waiter.run for waiter in before.queue if waiter.run == run or self.clock.now < waiter.lease_until]
            assert alive[:1] in ([], [run])

    @rule(run=runs, holder=holders)
    def release(self, run: str, holder: str) -> None:
        before = self.outsider.environment("prod").lock
        try:
            self.ledgers[holder].release_lock("prod", run, holder)
        except Locked:
            assert before
            assert (before.run, before.holder) != (run, holder)
        else:
            assert self.outsider.environment("prod").lock is None

    @rule(run=runs, holder=holders)
    def write(self, run: str, holder: str) -> None:
        before = self.outsider.environment("prod")
        try:
            self.ledgers[holder].record_intent("prod", run, f"r{run}", None, holder)
            self.ledgers[holder].went_live("prod", run, f"r{run}", holder=holder)
        except Locked:
            assert before.lock is None or (before.lock.run, before.lock.holder) != (run, holder)
            assert self.outsider.environment("prod") == before
        else:
            assert before.lock
            assert (before.lock.run, before.lock.holder) == (run, holder)
            assert self.outsider.environment("prod").live == f"r{run}"

    @rule(run=runs, holder=holders, lease=st.sampled_from([0.0, 5.0]))
    def wait(self, run: str, holder: str, lease: float) -> None:
        before = [waiter.run for waiter in self.outsider.environment("prod").queue]
        self.ledgers[holder].enqueue("prod", run, holder, lease)
        assert [waiter.run for waiter in self.outsider.environment("prod").queue][: len(before)] == before

    @rule(seconds=st.floats(-20, 60))
    def jump(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def all_agree_and_all_is_intact(self) -> None:
        views = [ledger.environment("prod") for ledger in (*self.ledgers.values(), self.outsider)]
        assert views[0] == views[1] == views[2]
        assert self.outsider.verify() == []


Contenders.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestContenders = Contenders.TestCase
