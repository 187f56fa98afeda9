"""The buckets port over Amazon S3."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import StoredObject
from tidegate.errors import CloudError, Moved, NotFound

DELETE_BATCH = 1000
"""AWS API: DeleteObjects takes at most 1,000 keys."""


class AwsBuckets:
    """Amazon S3 behind `ports.Buckets`. ETags are opaque: they keep the quotes that S3 puts around them."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def keys(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """All objects below a prefix."""

        def call() -> tuple[StoredObject, ...]:
            pages = self._wire.clients.buckets.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return tuple(
                StoredObject(found["Key"], found["ETag"], found["Size"])
                for page in pages
                for found in page.get("Contents", ())
            )

        return await self._wire.ask(_where(bucket, prefix), call)

    async def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        """Body and ETag; `NotFound` without the object."""

        def call() -> tuple[bytes, str]:
            answer = self._wire.clients.buckets.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as stream:
                return stream.read(), answer["ETag"]

        return await self._wire.ask(_where(bucket, key), call)

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
        """Write an object; returns its ETag.

        Args:
            bucket: Bucket name.
            key: Object key.
            body: Bytes, or a file to stream.
            content_type: MIME type.
            cache_control: Cache-Control header that edges and browsers will see.
            expect: None writes in any case, and again after a lost answer; empty demands that the object does not exist
                yet; else its ETag.
        """
        run = self._wire.ask if expect is None else self._wire.tell
        properties: dict[str, Any] = {"ContentType": content_type, "CacheControl": cache_control}
        if expect is not None:
            properties |= {"IfMatch": expect} if expect else {"IfNoneMatch": "*"}

        def call() -> str:
            with _opened(body) as content:
                return self._wire.clients.buckets.put_object(Bucket=bucket, Key=key, Body=content, **properties)["ETag"]

        try:
            return await run(_where(bucket, key), call, changes=True)
        except NotFound as error:
            if expect and error.code == "NoSuchKey":  # AWS API: PutObject with If-Match, the object was deleted
                raise Moved(error.what, where=error.where, code=error.code) from error
            raise

    async def delete(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist are no error."""
        for first in range(0, len(keys), DELETE_BATCH):
            await self._delete(bucket, keys[first : first + DELETE_BATCH])

    async def _delete(self, bucket: str, keys: Sequence[str]) -> None:
        answer = await self._wire.ask(
            _where(bucket, keys[0]),
            lambda: self._wire.clients.buckets.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            ),
            changes=True,
        )
        if failed := answer.get("Errors"):
            first = failed[0]
            raise CloudError(
                f"{len(failed)} of {len(keys)} objects were not deleted: {first.get('Message', 'no reason given')}",
                where=_where(bucket, first.get("Key", "")),
                code=first.get("Code", ""),
            )


def _where(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"


@contextlib.contextmanager
def _opened(body: bytes | Path) -> Iterator[bytes | IO[bytes]]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as content:
        yield content
