"""A store in one SQLite file, which several processes of one machine read and write at once.

The file is in WAL mode with `synchronous=NORMAL`. What that means: a record is in the operating system's hands when
`append` returns, so a killed process (kill -9 included) loses nothing that it appended. A power loss or a crash of the
operating system may lose the last records, those since the last checkpoint, but never leaves a record half written
or a stream with a hole: the file returns to a state it had before. A resumed run observes the cloud again before it
acts, which is what makes this loss bearable; `FULL` would cost a disk flush, often milliseconds, for every record.
WAL needs shared memory: the file must not be on a network file system.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tidegate.errors import Conflict, LedgerError
from tidegate.ledger.refusals import Unreadable
from tidegate.ledger.store import StoredRecord

SCHEMA_VERSION = 1
APPLICATION_ID = 0x54696465  # "Tide"
BUSY_SECONDS = 15.0

Execute = Callable[..., sqlite3.Cursor]

_SCHEMA = (
    "CREATE TABLE heads (stream TEXT PRIMARY KEY, length INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE records (
        stream TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (stream, seq)
    ) WITHOUT ROWID""",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

# The distinct streams of all records, by as many look-ups in the key: DISTINCT would read every record.
_RECORDED = """WITH RECURSIVE found(stream) AS (
    SELECT min(stream) FROM records
    UNION ALL
    SELECT (SELECT min(stream) FROM records WHERE records.stream > found.stream) FROM found WHERE stream IS NOT NULL
) SELECT stream FROM found"""


