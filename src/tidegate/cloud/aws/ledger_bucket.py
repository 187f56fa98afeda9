"""The bucket that a ledger is kept in, over Amazon S3: synchronous, and every write conditional."""

from collections.abc import Callable
from typing import TypeVar

from botocore.config import Config

from tidegate.cloud.aws.clients import Clients, Session
from tidegate.cloud.aws.faults import BOTO_ERRORS, fault
from tidegate.errors import Moved, NotFound

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0

T = TypeVar("T")


class LedgerBucket:
    """A bucket behind `ledger.bucket.Bucket`.

    Attributes:
        where: For messages.

    Args:
        name: The bucket.
        prefix: What all keys are below; empty for the bucket itself.
        region: AWS region.
        endpoint: URL of the embedded cloud or of another emulator; None for AWS.
        attempts: How often a request is made that was not answered. The ledger asks once, since it knows what a lost
            answer to its write means; a write that is asked for again may meet what it wrote itself, as `Moved`.
    """

    def __init__(self, name: str, prefix: str, region: str, endpoint: str | None, *, attempts: int = 1) -> None:
        self.where = f"s3://{name}/{prefix}".rstrip("/")
        self._name = name
        self._prefix = f"{prefix}/" if prefix else ""
        self._clients = Clients(Session(region, endpoint), _config(attempts))

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return an object and its ETag; None when there is none."""

        def call() -> tuple[bytes, str]:
            answer = self._clients.buckets.get_object(Bucket=self._name, Key=self._prefix + key)
            with answer["Body"] as stream:
                return stream.read(), answer["ETag"]

        try:
            return self._ask(key, call)
        except NotFound as missing:
            if missing.code == "NoSuchKey":
                return None
            raise

    def put(self, key: str, body: bytes, expect: str = "") -> str:
        """Write an object whose ETag is still `expect`, or when that is empty one that is not there; return its ETag.

        Raises:
            Moved: Another one is there, or none where one was expected.
        """
        condition = {"IfMatch": expect} if expect else {"IfNoneMatch": "*"}

        def call() -> str:
            put = self._clients.buckets.put_object
            return put(Bucket=self._name, Key=self._prefix + key, Body=body, **condition)["ETag"]  # type: ignore[arg-type]

        try:
            return self._ask(key, call)
        except NotFound as missing:
            if missing.code == "NoSuchKey":  # AWS API: PutObject with If-Match, the object was deleted
                raise Moved(missing.what, where=missing.where, code=missing.code) from missing
            raise

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`."""

        def call() -> list[str]:
            pages = self._clients.buckets.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=self._prefix + prefix
            )
            return [found["Key"].removeprefix(self._prefix) for page in pages for found in page.get("Contents", ())]

        return self._ask(prefix, call)

    def close(self) -> None:
        """Let go of connections."""
        self._clients.close()

    def _ask(self, key: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except BOTO_ERRORS as error:
            raise fault(error, f"{self.where}/{key}") from error


def _config(attempts: int) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
        user_agent_extra="tidegate",
    )
