r"""The chained hash, computed and verified here and nowhere else.

A stored body is `<format> <previous> <hash>\n<payload>`. `hash` is SHA-256 over format, previous hash, seq, stream and
payload, so a record cannot change, move, or vanish from the middle without notice; a lost tail shows against the
length that the store keeps apart. It finds damage. It is no signature: who may write the store may write a new chain.
"""

import hashlib
import re
import threading
from dataclasses import dataclass

from tidegate.errors import Conflict, LedgerError
from tidegate.ledger.recall import Recall
from tidegate.ledger.refusals import Damaged, Unreadable
from tidegate.ledger.store import Store, StoredRecord

FORMAT = 1
GENESIS = "0" * 64
LAST = -1
"""Where `Journal.read` begins for nothing but the last entry."""
CONFLICTS = 200
"""How often an append is tried anew after other writers came first. Each of those appended, so somebody gets on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A verified record of a stream."""

    seq: int
    payload: bytes
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a stream: how many records it holds, and the hash of the last."""

    length: int
    hash: str


EMPTY = Head(0, GENESIS)

_HEADER = re.compile(rb"([1-9][0-9]{0,5}) ([0-9a-f]{64}) ([0-9a-f]{64})")


def seal(stream: str, head: Head, payload: bytes) -> tuple[Entry, bytes]:
    """Chain a payload to a head; return the entry and the bytes to store."""
    seq = head.length + 1
    digest = _digest(head.hash, seq, stream, payload)
    body = b"%d %b %b\n%b" % (FORMAT, head.hash.encode(), digest.encode(), payload)
    return Entry(seq, payload, head.hash, digest), body


def unseal(stream: str, stored: StoredRecord, head: Head) -> Entry:
    """Verify a stored record, and that it follows `head`; an empty hash there stands for one that is not known.

    Raises:
        refusals.Damaged: It is not what was appended, or not what comes next.
        errors.LedgerError: It is of a newer format.
    """
    if stored.seq != head.length + 1:
        raise Damaged(stream, head.length + 1, f"the record is missing; {stored.seq} comes next")
    header, end, payload = stored.body.partition(b"\n")
    matched = _HEADER.fullmatch(header)
    if not matched or not end:
        raise Damaged(stream, stored.seq, "its header is not one")
    number, previous, claimed = (part.decode() for part in matched.groups())
    if _digest(previous, stored.seq, stream, payload) != claimed:
        if number != str(FORMAT):
            raise LedgerError(
                f"the record has format {number}; this Tidegate knows {FORMAT}",
                where=f"{stream} record {stored.seq}",
                what_next="use the Tidegate that wrote it, or a newer one",
            )
        raise Damaged(stream, stored.seq, "its bytes are not those that were written")
    if number != str(FORMAT):
        raise Damaged(stream, stored.seq, "the number of its format is not the one that was written")
    if head.hash and previous != head.hash:
        raise Damaged(stream, stored.seq, "it does not follow the record before it")
    return Entry(stored.seq, payload, previous, claimed)


def _digest(previous: str, seq: int, stream: str, payload: bytes) -> str:
    return hashlib.sha256(f"{FORMAT}\0{previous}\0{seq}\0{stream}\0".encode() + payload).hexdigest()


def always_late(stream: str) -> Conflict:
    """What to raise when `CONFLICTS` attempts were not enough."""
    return Conflict("other writers always came first", where=stream, what_next="try again")


class Journal:
    """Chained streams over a store. Remembers the head of each stream it met, so that an append reads nothing.

    Args:
        store: Where the records are.
        recall: What is not verified twice; without it, everything that is read is verified.
        defers: Whether payloads may ride, because each append is dear. Without it they are appended at once.
    """

    def __init__(self, store: Store, recall: Recall | None = None, *, defers: bool = False) -> None:
        self.store = store
        self.recall = recall
        self.defers = defers
        self._riding: dict[str, tuple[bytes, ...]] = {}
        self._heads: dict[str, Head] = {}
        self._guard = threading.RLock()

    def append(self, stream: str, payload: bytes) -> int:
        """Append whatever else was appended meanwhile; return its seq.

        Raises:
            errors.Conflict: Other writers came first, `CONFLICTS` times in a row.
        """
        for _ in range(CONFLICTS):
            try:
                return self.append_at(stream, self.head(stream), payload)[-1].seq
            except Conflict:
                self.refresh(stream)
        raise always_late(stream)

    def append_at(self, stream: str, head: Head, *payloads: bytes) -> list[Entry]:
        """Append what rides and the payloads, all or none; return what was appended.

        Raises:
            errors.Conflict: `head` is not the stream's head any more.
        """
        with self._guard:
            return self._append_at(stream, head, (*self.riding(stream), *payloads))

    def ride(self, stream: str, payload: bytes) -> None:
        """Append a payload together with the next one of its stream, or by `flush`; a killed process may lose it."""
        if not self.defers:
            self.append(stream, payload)
            return
        with self._guard:
            self._riding[stream] = (*self.riding(stream), payload)

    def riding(self, stream: str) -> tuple[bytes, ...]:
        """The payloads of a stream that are still to be appended."""
        return self._riding.get(stream, ())

    def flush(self) -> None:
        """Append everything that rides, whatever else was appended meanwhile.

        Raises:
            errors.Conflict: As `append`.
        """
        for stream in tuple(self._riding):
            for _ in range(CONFLICTS):
                try:
                    with self._guard:
                        self._append_at(stream, self.head(stream), self.riding(stream))
                    break
                except Conflict:
                    self.refresh(stream)
            else:
                raise always_late(stream)

    def _append_at(self, stream: str, head: Head, payloads: tuple[bytes, ...]) -> list[Entry]:
        entries: list[Entry] = []
        bodies: list[bytes] = []
        end = head
        for payload in payloads:
            entry, body = seal(stream, end, payload)
            end = Head(entry.seq, entry.hash)
            entries.append(entry)
            bodies.append(body)
        if entries:
            self.store.append(stream, head.length, *bodies)
            self._riding.pop(stream, None)
            if self.recall is not None:
                self.recall.entries.update(
                    ((stream, entry.seq, body), entry) for entry, body in zip(entries, bodies, strict=True)
                )
            self.learn(stream, end)
        return entries

    def head(self, stream: str) -> Head:
        """Return the head as far as this process knows; it reads one record of a stream met for the first time."""
        with self._guard:
            known = self._heads.get(stream)
            if known is not None:
                return known
            # Also a stream that holds nothing is read: its length may be what is damaged.
            entries = self.read(stream, after=LAST)
            return Head(entries[-1].seq, entries[-1].hash) if entries else EMPTY

    def refresh(self, stream: str) -> Head:
        """Learn what other writers appended."""
        with self._guard:
            known = self._heads.get(stream)
            if known is None:
                return self.head(stream)
            self.read(stream, known)
            return self._heads[stream]

    def read(self, stream: str, after: Head | int = EMPTY) -> list[Entry]:
        """Return the verified entries behind `after`, a head or a seq, or from the end with `LAST`.

        Raises:
            refusals.Damaged: A record is not as it was written, or is gone.
            errors.LedgerError: A record is of a newer format.
        """
        entries, failure = self.read_intact(stream, after)
        if failure:
            raise failure
        return entries

    def read_intact(self, stream: str, after: Head | int = EMPTY) -> tuple[list[Entry], LedgerError | None]:
        """Return the entries behind `after` up to the first that cannot be had, and why it cannot; None if all can."""
        with self._guard:
            try:
                counted, stored, failure = self._stored(stream, after.length if isinstance(after, Head) else after)
            except Unreadable as error:
                return [], Damaged(stream, 1, error.what)
            length = max(counted, self._known(stream))
            if after == LAST:
                after = max(0, counted - 1)
            head = after if isinstance(after, Head) else self._anchor(stream, after)
            if not stored and failure is None and head.length == length:
                return [], None
            entries: list[Entry] = []
            for record in stored:
                try:
                    entry = self._verified(stream, record, head)
                except LedgerError as error:
                    return entries, error
                entries.append(entry)
                head = Head(entry.seq, entry.hash)
            failure = failure or self._tail(stream, head.length, length)
            if failure is None and entries:
                self.learn(stream, head)
            return entries, failure

    def learn(self, stream: str, head: Head) -> None:
        """The stream goes on at least to `head`, whoever verified that."""
        with self._guard:
            if self._heads.get(stream, EMPTY).length < head.length:
                self._heads[stream] = head

    def _anchor(self, stream: str, after: int) -> Head:
        """The head that the record behind seq `after` must follow, as far as it is known without reading."""
        if after == 0:
            return EMPTY
        known = self._heads.get(stream)
        return known if known and known.length == after else Head(after, "")

    def _verified(self, stream: str, record: StoredRecord, head: Head) -> Entry:
        entry = self._unsealed(stream, record, head)
        known = self._heads.get(stream)
        if known and known.length == entry.seq and known.hash != entry.hash:
            raise Damaged(stream, entry.seq, "another record stands where one was appended or read before")
        return entry

    def _unsealed(self, stream: str, record: StoredRecord, head: Head) -> Entry:
        if self.recall is None:
            return unseal(stream, record, head)
        key = (stream, record.seq, record.body)
        known = self.recall.entries.get(key)
        # What does not follow is for `unseal` to say.
        if known is None or known.seq != head.length + 1 or head.hash not in {"", known.previous}:
            known = self.recall.entries[key] = unseal(stream, record, head)
        return known

    def _known(self, stream: str) -> int:
        """How many records there must be at least, since they were seen before."""
        return self._heads.get(stream, EMPTY).length

    def _stored(self, stream: str, after: int) -> tuple[int, list[StoredRecord], LedgerError | None]:
        """The length that the store counted, and what it can give; one by one where it cannot give all."""
        try:
            return *self.store.look(stream, after), None
        except Unreadable:
            length = self.store.length(stream)
            if after == LAST:
                after = max(0, length - 1)
            stored: list[StoredRecord] = []
            while True:
                last = after + len(stored)
                try:
                    found = self.store.read(stream, last, 1)
                except Unreadable as error:
                    return length, stored, Damaged(stream, last + 1, error.what)
                if not found:
                    return length, stored, Damaged(stream, last + 1, "the store cannot read what follows")
                stored.extend(found)

    def _tail(self, stream: str, last: int, length: int) -> Damaged | None:
        """Compare the last record with the length, which was read before it: the stream may have grown since."""
        if last > length and last > (grown := max(self.store.length(stream), self._known(stream))):
            return Damaged(stream, grown + 1, f"{last} records are there and {grown} were appended")
        if last < length:
            return Damaged(stream, last + 1, f"the end is missing: {length} records were appended")
        return None
