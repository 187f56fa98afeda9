"""What ledgers of one process over the same store need not do again: verify the same bytes, fold the same records."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidegate.ledger.chain import Entry, Head


@dataclass(slots=True)
class Recall:
    """What one of these ledgers has seen of the store stands for all of them, as it does within one of them.

    It grows with what is read, so it is for many short-lived ledgers over little, such as those of a simulation.

    Attributes:
        entries: (stream, seq, stored body) → the entry that this body was verified to be.
        views: (stream, its fold) → the head to which any of them came, and the view there.
    """

    entries: dict[tuple[str, int, bytes], "Entry"] = field(default_factory=dict)
    views: dict[tuple[str, Callable[..., object]], "tuple[Head, Any]"] = field(default_factory=dict)

    def copy(self) -> "Recall":
        """The same, to be added to apart from this one."""
        return Recall(dict(self.entries), dict(self.views))
