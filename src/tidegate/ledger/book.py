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
    """

    def __init__(self, store: Store, clock: Callable[[], float], recall: Recall | None = None) -> None:
        self._journal = Journal(store, recall)
        self._clock = clock
        self._kept: dict[Hashable, object] = {}

    def _once(self, key: Hashable, make: Callable[[], P]) -> P:
        """Return what `make` made for `key` the first time."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept.setdefault(key, make())
        return cast("P", found)
