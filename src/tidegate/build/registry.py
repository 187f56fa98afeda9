"""A client of the registry protocol (OCI distribution specification, Docker Registry HTTP API v2).

Blobs are streamed in constant memory, requests are repeated a bounded number of times, and every digest is checked.
"""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tidegate.build.disk import clear_when_full
from tidegate.build.manifest import MANIFEST_TYPES
from tidegate.build.transport import Transport, refusal
from tidegate.errors import CloudError, Moved

_CHUNK = 1 << 18

DIGEST_INVALID = "DIGEST_INVALID"
"""What a registry says of bytes that do not have the digest that they were sent under."""


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest as a registry holds it."""

    digest: str
    media_type: str
    content: bytes


class RegistryClient:
    """One registry. Use as an async context manager.

    Args:
        url: Address with scheme, such as `https://123456789012.dkr.ecr.ap-southeast-1.amazonaws.com`.
        username: Empty for anonymous access.
        password: Never logged.
        pause: Sleeps between attempts.
    """

    def __init__(
        self,
        url: str,
        username: str = "",
        password: str = "",
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transport = Transport(url, username, password, pause)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    @property
    def host(self) -> str:
        """The address without its scheme, as image names have it."""
        return self._transport.host

    async def has_blob(self, repository: str, digest: str) -> bool:
        """Whether a repository holds a blob."""
        answer = await self._transport.ask("HEAD", repository, f"/v2/{repository}/blobs/{digest}", good=(200, 404))
        return answer.status_code == 200

    async def mount_blob(self, repository: str, digest: str, source: str) -> bool:
        """Take a blob over from another repository of this registry; False when it will not (ECR: BLOB_MOUNTING)."""
        url = f"/v2/{repository}/blobs/uploads/?mount={digest}&from={source}"
        answer = await self._transport.ask("POST", repository, url, good=(201, 202))
        if answer.status_code == 201:
            return True
        await self._transport.ask("DELETE", repository, answer.headers["location"], good=(200, 202, 204, 404, 405))
        return False

    async def put_blob(self, repository: str, digest: str, content: Path | bytes) -> None:
        """Upload a blob.

        Raises:
            CloudError: The registry refuses it, or does not answer after bounded retries.
        """
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        headers = {"content-length": str(size), "content-type": "application/octet-stream"}

        async def attempt() -> None:
            send = self._transport.send
            begun = await send("POST", repository, f"/v2/{repository}/blobs/uploads/", good=(202,))
            body = content if isinstance(content, bytes) else _chunks(content)
            sent = await send("PATCH", repository, begun.headers["location"], good=(202,), headers=headers, body=body)
            location = sent.headers["location"]
            await send("PUT", repository, f"{location}{'&' if '?' in location else '?'}digest={digest}", good=(201,))

        # An upload that broke off cannot be taken up again safely: it is begun anew.
        await self._transport.repeat(attempt, f"uploading {digest} to {repository}")

    async def put_small(self, repository: str, content: bytes) -> str:
        """Upload a small blob unless it is there; returns its digest.

        Raises:
            CloudError: As for `put_blob`.
        """
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if not await self.has_blob(repository, digest):
            await self.put_blob(repository, digest, content)
        return digest

    async def blob(self, repository: str, digest: str) -> bytes:
        """A small blob, such as a configuration.

        Raises:
            CloudError: When it is not there, or not what its digest says.
        """
        answer = await self._transport.ask("GET", repository, f"/v2/{repository}/blobs/{digest}", good=(200,))
        self._check(digest, hashlib.sha256(answer.content).hexdigest())
        return answer.content

    async def download(self, repository: str, digest: str, into: Path) -> None:
        """Stream a blob to a file; the file is there whole or not at all.

        Raises:
            CloudError: When it is not there, or not what its digest says.
            BuildError: When the disk is full.
        """
        url = f"/v2/{repository}/blobs/{digest}"
        # Another build may be fetching the same blob.
        growing = into.with_name(f"{into.name}.{uuid.uuid4().hex}")

        async def attempt() -> None:
            await self._transport.ask("HEAD", repository, url, good=(200,))
            hashed = hashlib.sha256()
            async with self._transport.stream(repository, url) as chunks:
                with growing.open("wb") as file:
                    async for chunk in chunks:
                        hashed.update(chunk)
                        file.write(chunk)
            self._check(digest, hashed.hexdigest())
            growing.replace(into)

        try:
            with clear_when_full("a blob"):
                await self._transport.repeat(attempt, f"downloading {digest} from {repository}")
        finally:
            growing.unlink(missing_ok=True)

    async def manifest(self, repository: str, reference: str) -> StoredManifest | None:
        """A manifest or index by tag or digest; None when there is none.

        Raises:
            CloudError: The content is not what its digest says.
        """
        headers = {"accept": ", ".join(MANIFEST_TYPES)}
        url = f"/v2/{repository}/manifests/{reference}"
        answer = await self._transport.ask("GET", repository, url, good=(200, 404), headers=headers)
        if answer.status_code == 404:
            # That the repository itself is missing is not the same as a missing image.
            if refusal(answer)[0] == "NAME_UNKNOWN":
                self._transport.judge(answer, (200,))
            return None
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        if ":" in reference:
            self._check(reference, digest.removeprefix("sha256:"))
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        return StoredManifest(digest, media_type, answer.content)

    async def put_manifest(self, repository: str, tag: str, content: bytes, media_type: str) -> str:
        """Store a manifest under a tag; returns its digest. That the tag holds it already is a success.

        Raises:
            Moved: An immutable tag holds another image.
            CloudError: The registry refuses it otherwise.
        """
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        url = f"/v2/{repository}/manifests/{tag}"
        headers = {"content-type": media_type}
        answer = await self._transport.ask("PUT", repository, url, good=(200, 201, 400), headers=headers, body=content)
        if answer.status_code != 400:
            return digest
        held = await self.manifest(repository, tag) if refusal(answer)[0] == "TAG_INVALID" else None
        if held is None:
            self._transport.judge(answer, (201,))
        elif held.digest != digest:
            raise Moved(f"tag {tag} of {repository} holds {held.digest} already", where=self.host, code="TAG_INVALID")
        return digest

    def _check(self, digest: str, true: str) -> None:
        if digest != f"sha256:{true}":
            raise CloudError(f"the registry sent content of digest sha256:{true} as {digest}", where=self.host)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
