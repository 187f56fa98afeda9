r"""What the S3 store keeps in one object: the head of a stream, or a segment of its past. Pure.

An object is `tidegate <format> <hash>\n<index>\n<bodies>`. The index is JSON: the stream, its length, the segments
that hold its past, and for each record that lies in this very object its seq, its size and who appended it. `hash` is
SHA-256 over format and index, so that no byte of them changes unnoticed; the bodies are chained, see `chain`.
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace

from tidegate.errors import LedgerError
from tidegate.ledger.refusals import Unreadable
from tidegate.ledger.store import StoredRecord

FORMAT = 1
INLINE_BYTES = 128 * 1024
"""How much a head holds before its records move into a segment: each append writes the head anew."""
SEGMENT_BYTES = 1024 * 1024
"""Up to which size the last segment takes in the records of the next one: each is one more request for a reader."""

_FIRST_LINE = re.compile(rb"tidegate ([1-9][0-9]{0,5}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Kept:
    """A record in an object. `append` names the append that it came by, the same for all records of one."""

    seq: int
    body: bytes
    append: str


@dataclass(frozen=True, slots=True)
class Segment:
    """An immutable object that holds records `first` to `last` of a stream, `size` bytes of them."""

    key: str
    first: int
    last: int
    size: int


@dataclass(frozen=True, slots=True)
class StreamObject:
    """A head, or a segment, which has neither segments nor a length of its own.

    Attributes:
        stream: The name of the stream.
        length: How many records were appended, kept apart from the records, so that a lost tail shows.
        segments: Where the older records are, the oldest first.
        records: What lies in this object.
    """

    stream: str
    length: int = 0
    segments: tuple[Segment, ...] = ()
    records: tuple[Kept, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the records in this object."""
        return sum(len(record.body) for record in self.records)

    @property
    def sealed(self) -> int:
        """The seq of the last record that lies in a segment."""
        return self.segments[-1].last if self.segments else 0

    def grown(self, bodies: tuple[bytes, ...], append: str) -> "StreamObject":
        """The same with more records."""
        new = tuple(Kept(seq, body, append) for seq, body in enumerate(bodies, self.length + 1))
        return replace(self, length=self.length + len(new), records=(*self.records, *new))

    def must_seal(self, bodies: tuple[bytes, ...]) -> bool:
        """Whether its records must move into a segment before it takes in more."""
        return bool(self.records) and self.size + sum(map(len, bodies)) > INLINE_BYTES

    @property
    def extends(self) -> Segment | None:
        """The segment that takes in the records of this head when they are sealed; None where they get one of theirs.

        That segment stays as it is, for those who read an earlier head: what is written is a longer one in its place.
        """
        last = self.segments[-1] if self.segments else None
        return last if last and last.size + self.size <= SEGMENT_BYTES else None

    def segment(self, earlier: "StreamObject | None") -> "StreamObject":
        """The segment that holds its records, behind those of the segment that it extends."""
        return StreamObject(self.stream, records=(*(earlier.records if earlier else ()), *self.records))

    def without_records(self, key: str, size: int) -> "StreamObject":
        """The same once its records lie in the segment of that key."""
        extended = self.extends
        kept = self.segments[:-1] if extended else self.segments
        first = extended.first if extended else self.sealed + 1
        return replace(self, segments=(*kept, Segment(key, first, self.length, size)), records=())

    def appended_by(self, seq: int) -> str:
        """The append that record `seq`, if it lies here, came by; empty otherwise."""
        return next((record.append for record in self.records if record.seq == seq), "")

    def behind(self, after: int) -> list[StoredRecord]:
        """Its records whose seq is greater than `after`."""
        return [StoredRecord(record.seq, record.body) for record in self.records if record.seq > after]


def encode(content: StreamObject) -> bytes:
    """Return an object's bytes."""
    index = {
        "stream": content.stream,
        "length": content.length,
        "segments": [[segment.key, segment.first, segment.last, segment.size] for segment in content.segments],
        "records": [[record.seq, len(record.body), record.append] for record in content.records],
    }
    text = json.dumps(index, separators=(",", ":")).encode()
    bodies = b"".join(record.body for record in content.records)
    return b"tidegate %d %b\n%b\n%b" % (FORMAT, _digest(FORMAT, text).encode(), text, bodies)


def decode(body: bytes, stream: str, where: str) -> StreamObject:
    """Return the object that was encoded; of bodies that are cut short, what is there.

    Raises:
        refusals.Unreadable: Its index is not as it was written, or is that of another stream.
        errors.LedgerError: It is of a newer format.
    """
    first, _, rest = body.partition(b"\n")
    text, _, bodies = rest.partition(b"\n")
    matched = _FIRST_LINE.fullmatch(first)
    number = int(matched[1]) if matched else 0
    if not matched or _digest(number, text) != matched[2].decode():
        raise Unreadable("the object's index is not as it was written", where=where, what_next=RESTORE)
    if number != FORMAT:
        raise LedgerError(
            f"the object has format {number}; this Tidegate knows {FORMAT}",
            where=where,
            what_next="use the Tidegate that wrote it, or a newer one",
        )
    index = json.loads(text)
    if index["stream"] != stream:
        raise Unreadable(f"this is the object of {index['stream']}", where=where, what_next=RESTORE)
    records, place = [], 0
    for seq, size, append in index["records"]:
        records.append(Kept(seq, bodies[place : place + size], append))
        place += size
    segments = tuple(Segment(*fields) for fields in index["segments"])
    return StreamObject(stream, index["length"], segments, tuple(records))


def _digest(number: int, index: bytes) -> str:
    return hashlib.sha256(b"%d\0%b" % (number, index)).hexdigest()


RESTORE = "restore an earlier version of the object, or `tidegate ledger salvage FILE` saves what is intact"
