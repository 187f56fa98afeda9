"""Whole runs in memory: walked to their end, killed, and taken up again."""

from collections.abc import Callable
from dataclasses import replace

from tests.execute.shops import Shop
from tests.memory_wire import Killed, Wire
from tidegate.execute.home import Home
from tidegate.execute.interpreter import walk
from tidegate.execute.local_machine import LocalMachine
from tidegate.execute.machine import Command, Log, Shard
from tidegate.execute.performer import RunPerformer, put_back_all
from tidegate.execute.workshop import Workshop
from tidegate.gates.command import TestReport
from tidegate.ledger.memory import MemoryStore
from tidegate.model.job import JobReport
from tidegate.operations.kept import kept
from tidegate.process import Ended


class MortalStore(MemoryStore):
    """A ledger's store in which every append is a moment at which the process may be killed."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._wire = shop.cloud.wire

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        self._wire.moment()
        length = super().append(stream, expected, *bodies)
        self._wire.moment()
        return length


async def walked(shop: Workshop) -> tuple[dict[str, JobReport], list[str]]:
    """Walk a run, or take it up again, and put back what it still holds; its jobs and what was undone."""
    performer = RunPerformer(shop)
    done = kept(shop.ledger, shop.ledger.run(shop.run), shop.pipeline)
    reports = await walk(shop.plan.jobs, performer, performer, done, shop.alarm)
    return reports, await put_back_all(shop)


class Interrupted(LocalMachine):
    """A machine on which something happens once, right before the browser tests of dev begin."""

    def __init__(self, home: Home, happens: Callable[[], object]) -> None:
        super().__init__(home)
        self._happens = happens

    async def tests(self, command: Command, shard: Shard, log: Log) -> tuple[Ended, TestReport | None]:
        if shard.job == "e2e-test-dev":
            self._happens()
        return await super().tests(command, shard, log)


def edited_while_tested(run: Workshop, home: Home, happens: Callable[[], object]) -> Workshop:
    """The run, while whose browser tests in dev something happens."""
    return replace(run, machine=Interrupted(home, happens))


async def killed(shop: Workshop, store: Shop, moment: int) -> bool:
    """Walk a run that is killed at a moment; False when it ended before."""
    wire = store.cloud.wire
    wire.moments, wire.kill_at = 0, moment
    try:
        await walked(shop)
    except BaseException as end:
        if not _was_killed(end):
            raise
        return True
    finally:
        wire.kill_at = None
    return False


def dies_behind(wire: Wire, call: str) -> None:
    """Let the process that `killed` walks be killed behind the next such write."""
    wire.behind(call, lambda: setattr(wire, "kill_at", 0))


NEVER = 10**9
"""A moment at which nobody is killed by itself."""


def _was_killed(end: BaseException) -> bool:
    if isinstance(end, BaseExceptionGroup):
        return any(_was_killed(one) for one in end.exceptions)
    return isinstance(end, Killed)


def phases(reports: dict[str, JobReport]) -> dict[str, str]:
    return {name: report.phase.value for name, report in reports.items()}
