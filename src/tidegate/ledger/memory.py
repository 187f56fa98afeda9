"""A store in memory: for tests and the simulation. It ends with its process."""

import threading

from tidegate.errors import Conflict
from tidegate.ledger.store import StoredRecord


class MemoryStore:
    """Implements `store.Store` over dictionaries; shared by threads, not by processes."""

    def __init__(self) -> None:
        self.bodies: dict[str, dict[int, bytes]] = {}
        self.lengths: dict[str, int] = {}
        self._guard = threading.Lock()

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        """See `store.Store.append`."""
        with self._guard:
            length = self.lengths.get(stream, 0)
            if length != expected:
                raise Conflict(f"{stream} holds {length} records, not {expected}", where=stream)
            kept = self.bodies.setdefault(stream, {})
            kept.update((seq, bytes(body)) for seq, body in enumerate(bodies, length + 1))
            self.lengths[stream] = length + len(bodies)
            return self.lengths[stream]

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        """See `store.Store.read`."""
        with self._guard:
            bodies = self.bodies.get(stream, {})
            last = next(reversed(bodies), 0) if limit is None else after + limit
            if last <= after:
                return []
            return [StoredRecord(seq, bodies[seq]) for seq in range(after + 1, last + 1) if seq in bodies]

    def length(self, stream: str) -> int:
        """See `store.Store.length`."""
        with self._guard:
            return self.lengths.get(stream, 0)

    def look(self, stream: str, after: int = 0) -> tuple[int, list[StoredRecord]]:
        """See `store.Store.look`."""
        length = self.length(stream)
        return length, self.read(stream, after if after >= 0 else max(0, length + after))

    def streams(self, prefix: str = "") -> list[str]:
        """See `store.Store.streams`."""
        with self._guard:
            return sorted(stream for stream in self.lengths if stream.startswith(prefix))

    def close(self) -> None:
        """See `store.Store.close`; what was appended stays readable."""
