"""Runners that share nothing but a bucket: one holds an environment at any time, whatever their clocks say."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.folder_bucket import FolderBucket
from tidegate.errors import Locked
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.s3 import S3Store

RUNNERS = 50
HOUR = 3600.0
LEASE = 600.0


def runner(folder: Path, clock: Callable[[], float]) -> Ledger:
    """A ledger with a store of its own over the one bucket, as a process on another machine has it."""
    return Ledger(S3Store(FolderBucket(folder)), clock, defers=True)


def test_of_many_runners_one_holds_an_environment_at_any_time_and_all_are_served(tmp_path: Path) -> None:
    runner(tmp_path, lambda: 0.0)  # begins the ledger
    holding, ready, released = threading.Lock(), threading.Barrier(RUNNERS), threading.Condition()
    served: list[str] = []
    done: list[str] = []

    def passed(seen: int) -> bool:
        return len(done) > seen

    def race(number: int) -> None:
        run, holder = str(number + 1), f"machine-{number}:1"
        ledger = runner(tmp_path, lambda: 0.0)
        ready.wait()
        while True:
            seen = len(done)
            try:
                ledger.acquire("dev", run, holder, "race", LEASE)
            except Locked:
                ledger.enqueue("dev", run, holder, LEASE, gives_way=False)
                with released:
                    assert released.wait_for(partial(passed, seen), timeout=120), "nobody lets go any more"
                continue
            assert holding.acquire(blocking=False), f"{holder} got what another one holds"
            ledger.check_held("dev", run, holder)
            served.append(run)
            holding.release()
            ledger.release_lock("dev", run, holder)
            with released:
                done.append(run)
                released.notify_all()
            return

    with ThreadPoolExecutor(RUNNERS) as pool:
        for raced in [pool.submit(race, number) for number in range(RUNNERS)]:
            raced.result()
    assert sorted(served, key=int) == [str(number + 1) for number in range(RUNNERS)]
    view = runner(tmp_path, lambda: 0.0).environment("dev")
    assert (view.lock, view.queue, view.unfenced) == (None, (), ())


class Runner:
    """One process of a run, whose clock is off by some seconds."""

    def __init__(self, folder: Path, run: str, holder: str, now: Callable[[], float], off: float) -> None:
        self.run, self.holder = run, holder
        self.ledger = runner(folder, lambda: now() + off)

    def acquires(self) -> bool:
        try:
            self.ledger.acquire("dev", self.run, self.holder, "deploy", LEASE)
        except Locked:
            return False
        return True

    def writes(self) -> bool:
        """Whether what is only allowed under the lock is taken in, by every way there is to ask."""
        try:
            self.ledger.check_held("dev", self.run, self.holder)
            self.ledger.record_intent("dev", self.run, f"r{self.run}", {}, self.holder)
            self.ledger.record_pointer("dev", self.run, "live", "1", "2", self.holder)
            self.ledger.renew("dev", self.run, self.holder, LEASE)
        except Locked:
            return False
        return True


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_a_lease_that_is_judged_early_is_taken_over_and_the_old_holder_writes_no_more(
    tmp_path: Path, off: float
) -> None:
    """Whose clock is ahead sees leases end an hour early, whose is behind lets others see its own end early."""
    time = [10 * HOUR]
    right = Runner(tmp_path, "1", "github:acme/shop:1:1", lambda: time[0], 0.0)
    wrong = Runner(tmp_path, "2", "github:acme/shop:2:1", lambda: time[0], off)
    first, second = (right, wrong) if off > 0 else (wrong, right)
    assert first.acquires()
    assert first.writes()
    assert second.acquires()
    view = second.ledger.environment("dev")
    assert view.unfenced == (("1" if off > 0 else "2", first.holder),)
    assert not first.writes()
    assert second.writes()
    assert first.ledger.environment("dev").unfenced, "until it is recorded, whoever holds it must fence"
    second.ledger.fenced("dev", second.run, second.holder)
    assert not first.ledger.environment("dev").unfenced


ACTIONS = st.tuples(st.integers(0, 2), st.sampled_from(["acquires", "writes"]), st.floats(0.0, LEASE))


@settings(max_examples=30, deadline=None)
@given(offs=st.tuples(*[st.floats(-HOUR, HOUR)] * 3), actions=st.lists(ACTIONS, max_size=25))
def test_never_do_two_writers_both_succeed(
    offs: tuple[float, float, float], actions: list[tuple[int, str, float]]
) -> None:
    """Two attempts of one run, and another run: who acquired last is the only one who may write, and must fence."""
    time = [10 * HOUR]
    with TemporaryDirectory() as folder:
        names = [("1", "github:acme/shop:7:1"), ("1", "github:acme/shop:7:2"), ("2", "laptop:31")]
        runners = [
            Runner(Path(folder), run, holder, lambda: time[0], off)
            for (run, holder), off in zip(names, offs, strict=True)
        ]
        holds: Runner | None = None
        for number, action, seconds in actions:
            time[0] += seconds
            one = runners[number]
            if action == "writes":
                assert one.writes() is (one is holds)
            elif one.acquires():
                if holds is not None and holds is not one:
                    unfenced = one.ledger.environment("dev").unfenced
                    assert (holds.run, holds.holder) in unfenced
                holds = one
