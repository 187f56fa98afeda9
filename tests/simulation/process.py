"""A simulated process of Tidegate: its way to cloud and ledger, which can fail, freeze and end at any call."""

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from tests.memory_cloud import MemoryCloud
from tests.memory_databases import MemoryDatabases
from tests.memory_wire import Wire
from tests.simulation.faults import Fault, Killed, Kind
from tests.simulation.machine import SimulatedMachine
from tidegate.cloud.patience import Patience
from tidegate.cloud.patient import patient
from tidegate.errors import CloudError, Failure, LedgerError, Throttled, Unreachable
from tidegate.execute.lock import LEASE_SECONDS
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.store import StoredRecord

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")
HOST = "simulated"
SLOW_SECONDS = 90.0
STANDSTILL_SECONDS = LEASE_SECONDS * 3
_PRODUCT = "/tidegate/"
_BETWEEN = ("/cloud/patience.py", "/cloud/patient.py", "/targets/together.py", "/ledger/")
_KIND = re.compile(rb'"kind":"([a-z-]+)"')


class Process:
    """One process: it walks a run, or asks for one thing.

    Attributes:
        run: The run that it walks; empty for none.
        task: Everything that it does; ends with it.
        ended: What it told its caller, when that was a failure.
    """

    def __init__(self, world: "World", pid: int) -> None:
        self.world = world
        self.pid = pid
        self.holder = f"{HOST}:{pid}"
        self.run = ""
        self.dead = False
        self.done = False
        self.ended: Failure | None = None
        self.thaws = 0.0
        self.stood_still = 0.0
        self.task: asyncio.Task[None] | None = None
        wire = SimulatedWire(self)
        ports = MemoryCloud(world.state, wire).ports
        self.cloud = patient(ports, Patience(self.pause, world.rng.random))
        self.machine = SimulatedMachine(self)
        self.databases = (
            MemoryDatabases(wire, world.state.databases, world.history) if world.scenario.database else None
        )
        self.ledger = Ledger(SimulatedStore(self), world.clock, world.recall, defers=world.scenario.defers)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin what the process is for."""
        self.task = asyncio.get_running_loop().create_task(self._main(work))
        return self.task

    async def call(self, kind: Kind, line: str, effect: Callable[[], T]) -> T:
        """Every call of cloud and machine goes through here."""
        world = self.world
        fault = world.fault_at(self, kind, line)
        pause = world.latency()
        if pause:
            await asyncio.sleep(pause)
        if fault is not None:
            await self._before(fault, line)
        cancelled = await self._frozen() if self.thaws else None
        if self.dead:
            raise Killed
        world.current = self
        answer = effect() if fault is not Fault.STALE else world.stale(line, effect)
        if kind is Kind.READ:
            world.was_read(self, line, answer, stale=fault is Fault.STALE)
        elif kind is Kind.WRITE:
            world.happened(self, line)
        if fault is Fault.LOST:
            raise Unreachable(f"no answer to {line}")
        if fault is Fault.KILL_AFTER:
            self.kill()
        if cancelled is not None:
            raise cancelled  # the request was on its way; what is to end behind it ends behind it
        if self.dead or self.thaws:
            await self._go_on()
        return answer

    def journal(self, stream: str, bodies: Sequence[bytes], append: Callable[[], int]) -> int:
        """Every append to the ledger goes through here; it is known by the last of its records."""
        if self.dead:
            raise Killed
        fault = self.world.fault_at(self, Kind.LEDGER, stream, bodies[-1])
        if fault is Fault.REFUSED:
            raise LedgerError("the disk is full", where="ledger")
        if fault is Fault.KILL_BEFORE:
            self.kill()
        if fault is not None:
            self._meanwhile(fault, "")
        length = append()
        for body in bodies:
            self.world.journalled(self, stream, body)
        if fault is Fault.LOST:
            raise LedgerError("the disk failed behind the write", where="ledger")
        if fault is Fault.KILL_AFTER:
            self.kill()
        return length

    async def pause(self, seconds: float) -> None:
        """Sleep, and longer while the process is frozen."""
        await asyncio.sleep(seconds)
        await self._go_on()

    async def alarm(self, seconds: float) -> None:
        """Sleep by a clock that stands still with the process where its whole machine does, and goes on where not."""
        counted, left = self.stood_still, seconds
        while left > 0:
            await asyncio.sleep(left)
            left = self.stood_still - counted if self.world.scenario.seed % 2 else 0.0
            counted = self.stood_still

    def kill(self) -> None:
        """End the process here and now."""
        self.dead = True
        if self.task is not None:
            self.task.cancel()
        raise Killed

    async def _before(self, fault: Fault, line: str) -> None:
        if fault is Fault.REFUSED:
            raise CloudError(f"{line} was refused: not allowed today", code="AccessDenied")
        if fault is Fault.NOT_SENT:
            raise Unreachable(f"no answer to {line}")
        if fault is Fault.THROTTLE:
            raise Throttled(f"{line}: too many requests")
        if fault is Fault.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        if fault is Fault.KILL_BEFORE:
            self.kill()
        if fault is Fault.ZOMBIE:
            self.thaws = self.world.clock() + STANDSTILL_SECONDS
            self.stood_still += STANDSTILL_SECONDS
        self._meanwhile(fault, line)

    def _meanwhile(self, fault: Fault, line: str) -> None:
        if fault is Fault.HUMAN:
            self.world.edit(line)
        if fault in {Fault.RIVAL, Fault.ZOMBIE}:
            self.world.rival()
        if fault is Fault.CANCEL and self.task is not None:
            self.task.cancel()

    async def _go_on(self) -> None:
        cancelled = await self._frozen()
        if self.dead:
            raise Killed
        if cancelled is not None:
            raise cancelled

    async def _frozen(self) -> asyncio.CancelledError | None:
        """Stand still while the process is frozen; a cancellation meanwhile is learnt of when it goes on."""
        cancelled = None
        while self.world.clock() < self.thaws and not self.dead:
            try:
                await asyncio.sleep(self.thaws - self.world.clock())
            except asyncio.CancelledError as error:
                cancelled = error
        return cancelled

    async def _main(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            pass
        except Failure as failure:
            self.ended = failure
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - judged below: only a dead process ends with anything else
            if not self.dead:
                self.world.violate("no traceback reaches a user", f"process {self.pid}: {error!r}")
        finally:
            # What is left of it, shielded or not, ends with the process.
            self.done = self.dead = True


class SimulatedWire(Wire):
    """A process's way to the cloud."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.world.state.clock)
        self._process = process

    async def pause(self, seconds: float) -> None:
        await self._process.pause(seconds)

    def ask(self, line: str, effect: Callable[[], T]) -> Coroutine[Any, Any, T]:
        return self._process.call(Kind.READ, line, effect)

    def tell(self, line: str, effect: Callable[[], T]) -> Coroutine[Any, Any, T]:
        return self._process.call(Kind.WRITE, line, effect)


