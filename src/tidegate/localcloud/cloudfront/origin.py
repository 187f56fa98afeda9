"""The port through which an edge reads S3, and what S3 answers there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class OriginAnswer:
    """An origin's answer to one GET; header names in lower case.

    Attributes:
        key: The object's key in its bucket; None when there is no object.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    key: str | None

    @property
    def etag(self) -> str:
        """The object's ETag as it stands in the header, quotes included; "" for an error."""
        return self.headers.get("etag", "")


class StoredObject(Protocol):
    """One object of a bucket: header names in lower case, among them `etag` and `content-type`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What S3 sends along."""

    @property
    def body(self) -> bytes:
        """The whole content."""


class Buckets(Protocol):
    """Reads the buckets of the embedded cloud."""

    async def s3_object(self, account: str, bucket: str, key: str) -> StoredObject | None:
        """The object, or None when bucket or key do not exist."""

    async def s3_lists_publicly(self, account: str, bucket: str) -> bool | None:
        """Whether the bucket's policy lets CloudFront list it; None when there is no such bucket."""


async def fetch(buckets: Buckets, account: str, bucket: str, key: str) -> OriginAnswer:
    """GET one object as S3 answers CloudFront.

    A missing key is 404 NoSuchKey only for who may list the bucket, else 403 AccessDenied (S3 API: GetObject).
    """
    found = await buckets.s3_object(account, bucket, key) if key else None
    if found is not None:
        return OriginAnswer(200, found.headers, found.body, key)
    listable = await buckets.s3_lists_publicly(account, bucket)
    if listable is None:
        return _error(404, "NoSuchBucket", "The specified bucket does not exist")
    if listable:
        return _error(404, "NoSuchKey", f"The specified key does not exist: {key}")
    return _error(403, "AccessDenied", "Access Denied")


def _error(status: int, code: str, message: str) -> OriginAnswer:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message, {chr(0): ''})}</Message></Error>"
    )
    return OriginAnswer(status, {"content-type": "application/xml"}, body.encode("utf-8", "replace"), None)
