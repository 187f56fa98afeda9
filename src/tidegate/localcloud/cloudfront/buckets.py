"""Reads S3 for edges straight from moto's backend: no HTTP, no signature."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

# moto keeps these request headers with an object, or they are the edge's to compute.
_NOT_SENT = frozenset({"content-length", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm"})


class Moto(Protocol):
    """What is needed of the embedded cloud's moto: exclusive access to its backends."""

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread while nothing else touches moto's backends."""


@dataclass(frozen=True, slots=True)
class BucketObject:
    """One object: header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


class MotoBuckets:
    """The buckets of the embedded cloud. Edges may read all of them: bucket policies are asked about listing only."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    async def s3_object(self, account: str, bucket: str, key: str) -> BucketObject | None:
        """The object, or None when bucket or key do not exist."""
        return await self._moto.run(lambda: _object(account, bucket, key))

    async def s3_lists_publicly(self, account: str, bucket: str) -> bool | None:
        """Whether the bucket's policy grants s3:ListBucket; None when there is no such bucket."""
        return await self._moto.run(lambda: _lists(account, bucket))


def _bucket(account: str, name: str) -> Any:
    from moto.s3.models import s3_backends  # noqa: PLC0415 - moto is loaded lazily

    return s3_backends[account]["aws"].buckets.get(name)


def _object(account: str, bucket: str, key: str) -> BucketObject | None:
    from moto.s3.models import FakeKey  # noqa: PLC0415 - moto is loaded lazily

    holder = _bucket(account, bucket)
    found = None if holder is None else holder.keys.get(key)
    if not isinstance(found, FakeKey):
        return None
    headers = {name.lower(): str(value) for name, value in {**found.metadata, **found.response_dict}.items()}
    return BucketObject({name: headers[name] for name in headers if name not in _NOT_SENT}, bytes(found.value))


def _lists(account: str, bucket: str) -> bool | None:
    holder = _bucket(account, bucket)
    if holder is None:
        return None
    if holder.policy is None:
        return False
    statements = json.loads(holder.policy)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        actions = statement.get("Action", [])
        granted = {actions} if isinstance(actions, str) else set(actions)
        if statement.get("Effect") == "Allow" and granted & {"s3:ListBucket", "s3:List*", "s3:*", "*"}:
            return True
    return False