class SimulatedStore:
    """A process's way to the ledger's bytes, which all processes share."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._store: MemoryStore = process.world.store

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        return self._process.journal(stream, bodies, lambda: self._store.append(stream, expected, *bodies))

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        return self._store.read(stream, after, limit)

    def length(self, stream: str) -> int:
        return self._store.length(stream)

    def look(self, stream: str, after: int = 0) -> tuple[int, list[StoredRecord]]:
        return self._store.look(stream, after)

    def streams(self, prefix: str = "") -> list[str]:
        return self._store.streams(prefix)

    def close(self) -> None:
        self._store.close()


def call_site(kind: Kind, line: str, body: bytes = b"") -> str:
    """Who calls what: the port's call, and the function of the product that asks for it."""
    if kind is Kind.LEDGER:
        return f"ledger.append {kind_of(body)}"
    words = line.split(" ")
    call = f"{words[0]} {words[2]}" if words[0] == "functions.point" else words[0]
    return f"{call} ← {_caller()}"


def kind_of(body: bytes) -> str:
    """The kind of a stored record."""
    found = _KIND.search(body)
    return found.group(1).decode() if found else "?"


def _caller() -> str:
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        file = frame.f_code.co_filename
        if _PRODUCT in file and not any(part in file for part in _BETWEEN):
            where = file.rpartition(_PRODUCT)[2].removesuffix(".py")
            return f"{where}:{frame.f_code.co_qualname.replace('.<locals>', '')}"
        frame = frame.f_back
    return "side by side"
