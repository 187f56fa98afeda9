"""A view of one stream that is kept up to date by folding only what is new."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from tidegate.errors import Conflict
from tidegate.ledger.chain import CONFLICTS, EMPTY, Entry, Head, Journal, always_late
from tidegate.ledger.codec import Codec

V = TypeVar("V")
R = TypeVar("R")


class Projection(Generic[V, R]):
    """Folds a stream into a view.

    Args:
        journal: Where the stream is.
        stream: Its name.
        codec: Decodes its records.
        empty: The view of no records.
        apply: Pure: (view, record, seq) → view.
    """

    def __init__(
        self, journal: Journal, stream: str, codec: Codec[R], empty: V, apply: Callable[[V, R, int], V]
    ) -> None:
        self._journal = journal
        self._stream = stream
        self._codec = codec
        self._apply = apply
        self._view = empty
        self._head: Head = EMPTY
        self._guard = threading.RLock()

    def current(self) -> V:
        """Return the view of everything that was appended."""
        with self._guard:
            for entry in self._journal.read(self._stream, self._head):
                head = Head(entry.seq, entry.hash)
                self._view = self._behind(entry.payload, head)
                self._head = head
            return self._view

    def append(self, decide: Callable[[V], R | None]) -> V:
        """Append what `decide` makes of the view, nothing if that is None; return the view behind it.

        When another writer comes first, the decision is taken anew on what it wrote. Errors of `decide` pass through.

        Raises:
            errors.Conflict: Other writers always came first.
        """
        with self._guard:
            for _ in range(CONFLICTS):
                view = self.current()
                record = decide(view)
                if record is None:
                    return view
                payload = self._codec.encode(record)
                try:
                    head = self._journal.append_at(self._stream, self._head, payload)
                except Conflict:
                    continue
                # Decoded as any reader will find it: what was encoded may hold tuples that come back as lists.
                self._view = self._behind(payload, head)
                self._head = head
                return self._view
        raise always_late(self._stream)

    def _behind(self, payload: bytes, head: Head) -> V:
        """The view behind one more record, whose head is `head`."""
        recall = self._journal.recall
        key = (self._apply, head.hash)
        if recall is not None and key in recall.views:
            return cast("V", recall.views[key])
        record = self._codec.decode(payload, f"{self._stream} record {head.length}")
        view = self._apply(self._view, record, head.length)
        if recall is not None:
            recall.views[key] = view
        return view


def decode(codec: Codec[R], stream: str, entry: Entry) -> R:
    """Decode an entry's payload; errors name its place."""
    return codec.decode(entry.payload, f"{stream} record {entry.seq}")
