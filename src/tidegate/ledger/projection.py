"""A view of one stream that is kept up to date by folding only what is new."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

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
        self._ahead: tuple[Head, tuple[bytes, ...], V] = (EMPTY, (), empty)
        self._guard = threading.RLock()

    def current(self) -> V:
        """Return the view of everything that was appended, and of what this ledger is still to append."""
        with self._guard:
            self._catch_up()
            self._fold(self._journal.read(self._stream, self._head))
            riding = self._journal.riding(self._stream)
            return self._with(riding) if riding else self._view

    def append(self, decide: Callable[[V], R | Sequence[R] | None]) -> V:
        """Append what `decide` makes of the view, several records at once or nothing; return the view behind it.

        When another writer comes first, the decision is taken anew on what it wrote. Errors of `decide` pass through.

        Raises:
            errors.Conflict: Other writers always came first.
        """
        with self._guard:
            for _ in range(CONFLICTS):
                view = self.current()
                decided = decide(view)
                records = decided if isinstance(decided, Sequence) else () if decided is None else (decided,)
                if not records:
                    return view
                payloads = [self._codec.encode(record) for record in records]
                try:
                    entries = self._journal.append_at(self._stream, self._head, *payloads)
                except Conflict:
                    continue
                # Decoded as any reader will find it: what was encoded may hold tuples that come back as lists.
                self._fold(entries)
                return self._view
        raise always_late(self._stream)

    def _catch_up(self) -> None:
        """Begin where another ledger came to, if that is further on."""
        recall = self._journal.recall
        found = recall.views.get((self._stream, self._apply)) if recall else None
        if found and found[0].length > self._head.length:
            self._head, self._view = found
            self._journal.learn(self._stream, self._head)

    def _fold(self, entries: Sequence[Entry]) -> None:
        """Fold what follows."""
        for entry in entries:
            self._view = self._apply(self._view, decode(self._codec, self._stream, entry), entry.seq)
            self._head = Head(entry.seq, entry.hash)
        if entries and self._journal.recall is not None:
            self._journal.recall.views[self._stream, self._apply] = (self._head, self._view)

    def _with(self, riding: tuple[bytes, ...]) -> V:
        """The view with what rides. It has no place in the stream yet: the view's seq stays at the last that has."""
        head, known, view = self._ahead
        if head != self._head or riding[: len(known)] != known:
            known, view = (), self._view
        for payload in riding[len(known) :]:
            record = self._codec.decode(payload, f"{self._stream}, still to be appended")
            view = self._apply(view, record, self._head.length)
        self._ahead = (self._head, riding, view)
        return view


def decode(codec: Codec[R], stream: str, entry: Entry) -> R:
    """Decode an entry's payload; errors name its place."""
    return codec.decode(entry.payload, f"{stream} record {entry.seq}")
