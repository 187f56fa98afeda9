"""What the typed parts of the ledger share: a journal and a clock."""

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from tidegate.ledger.chain import Journal
from tidegate.ledger.recall import Recall
from tidegate.ledger.store import Store

P = TypeVar("P")


class Book:
    """Base of the ledger's parts.

    Args:
        store: Where the records are.
        clock: Seconds since the epoch.
        recall: Shared by ledgers that need not verify and fold what another of them did.
        defers: Whether a record that nothing depends on yet may wait for the next append of its stream.
    """

    def __init__(
        self, store: Store, clock: Callable[[], float], recall: Recall | None = None, *, defers: bool = False
    ) -> None:
        self._journal = Journal(store, recall, defers=defers)
        self._clock = clock
        self._kept: dict[Hashable, object] = {}
        self._intended: set[tuple[str, str, str]] = set()

    def flush(self) -> None:
        """Append what still waits to be: before a long wait, and at the end.

        Raises:
            errors.Conflict: Other writers always came first.
        """
        self._journal.flush()

    def _once(self, key: Hashable, make: Callable[[], P]) -> P:
        """Return what `make` made for `key` the first time."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept.setdefault(key, make())
        return cast("P", found)
