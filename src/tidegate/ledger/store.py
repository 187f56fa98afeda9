"""The port to whatever keeps the ledger's bytes."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as a store keeps it.

    Attributes:
        seq: Its place in its stream, counted from 1.
        body: The bytes that were appended, chained hash included; a store does not look into them.
    """

    seq: int
    body: bytes


class Store(Protocol):
    """Streams of records. A stream only ever grows and exists once it has a record.

    All methods may raise `errors.LedgerError`, and its kind `refusals.Unreadable` where the store itself is damaged.
    A store may be shared by threads; several processes may open the same one.
    """

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        """Append records if the stream holds exactly `expected` of them, all or none at all; return the new length.

        Raises:
            errors.Conflict: The stream's length is another one.
            errors.LedgerError: They could not be kept, a full disk for example; the stream is as before, unless the
                error says that nobody knows.
        """

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        """Return the records whose seq is greater than `after`, ascending, at most `limit` of them."""

    def length(self, stream: str) -> int:
        """Return how many records were appended to a stream, kept apart from the records, so that a lost tail shows."""

    def look(self, stream: str, after: int = 0) -> tuple[int, list[StoredRecord]]:
        """Return `length`, and then `read` behind `after`; a negative one counts from the end.

        Where each request is dear, both come by one; elsewhere the stream may have grown in between.
        """

    def streams(self, prefix: str = "") -> list[str]:
        """Return the names of all streams that begin with `prefix`, sorted."""

    def close(self) -> None:
        """Let go of files. Closing twice is harmless."""
