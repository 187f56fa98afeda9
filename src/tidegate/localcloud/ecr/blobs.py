"""Blobs on disk, by digest, and the uploads that become blobs."""

import hashlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash


class DigestMismatch(ValueError):
    """An upload whose bytes do not have the digest that its sender gave."""


class UploadBusy(RuntimeError):
    """A second request writes to an upload while the first is not done."""


@dataclass(slots=True)
class Upload:
    """Bytes that have arrived so far for one blob of one repository."""

    id: str
    repository: str
    path: Path
    size: int = 0
    busy: bool = False
    hash: "_Hash" = field(default_factory=hashlib.sha256)


class BlobStore:
    """Content-addressed files under one folder. A blob is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs" / "sha256"
        self._incoming = root / "uploads"
        self._uploads: dict[str, Upload] = {}

    def open(self) -> None:
        """Create the folders, and drop what a killed process left of its uploads."""
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink()

    def path(self, digest: str) -> Path:
        """Where the blob of a (valid) digest is kept."""
        return self._blobs / digest.removeprefix("sha256:")

    def put(self, content: bytes) -> str:
        """Store a small blob that is in memory; returns its digest."""
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        upload = self.begin("")
        upload.path.write_bytes(content)
        self._uploads.pop(upload.id)
        upload.path.rename(self.path(digest))
        return digest

    def begin(self, repository: str) -> Upload:
        """Open an upload."""
        identifier = str(uuid.uuid4())
        upload = Upload(identifier, repository, self._incoming / identifier)
        upload.path.touch()
        self._uploads[identifier] = upload
        return upload

    def upload(self, identifier: str, repository: str) -> Upload | None:
        """An open upload of a repository, or None."""
        found = self._uploads.get(identifier)
        return found if found is not None and found.repository == repository else None

    async def append(self, upload: Upload, chunks: AsyncIterator[bytes]) -> None:
        """Write what a request sends, as it arrives. An upload whose request breaks off is dropped.

        Raises:
            UploadBusy: When another request is writing to it.
            OSError: When the disk is full.
        """
        if upload.busy:
            raise UploadBusy(upload.id)
        upload.busy = True
        whole = False
        try:
            with upload.path.open("ab", buffering=0) as file:
                async for chunk in chunks:
                    file.write(chunk)
                    upload.hash.update(chunk)
                    upload.size += len(chunk)
            whole = True
        finally:
            upload.busy = False
            if not whole:
                self.discard(upload)

    def finish(self, upload: Upload, digest: str) -> int:
        """Make the blob of an upload; returns its size.

        Raises:
            DigestMismatch: The upload is dropped.
        """
        true = "sha256:" + upload.hash.hexdigest()
        if true != digest:
            self.discard(upload)
            raise DigestMismatch(f"the content's digest is {true}")
        self._uploads.pop(upload.id)
        upload.path.rename(self.path(digest))
        return upload.size

    def discard(self, upload: Upload) -> None:
        """Forget an upload with its bytes."""
        self._uploads.pop(upload.id, None)
        upload.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Forget every open upload."""
        for upload in list(self._uploads.values()):
            self.discard(upload)
