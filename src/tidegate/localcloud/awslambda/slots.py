"""Which workers there are: a pool for each version, under one bound on processes."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.worker import Worker

IDLE_SECONDS = 60.0
MOST_WORKERS = 40
MOST_WORKERS_OF_VERSION = 10
# More processes that start side by side only slow each other down on a laptop.
MOST_STARTING_OF_VERSION = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """What workers are interchangeable: one function's version, as of one change."""

    function: str
    version: str
    digest: str
    modified: float


Make = Callable[[Slot], Awaitable[Worker]]


@dataclass(slots=True)
class _Pool:
    idle: list[Worker] = field(default_factory=list)
    waiting: list[asyncio.Future[Worker]] = field(default_factory=list)
    busy: set[Worker] = field(default_factory=set)
    starting: int = 0

    @property
    def size(self) -> int:
        return len(self.idle) + len(self.busy) + self.starting

    @property
    def unneeded(self) -> bool:
        return self.size == 0 and not self.waiting


class Slots:
    """Hands out idle workers, starts further ones as needed, and ends those that nobody used for a while.

    Args:
        make: Starts a worker; raises InitFailed.
        clock: Monotonic seconds.
    """

    def __init__(
        self, make: Make, clock: Callable[[], float], most: int = MOST_WORKERS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._make = make
        self._clock = clock
        self._most = most
        self._idle_seconds = idle_seconds
        self._pools: dict[Slot, _Pool] = {}
        self._starts: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._stopped = False

    @property
    def size(self) -> int:
        """How many processes there are."""
        return sum(pool.size for pool in self._pools.values())

    async def acquire(self, slot: Slot) -> Worker:
        """An initialized worker, for the caller alone until `release`.

        Raises:
            InitFailed: When the handler cannot be loaded.
            LambdaError: When the cloud is stopping.
        """
        if self._stopped:
            raise LambdaError("ServiceException", 500, "The embedded cloud is stopping.", "Service")
        pool = self._pools.setdefault(slot, _Pool())
        while pool.idle:
            worker = pool.idle.pop()
            if worker.alive:
                pool.busy.add(worker)
                return worker
            self._discard(worker)
        waiter: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        pool.waiting.append(waiter)
        self._grow()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter in pool.waiting:
                pool.waiting.remove(waiter)
            elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.release(slot, waiter.result())
            raise

    def release(self, slot: Slot, worker: Worker) -> None:
        """Give a worker back; one whose process is gone is forgotten."""
        pool = self._pools[slot]
        pool.busy.discard(worker)
        worker.used_at = self._clock()
        if worker.alive and not self._stopped:
            self._offer(pool, worker)
        else:
            self._discard(worker)
        self._grow()

    def retire(self, keep: Callable[[Slot], bool]) -> None:
        """End idle workers whose slot `keep` refuses: their version was deleted, or `$LATEST` moved on."""
        for slot, pool in self._pools.items():
            if not keep(slot):
                self._end_idle(pool, lambda _: True)

    def reap(self) -> None:
        """End workers that were idle too long, and forget empty pools."""
        oldest = self._clock() - self._idle_seconds
        for slot, pool in list(self._pools.items()):
            self._end_idle(pool, lambda worker: worker.used_at <= oldest)
            if pool.unneeded:
                del self._pools[slot]

    async def stop(self) -> None:
        """End every worker; those who wait for one are cancelled."""
        self._stopped = True
        workers = [worker for pool in self._pools.values() for worker in (*pool.idle, *pool.busy)]
        for pool in self._pools.values():
            for waiter in pool.waiting:
                waiter.cancel()
            pool.waiting.clear()
            pool.idle.clear()
        for task in self._starts:
            task.cancel()
        await asyncio.gather(*(worker.stop() for worker in workers), *self._starts, return_exceptions=True)
        await asyncio.gather(*self._ends, return_exceptions=True)

    def _grow(self) -> None:
        """Start workers for those who wait, as far as the bounds allow."""
        if self._stopped:
            return
        for slot, pool in self._pools.items():
            wanted = len([waiter for waiter in pool.waiting if not waiter.done()])
            while (
                pool.starting < min(wanted, MOST_STARTING_OF_VERSION)
                and pool.size < MOST_WORKERS_OF_VERSION
                and self._has_room()
            ):
                pool.starting += 1
                _keep(self._starts, self._start(slot, pool))

    def _has_room(self) -> bool:
        if self.size < self._most:
            return True
        idle = [(worker.used_at, pool, worker) for pool in self._pools.values() for worker in pool.idle]
        if not idle:
            return False
        _, pool, worker = min(idle, key=lambda entry: entry[0])
        pool.idle.remove(worker)
        self._discard(worker)
        return True

    async def _start(self, slot: Slot, pool: _Pool) -> None:
        try:
            worker = await self._make(slot)
        except Exception as failure:  # noqa: BLE001 - whatever hinders a start is the answer of who waits for it
            self._fail_one(pool, failure)
        else:
            worker.used_at = self._clock()
            if self._stopped:
                await worker.stop()
            else:
                self._offer(pool, worker)
        finally:
            pool.starting -= 1
            self._grow()

    def _offer(self, pool: _Pool, worker: Worker) -> None:
        while pool.waiting:
            waiter = pool.waiting.pop(0)
            if not waiter.done():
                pool.busy.add(worker)
                waiter.set_result(worker)
                return
        pool.idle.append(worker)

    @staticmethod
    def _fail_one(pool: _Pool, failure: Exception) -> None:
        while pool.waiting:
            waiter = pool.waiting.pop(0)
            if not waiter.done():
                waiter.set_exception(failure)
                return

    def _end_idle(self, pool: _Pool, doomed: Callable[[Worker], bool]) -> None:
        for worker in [one for one in pool.idle if doomed(one)]:
            pool.idle.remove(worker)
            self._discard(worker)

    def _discard(self, worker: Worker) -> None:
        _keep(self._ends, worker.stop())


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    """Run `work` as a task that is referred to until it ends."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
