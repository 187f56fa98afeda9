"""Faults: what may go wrong at a call, and what kinds of call each of them can befall."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong at one call."""

    REFUSED = "error before"
    NOT_SENT = "request lost"
    LOST = "response lost"
    THROTTLE = "throttle"
    SLOW = "slow call"
    STALE = "stale read"
    KILL_BEFORE = "killed before"
    KILL_AFTER = "killed after"
    HUMAN = "human editing"
    RIVAL = "second run"
    ZOMBIE = "back from the dead"
    CANCEL = "cancelled"


class Kind(StrEnum):
    """What is called."""

    READ = "read"
    WRITE = "write"
    LEDGER = "ledger"
    MACHINE = "machine"


_EVERYWHERE = {Fault.REFUSED, Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.RIVAL, Fault.CANCEL}
_ANSWERED = {Fault.SLOW, Fault.HUMAN, Fault.ZOMBIE}
_WIRE = _ANSWERED | {Fault.NOT_SENT, Fault.LOST, Fault.THROTTLE}

BEFALLS: dict[Kind, frozenset[Fault]] = {
    Kind.READ: frozenset(_EVERYWHERE | _WIRE | {Fault.STALE}),
    Kind.WRITE: frozenset(_EVERYWHERE | _WIRE),
    # A ledger on this machine answers at once, and nobody edits it; its disk may be full, or fail behind a write.
    Kind.LEDGER: frozenset(_EVERYWHERE | {Fault.LOST}),
    Kind.MACHINE: frozenset(_EVERYWHERE | _ANSWERED),
}
"""Kind of call → what can go wrong with it. What is not here cannot happen to it: only reads are stale."""


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A fault at the call of a number; calls of all processes are counted together."""

    call: int
    fault: Fault


class Killed(BaseException):
    """The process is gone: nothing of it goes on, and nothing catches this."""
