"""An edge over in-memory buckets, with a clock that tests set; asked through its ASGI interface."""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tidegate.localcloud.cloudfront.buckets import BucketObject
from tidegate.localcloud.cloudfront.distributions import Delays
from tidegate.localcloud.cloudfront.edge import Edge
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.state import CloudFrontState

ACCOUNT = "123456789012"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


@dataclass
class MemoryBuckets:
    """Buckets in memory; counts how often an origin was asked."""

    objects: dict[tuple[str, str], BucketObject] = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: {"site"})
    listable: bool = False
    asked: int = 0

    def put(self, key: str, body: bytes | str, bucket: str = "site", **headers: str) -> str:
        content = body.encode() if isinstance(body, str) else body
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.objects[bucket, key] = BucketObject({"content-type": "text/html", "etag": etag, **named}, content)
        return etag

    async def s3_object(self, account: str, bucket: str, key: str) -> BucketObject | None:
        assert account == ACCOUNT
        self.asked += 1
        return self.objects.get((bucket, key))

    async def s3_lists_publicly(self, account: str, bucket: str) -> bool | None:
        return self.listable if bucket in self.names and account == ACCOUNT else None


def config(**changes: Any) -> dict[str, Any]:
    behaviour = {"TargetOriginId": "s3", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED}
    origin = {
        "Id": "s3",
        "DomainName": "site.s3.eu-west-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    return {
        "CallerReference": "first",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin | changes.pop("origin", {})]},
        "DefaultCacheBehavior": behaviour | changes.pop("behaviour", {}),
    } | changes


def legacy(minimum: int, default: int, maximum: int, *, query: bool = False) -> dict[str, Any]:
    """A behaviour without a cache policy."""
    forwarded = {"QueryString": query, "Cookies": {"Forward": "none"}}
    return {
        "CachePolicyId": None, "ForwardedValues": forwarded, "MinTTL": minimum, "DefaultTTL": default, "MaxTTL": maximum
    }  # fmt: skip


@dataclass
class World:
    """One account with a clock."""

    buckets: MemoryBuckets = field(default_factory=MemoryBuckets)
    state: CloudFrontState = field(default_factory=lambda: CloudFrontState(ACCOUNT, Delays(10, 10, 0)))
    now: float = 1_000_000.0
    edges: dict[str, Edge] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def stamp(self) -> Stamp:
        number = next(self._numbers)
        return Stamp(self.now, f"ID{number}", f"ETAG{number}")

    def distribution(self, **changes: Any) -> str:
        given = config(**{"CallerReference": f"reference-{next(self._numbers)}"} | changes)
        self.state.check_new_distribution(given)
        made = self.state.distributions.create(given, "127.0.0.1:1", {}, self.stamp())
        self.edges[made.id] = Edge(
            made.id, self.state, self.buckets, ACCOUNT, lambda: self.now, lambda: f"request-{next(self._numbers)}"
        )
        return made.id

    def function(self, code: str, store: str | None = None, name: str = "f") -> str:
        associations = {"Quantity": 1, "Items": [{"KeyValueStoreARN": store}]} if store else {"Quantity": 0}
        given = {"Comment": "", "Runtime": "cloudfront-js-2.0", "KeyValueStoreAssociations": associations}
        made = self.state.create_function(name, given, code.encode(), self.stamp())
        self.state.functions.publish(name, made.development.etag, self.stamp())
        return made.arn

    def store(self, pairs: Mapping[str, str], name: str = "store") -> str:
        made = self.state.stores.create(name, "", self.stamp())
        self.point(made.arn, pairs)
        return made.arn

    def point(self, arn: str, pairs: Mapping[str, str]) -> None:
        store = self.state.stores.by_arn(arn)
        self.state.stores.change(arn, pairs, [], store.pairs_etag, self.stamp())

    def invalidate(self, distribution: str, *paths: str) -> None:
        """Ask for an invalidation and wait for it."""
        self.state.distributions.invalidate(distribution, f"reference-{next(self._numbers)}", paths, self.stamp())
        self.now += 10

    async def ask(self, distribution: str, path: str = "/", method: str = "GET", **headers: str) -> httpx.Response:
        named = {"accept-encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self.edges[distribution])
        async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
            return await client.request(method, path, headers=named)


@pytest.fixture
def world() -> World:
    return World()