class SqliteStore:
    """Implements `store.Store`. Shared by threads; a child process must open its own.

    Args:
        path: The file; it and its directory are created when missing.
        busy_seconds: How long to wait for another process's write.

    Raises:
        errors.LedgerError: The file is of a newer schema, is something else, is damaged, or cannot be opened.
    """

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._guard = threading.Lock()
        with self._mapped():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LedgerError(f"its directory cannot be made: {error.strerror}", where=str(path)) from error
            self._connection = sqlite3.connect(
                path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=16
            )
            try:
                self._prepare(busy_seconds)
            except BaseException:
                self._connection.close()
                raise

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        """See `store.Store.append`."""
        length = expected + len(bodies)
        with self._writing() as execute:
            if expected:
                head = "UPDATE heads SET length = ? WHERE stream = ? AND length = ?"
                moved = execute(head, (length, stream, expected)).rowcount
            else:
                moved = execute("INSERT OR IGNORE INTO heads VALUES (?, ?)", (stream, length)).rowcount
            if not moved:
                raise Conflict(f"{stream} does not hold {expected} records any more", where=stream)
            for seq, body in enumerate(bodies, expected + 1):
                execute("INSERT INTO records VALUES (?, ?, ?)", (stream, seq, body))
        return length

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        """See `store.Store.read`."""
        query = "SELECT seq, body FROM records WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?"
        rows = self._rows(query, (stream, after, -1 if limit is None else limit))
        if any(type(seq) is not int or type(body) is not bytes for seq, body in rows):
            raise Unreadable(f"{stream} holds values of a type that was never written", where=str(self.path))
        return [StoredRecord(seq, body) for seq, body in rows]

    def length(self, stream: str) -> int:
        """See `store.Store.length`."""
        rows = self._rows("SELECT length FROM heads WHERE stream = ?", (stream,))
        length = rows[0][0] if rows else 0
        if type(length) is not int:
            raise Unreadable(f"the length of {stream} is not a number", where=str(self.path))
        return length

    def look(self, stream: str, after: int = 0) -> tuple[int, list[StoredRecord]]:
        """See `store.Store.look`."""
        length = self.length(stream)
        return length, self.read(stream, after if after >= 0 else max(0, length + after))

    def streams(self, prefix: str = "") -> list[str]:
        """See `store.Store.streams`. Names come from heads and records alike, so that losing one of both shows."""
        names: set[str] = set()
        failures: list[Unreadable] = []
        for query in ("SELECT stream FROM heads", _RECORDED):
            try:
                names.update(str(name) for (name,) in self._rows(query, ()) if name is not None)
            except Unreadable as error:
                failures.append(error)
        if len(failures) == 2:
            raise failures[0]
        return sorted(name for name in names if name.startswith(prefix))

    def close(self) -> None:
        """See `store.Store.close`. The last process to close folds the write-ahead log into the file."""
        with self._guard, self._mapped():
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, busy_seconds: float) -> None:
        """Set the connection up; create the schema in a new file, check it in an old one."""
        self._connection.execute("PRAGMA cell_size_check = ON")
        version, application = self._identity()
        if not version and not application:
            self._enter_wal(busy_seconds)
            self._create()
            version, application = self._identity()
        if application != APPLICATION_ID:
            raise LedgerError("this file is not a ledger of Tidegate", where=str(self.path))
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"the ledger has schema version {version}; this Tidegate knows up to {SCHEMA_VERSION}",
                where=str(self.path),
                what_next="use the Tidegate that wrote it, or a newer one",
            )
        self._enter_wal(busy_seconds)
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def _identity(self) -> tuple[int, int]:
        """Read version and application in one transaction, since another process may create the schema meanwhile."""
        with self._transaction("BEGIN") as execute:
            return self._identity_within(execute)

    def _identity_within(self, execute: Execute) -> tuple[int, int]:
        version: int = execute("PRAGMA user_version").fetchone()[0]
        application: int = execute("PRAGMA application_id").fetchone()[0]
        if not version and not application and execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LedgerError("this file is not a ledger of Tidegate", where=str(self.path))
        return version, application

    def _enter_wal(self, busy_seconds: float) -> None:
        """Switch to WAL; SQLite does not wait for other processes that switch at the same time, so this does."""
        deadline = time.monotonic() + busy_seconds
        while True:
            try:
                mode = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
                continue
            if mode != "wal":
                raise LedgerError(f"SQLite cannot keep a write-ahead log here (mode {mode})", where=str(self.path))
            return

    def _create(self) -> None:
        with self._transaction("BEGIN IMMEDIATE") as execute:
            if self._identity_within(execute) == (0, 0):
                for statement in _SCHEMA:
                    execute(statement)

    def _rows(self, query: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._guard, self._mapped():
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[Execute]:
        with self._guard, self._mapped(), self._transaction("BEGIN IMMEDIATE") as execute:
            yield execute

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Execute]:
        execute = self._connection.execute
        execute(begin)
        try:
            yield execute
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise _ours(error, self.path) from error
        except UnicodeDecodeError as error:  # SQLite's message quotes a schema that is damaged
            raise Unreadable("the file's schema is damaged", where=str(self.path), what_next=_RESTORE) from error


def _ours(error: sqlite3.Error, path: Path) -> LedgerError:
    where = str(path)
    # Text that is not UTF-8 is the one operational error that Python raises by itself, without a code.
    uncoded = sqlite3.SQLITE_CORRUPT if isinstance(error, sqlite3.OperationalError) else sqlite3.SQLITE_MISUSE
    match getattr(error, "sqlite_errorcode", uncoded) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return LedgerError("the disk is full; nothing was written", where=where, what_next="make room, then resume")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LedgerError("another process keeps the ledger busy", where=where, what_next="try again")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Unreadable(f"the file is damaged, or no ledger ({error})", where=where, what_next=_RESTORE)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return LedgerError(f"the ledger cannot be written here ({error})", where=where)
        case sqlite3.SQLITE_IOERR:
            return LedgerError(f"the disk refused; nothing was written ({error})", where=where)
        case _:
            return LedgerError(f"SQLite refused: {error}", where=where)


_RESTORE = "restore a copy of it, or salvage what is intact into a new ledger"
