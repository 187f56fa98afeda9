"""What ledgers of one process over the same store need not do again: verify the same bytes, fold the same records."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.ledger.chain import Entry


@dataclass(slots=True)
class Recall:
    """Kept by what it was made from, so it is as true for one ledger as for another, and for a store that was copied.

    It grows with what is read, so it is for many short-lived ledgers over little, such as those of a simulation.

    Attributes:
        entries: (stream, seq, stored body) → the entry that this body was verified to be.
        views: (the fold, chained hash of a record) → the view behind that record; the hash stands for all before it.
    """

    entries: dict[tuple[str, int, bytes], "Entry"] = field(default_factory=dict)
    views: dict[tuple[Hashable, str], object] = field(default_factory=dict)

    def copy(self) -> "Recall":
        """The same, to be added to apart from this one."""
        return Recall(dict(self.entries), dict(self.views))
