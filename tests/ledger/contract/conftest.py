"""Every store, behind one fixture: how to open it, from here or from another process, and how to damage it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.folder_bucket import FolderBucket
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.s3 import S3Store
from tidegate.ledger.sqlite import SqliteStore
from tidegate.ledger.store import Store
from tidegate.ledger.stream_object import StreamObject, decode, encode


class Shelf(Protocol):
    """Where a store keeps its records."""

    expression: str | None
    """Python that opens the store in another process; None where processes cannot share it."""

    def open(self) -> Store: ...

    def overwrite(self, stream: str, seq: int, body: bytes) -> None: ...

    def drop(self, stream: str, seq: int) -> None: ...

    def move(self, stream: str, seq: int, to: str) -> None: ...

    def count(self, stream: str, length: int) -> None: ...


class MemoryShelf:
    expression: str | None = None

    def __init__(self, _: Path) -> None:
        self._store = MemoryStore()

    def open(self) -> Store:
        return self._store

    def overwrite(self, stream: str, seq: int, body: bytes) -> None:
        self._store.bodies[stream][seq] = body

    def drop(self, stream: str, seq: int) -> None:
        del self._store.bodies[stream][seq]

    def move(self, stream: str, seq: int, to: str) -> None:
        self._store.bodies[to][seq] = self._store.bodies[stream].pop(seq)

    def count(self, stream: str, length: int) -> None:
        self._store.lengths[stream] = length


class SqliteShelf:
    def __init__(self, directory: Path) -> None:
        self._path = directory / "ledger.db"
        self.expression: str | None = (
            f"__import__('tidegate.ledger.sqlite', fromlist=['SqliteStore']).SqliteStore("
            f"__import__('pathlib').Path({str(self._path)!r}))"
        )

    def open(self) -> Store:
        return SqliteStore(self._path)

    def overwrite(self, stream: str, seq: int, body: bytes) -> None:
        self._execute("UPDATE records SET body = ? WHERE stream = ? AND seq = ?", (body, stream, seq))

    def drop(self, stream: str, seq: int) -> None:
        self._execute("DELETE FROM records WHERE stream = ? AND seq = ?", (stream, seq))

    def move(self, stream: str, seq: int, to: str) -> None:
        self._execute("UPDATE OR REPLACE records SET stream = ? WHERE stream = ? AND seq = ?", (to, stream, seq))

    def count(self, stream: str, length: int) -> None:
        self._execute("UPDATE heads SET length = ? WHERE stream = ?", (length, stream))

    def _execute(self, statement: str, parameters: tuple[object, ...]) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            assert connection.execute(statement, parameters).rowcount == 1


class S3Shelf:
    """A store in a bucket. Its objects are taken apart and written anew, since a body is a part of one."""

    def __init__(self, directory: Path) -> None:
        self._bucket = FolderBucket(directory / "bucket")
        self.expression: str | None = (
            f"__import__('tidegate.ledger.s3', fromlist=['S3Store']).S3Store("
            f"__import__('tests.folder_bucket', fromlist=['FolderBucket']).FolderBucket("
            f"__import__('pathlib').Path({str(directory / 'bucket')!r})))"
        )

    def open(self) -> Store:
        return S3Store(self._bucket)

    def overwrite(self, stream: str, seq: int, body: bytes) -> None:
        found = self._head(stream)
        records = [replace(kept, body=body) if kept.seq == seq else kept for kept in found.records]
        self._write(replace(found, records=tuple(records)))

    def drop(self, stream: str, seq: int) -> None:
        found = self._head(stream)
        self._write(replace(found, records=tuple(kept for kept in found.records if kept.seq != seq)))

    def move(self, stream: str, seq: int, to: str) -> None:
        moved = tuple(kept for kept in self._head(stream).records if kept.seq == seq)
        self.drop(stream, seq)
        target = self._head(to)
        records = sorted((*target.records, *moved), key=lambda kept: kept.seq)
        self._write(replace(target, records=tuple(records)))

    def count(self, stream: str, length: int) -> None:
        self._write(replace(self._head(stream), length=length))

    def _head(self, stream: str) -> StreamObject:
        found = self._bucket.get(f"streams/{stream}")
        assert found
        return decode(found[0], stream, "")

    def _write(self, head: StreamObject) -> None:
        self._bucket.overwrite(f"streams/{head.stream}", encode(head))


SHELVES: dict[str, Callable[[Path], Shelf]] = {"memory": MemoryShelf, "sqlite": SqliteShelf, "s3": S3Shelf}
SHARED = ["sqlite", "s3"]


@pytest.fixture(params=SHELVES)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return SHELVES[request.param](tmp_path)


@pytest.fixture
def store(shelf: Shelf) -> Iterator[Store]:
    opened = shelf.open()
    yield opened
    opened.close()


@pytest.fixture
def shared(shelf: Shelf) -> str:
    """The expression that opens the store in another process."""
    assert shelf.expression, "only stores in SHARED are"
    return shelf.expression
