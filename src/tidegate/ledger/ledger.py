"""Ledger: the typed entrance to runs, releases, environments and durations."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tidegate.errors import LedgerError
from tidegate.ledger.environments import Environments
from tidegate.ledger.expectations import Expectations
from tidegate.ledger.releases import Releases
from tidegate.ledger.runs import Runs
from tidegate.ledger.sqlite import SqliteStore
from tidegate.ledger.store import Store


class Ledger(Runs, Releases, Expectations, Environments):
    """Everything that is known of runs, releases and what is live.

    Synchronous, and shared by threads. Every method may raise `errors.LedgerError`: `refusals.Damaged` names the record
    that is not as it was written. An append is in the store when the method returns, but for records of a run that
    nothing depends on yet, where the ledger `defers`: they are seen by its own readers at once, and by others with the
    next record of the run, or after `flush`.

    Args:
        store: Where the records are; closed with the ledger.
        clock: Seconds since the epoch.
        recall: Shared by ledgers that need not verify and fold what another of them did; None does both anew.
        defers: Whether each append is dear, so that such records may wait.
    """

    def verify(self) -> list[LedgerError]:
        """Read every stream; return what is wrong with each that is not intact."""
        found = (self._journal.read_intact(stream)[1] for stream in self._journal.store.streams())
        return [failure for failure in found if failure]

    def salvage(self, into: Store) -> list[LedgerError]:
        """Copy every stream, up to its last good record, to an empty store; return why those that were cut were."""
        if into.streams():
            raise LedgerError("the ledger to salvage into is not empty", where="salvage")
        failures: list[LedgerError] = []
        target = Ledger(into, self._clock)
        for stream in self._journal.store.streams():
            entries, failure = self._journal.read_intact(stream)
            for entry in entries:
                target._journal.append(stream, entry.payload)
            if failure:
                failures.append(failure)
        return failures

    def close(self) -> None:
        """Close the store."""
        self._journal.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_ledger(path: Path, clock: Callable[[], float] = time.time) -> Ledger:
    """Open the ledger in a file, which is made when missing.

    Raises:
        errors.LedgerError: It is of a newer version, damaged, something else, or cannot be opened.
    """
    return Ledger(SqliteStore(path), clock)
