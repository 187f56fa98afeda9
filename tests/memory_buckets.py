"""Amazon S3 in memory, conditional writes included."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.memory_wire import Wire
from tidegate.cloud.ports import StoredObject
from tidegate.errors import Moved, NotFound


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was written."""

    body: bytes
    etag: str
    content_type: str
    cache_control: str


Objects = dict[tuple[str, str], Stored]


class MemoryBuckets:
    """Amazon S3. `objects` is (bucket, key) → object; a stranger writes through `put`."""

    def __init__(self, wire: Wire, objects: Objects) -> None:
        self._wire = wire
        self.objects = objects

    def below(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys below a prefix."""
        return sorted(key for there, key in self.objects if there == bucket and key.startswith(prefix))

    def put(self, bucket: str, key: str, body: bytes, content_type: str = "", cache_control: str = "") -> str:
        """PutObject; returns the ETag."""
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        self.objects[bucket, key] = Stored(body, etag, content_type, cache_control)
        return etag

    async def keys(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        def call() -> tuple[StoredObject, ...]:
            found = [(key, self.objects[bucket, key]) for key in self.below(bucket, prefix)]
            return tuple(StoredObject(key, stored.etag, len(stored.body)) for key, stored in found)

        return await self._wire.ask(f"buckets.keys {bucket} {prefix}", call)

    async def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        def call() -> tuple[bytes, str]:
            stored = self.objects.get((bucket, key))
            if stored is None:
                raise NotFound(f"s3://{bucket}/{key} does not exist", code="NoSuchKey")
            return stored.body, stored.etag

        return await self._wire.ask(f"buckets.read {key}", call)

    async def write(
        self,
        bucket: str,
        key: str,
        body: bytes | Path,
        *,
        content_type: str,
        cache_control: str,
        expect: str | None = None,
    ) -> str:
        content = body if isinstance(body, bytes) else body.read_bytes()

        def call() -> str:
            current = self.objects.get((bucket, key))
            if expect is not None and expect != (current.etag if current else ""):
                raise Moved(f"s3://{bucket}/{key} has another ETag", code="PreconditionFailed")
            return self.put(bucket, key, content, content_type, cache_control)

        return await self._wire.tell(f"buckets.write {key}", call)

    async def delete(self, bucket: str, keys: Sequence[str]) -> None:
        def call() -> None:
            for key in keys:
                self.objects.pop((bucket, key), None)

        await self._wire.tell("buckets.delete", call)
