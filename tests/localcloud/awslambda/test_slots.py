"""Which workers are started, shared and ended: bounds, with processes that only pretend."""

import asyncio
from typing import Any, cast

import pytest

from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.slots import MOST_WORKERS_OF_VERSION, Slot, Slots
from tidegate.localcloud.awslambda.worker import InitFailed, Worker

ONE = Slot("f", "1", "sha256:a", 0.0)
TWO = Slot("f", "2", "sha256:b", 0.0)


class Pretender:
    """What Slots sees of a worker."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.alive = True
        self.used_at = 0.0

    async def stop(self) -> None:
        self.alive = False


class Pool:
    """Slots over pretenders, with a clock that moves by hand."""

    def __init__(self, most: int = 40) -> None:
        self.now = 0.0
        self.made: list[Pretender] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.starting = 0
        self.most_starting = 0
        self.slots = Slots(self.make, lambda: self.now, most=most, idle_seconds=60.0)

    async def make(self, slot: Slot) -> Worker:
        self.starting += 1
        self.most_starting = max(self.most_starting, self.starting)
        try:
            await asyncio.sleep(0)
            await self.gate.wait()
            if self.failure is not None:
                raise self.failure
        finally:
            self.starting -= 1
        self.made.append(Pretender(slot))
        return cast("Worker", self.made[-1])

    async def acquire(self, slot: Slot = ONE) -> Any:
        return await self.slots.acquire(slot)

    async def settled(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_an_idle_worker_is_used_again() -> None:
    pool = Pool()
    first = await pool.acquire()
    pool.slots.release(ONE, first)
    assert await pool.acquire() is first
    assert await pool.acquire() is not first
    assert await pool.acquire(TWO) not in pool.made[:2]
    assert pool.slots.size == 3


async def test_a_version_has_a_bound_and_those_beyond_it_wait() -> None:
    pool = Pool()
    asked = [asyncio.create_task(pool.acquire()) for _ in range(MOST_WORKERS_OF_VERSION + 5)]
    while len(pool.made) < MOST_WORKERS_OF_VERSION:
        await pool.settled()
    await pool.settled()
    served = [task for task in asked if task.done()]
    assert (len(served), pool.slots.size) == (MOST_WORKERS_OF_VERSION, MOST_WORKERS_OF_VERSION)
    assert pool.most_starting == 2
    for _ in range(5):
        worker = served.pop().result()
        pool.slots.release(ONE, worker)
    await asyncio.gather(*asked)
    assert len(pool.made) == MOST_WORKERS_OF_VERSION
    await pool.slots.stop()


async def test_the_bound_on_all_ends_who_idled_longest() -> None:
    pool = Pool(most=2)
    first, second = await pool.acquire(), await pool.acquire(TWO)
    for now, slot, worker in ((1.0, TWO, second), (2.0, ONE, first)):
        pool.now = now
        pool.slots.release(slot, worker)
    third = await pool.acquire(Slot("g", "1", "sha256:c", 0.0))
    await pool.settled()
    assert (first.alive, second.alive, third.alive) == (True, False, True)
    assert pool.slots.size == 2


async def test_when_all_are_busy_a_release_makes_room_for_another_version() -> None:
    pool = Pool(most=1)
    first = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire(TWO))
    await pool.settled()
    assert not waiting.done()
    pool.slots.release(ONE, first)
    assert (await waiting).slot == TWO
    assert not first.alive


async def test_an_idle_worker_ends_after_a_while() -> None:
    pool = Pool()
    worker = await pool.acquire()
    pool.slots.release(ONE, worker)
    pool.now = 59.0
    pool.slots.reap()
    assert pool.slots.size == 1
    pool.now = 60.0
    pool.slots.reap()
    await pool.settled()
    assert (pool.slots.size, worker.alive) == (0, False)


async def test_workers_of_what_is_gone_are_ended_and_busy_ones_are_left() -> None:
    pool = Pool()
    idle, busy = await pool.acquire(), await pool.acquire()
    pool.slots.release(ONE, idle)
    pool.slots.retire(lambda slot: slot != ONE)
    await pool.settled()
    assert (idle.alive, busy.alive) == (False, True)


async def test_a_dead_worker_is_replaced() -> None:
    pool = Pool()
    worker = await pool.acquire()
    pool.slots.release(ONE, worker)
    worker.alive = False
    assert await pool.acquire() is not worker
    assert pool.slots.size == 1


async def test_a_failed_start_fails_one_caller_each() -> None:
    pool = Pool()
    pool.failure = InitFailed(b"{}")
    results = await asyncio.gather(*(pool.acquire() for _ in range(4)), return_exceptions=True)
    assert all(isinstance(result, InitFailed) for result in results)
    pool.failure = None
    assert (await pool.acquire()).alive


async def test_a_caller_that_gives_up_leaves_its_worker_to_the_next() -> None:
    pool = Pool()
    pool.gate.clear()
    gone = asyncio.create_task(pool.acquire())
    await pool.settled()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    pool.gate.set()
    await pool.settled()
    assert await pool.acquire() is pool.made[0]


async def test_stopping_ends_all_and_refuses_the_next() -> None:
    pool = Pool()
    busy, idle = await pool.acquire(), await pool.acquire()
    pool.slots.release(ONE, idle)
    pool.gate.clear()
    waiting = asyncio.create_task(pool.acquire(TWO))
    await pool.settled()
    await pool.slots.stop()
    assert (busy.alive, idle.alive) == (False, False)
    assert (await asyncio.gather(waiting, return_exceptions=True))[0].__class__ is asyncio.CancelledError
    with pytest.raises(LambdaError):
        await pool.acquire()
