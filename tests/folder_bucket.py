"""A bucket in a folder, as atomic as Amazon S3: processes share it, and its answers may get lost."""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from tidegate.errors import Moved


class FolderBucket:
    """Implements `ledger.bucket.Bucket`. An ETag is the hash of the content, as that of S3 is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = f"s3://{folder.name}"
        folder.mkdir(parents=True, exist_ok=True)
        self.puts: list[str] = []
        self.gets: list[str] = []

    def get(self, key: str) -> tuple[bytes, str] | None:
        self.gets.append(key)
        return self._read(key)

    def put(self, key: str, body: bytes, expect: str = "") -> str:
        self.puts.append(key)
        with self._alone():
            known = self._read(key)
            if (known[1] if known else "") != expect:
                raise Moved("another object is there", where=key, code="PreconditionFailed")
            self.overwrite(key, body)
        return _etag(body)

    def keys(self, prefix: str) -> list[str]:
        names = (unquote(path.name) for path in self.folder.iterdir() if not path.name.startswith("."))
        return sorted(name for name in names if name.startswith(prefix))

    def close(self) -> None:
        pass

    def overwrite(self, key: str, body: bytes) -> None:
        draft = self.folder / f".{os.getpid()}-{threading.get_ident()}"
        draft.write_bytes(body)
        draft.rename(self._path(key))

    def delete(self, key: str) -> None:
        self._path(key).unlink()

    def _read(self, key: str) -> tuple[bytes, str] | None:
        try:
            body = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        return body, _etag(body)

    def _path(self, key: str) -> Path:
        return self.folder / quote(key, safe="")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / ".lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class FaultyBucket(FolderBucket):
    """A bucket where something goes wrong at chosen writes.

    Attributes:
        faults: For each put to come: what happens in its place, given what would do it; nothing when it is empty.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.faults: list[Callable[[Callable[[], str]], str]] = []

    def put(self, key: str, body: bytes, expect: str = "") -> str:
        def write() -> str:
            return super(FaultyBucket, self).put(key, body, expect)

        return self.faults.pop(0)(write) if self.faults else write()


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
