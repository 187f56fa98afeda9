"""The port to a bucket whose writes can be made to depend on what is there."""

from typing import Protocol


class Bucket(Protocol):
    """Objects by key, each with an ETag that tells one content from another. Shared by threads.

    All methods may raise `errors.CloudError`: `NotFound` where the bucket itself is not there, `Unreachable` where
    nobody knows whether a write happened, `Throttled` where it did not.
    """

    where: str
    """The bucket, and the prefix that all keys are below, for messages: `s3://bucket/prefix`."""

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return an object and its ETag; None when there is none."""

    def put(self, key: str, body: bytes, expect: str = "") -> str:
        """Write an object whose ETag is still `expect`, or when that is empty one that is not there; return its ETag.

        Raises:
            errors.Moved: Another one is there, or none where one was expected.
        """

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`."""

    def close(self) -> None:
        """Let go of connections. Closing twice is harmless."""
