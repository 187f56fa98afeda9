"""Amazon CloudFront in memory: the embedded state machines behind the edges port, and what an edge answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.memory_buckets import Objects
from tests.memory_faults import refuse
from tests.memory_wire import Wire
from tidegate.cloud.ports import Distribution
from tidegate.errors import Unreachable
from tidegate.localcloud.cloudfront import distributions as cloudfront
from tidegate.localcloud.cloudfront.behaviours import S3Origin
from tidegate.localcloud.cloudfront.distributions import Delays, Distributions
from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.stores import Stores

ACCOUNT = "123456789012"
CACHE_POLICY = "658327ea-f89d-4fab-a63d-7e88639e58f6"  # CloudFront: Managed-CachingOptimized
POLL_SECONDS = 1.0


@dataclass(slots=True)
class EdgesState:
    """What CloudFront holds.

    Attributes:
        keys: KeyValueStores; edges see a change of them `keys.propagation` seconds later.
        sites: Distributions; an invalidation takes `sites.delays.invalidate` seconds.
        held: Distribution → ARN of the KeyValueStore that its viewer-request function reads.
    """

    keys: Stores = field(default_factory=lambda: Stores(ACCOUNT))
    sites: Distributions = field(default_factory=lambda: Distributions(ACCOUNT, Delays(0.0, 0.0, 0.0)))
    held: dict[str, str] = field(default_factory=dict)

    def written(self, identity: str) -> Mapping[str, str]:
        """The keys of a distribution's KeyValueStore, as they were written last."""
        return self.keys.by_arn(self.held[identity]).pairs

    def seen(self, identity: str, now: float) -> Mapping[str, str]:
        """The same, as edges go by them: what users reach."""
        return self.keys.seen_by_edges(self.held[identity], now).pairs


class MemoryEdges:
    """Amazon CloudFront and its KeyValueStore. A stranger writes through `move`."""

    def __init__(self, wire: Wire, state: EdgesState) -> None:
        self._wire = wire
        self._clock = wire.clock
        self._state = state

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Every distribution, by id."""
        return {one.id: self._described(one) for one in self._state.sites.listed()}

    @property
    def invalidations(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The paths of every invalidation, by distribution and reference."""
        listed = self._state.sites.listed()
        return {(one.id, made.caller_reference): made.paths for one in listed for made in one.invalidations}

    def create(self, identity: str, bucket: str, *, store: bool = True) -> None:
        """A distribution of a bucket, with or without a KeyValueStore."""
        stamp = self._stamp(identity)
        self._state.sites.create(_config(identity, bucket), f"{identity.lower()}.cloudfront.test", {}, stamp)
        if store:
            self._state.held[identity] = self._state.keys.create(identity, "", stamp).arn

    def move(self, identity: str, **values: str) -> None:
        """A stranger's UpdateKeys."""
        arn = self._state.held[identity]
        self._state.keys.change(arn, values, (), self._state.keys.by_arn(arn).pairs_etag, self._stamp())

    def written(self, identity: str) -> Mapping[str, str]:
        """The keys of a distribution's KeyValueStore, as they were written last."""
        return self._state.written(identity)

    def delay(self, *, keys: float, invalidations: float) -> None:
        """Let edges lag: seconds until they see changed keys, and until an invalidation is completed."""
        self._state.keys.propagation = keys
        self._state.sites.delays = Delays(0.0, invalidations, keys)

    async def distribution(self, identity: str) -> Distribution:
        def call() -> Distribution:
            try:
                return self._described(self._state.sites.get(identity))
            except CloudFrontError as error:
                refuse("GetDistribution", error.code, error.message, f"distribution {identity}")

        return await self._wire.ask(f"edges.distribution {identity}", call)

    async def invalidate(self, identity: str, paths: Sequence[str], reference: str) -> str:
        def create() -> str:
            try:
                return self._state.sites.invalidate(identity, reference, tuple(paths), self._stamp(reference)).id
            except CloudFrontError as error:
                refuse("CreateInvalidation", error.code, error.message, f"distribution {identity}")

        def status() -> str:
            return self._state.sites.invalidation(identity, number).status(self._clock.now)

        number = await self._wire.tell(f"edges.invalidate {identity}", create)
        while await self._wire.ask(f"edges.invalidation {identity}", status) != "Completed":
            await self._wire.pause(POLL_SECONDS)
        return number

    async def pointers(self, store: str) -> tuple[Mapping[str, str], str]:
        def call() -> tuple[Mapping[str, str], str]:
            try:
                found = self._state.keys.by_arn(store)
            except CloudFrontError as error:
                refuse("ListKeys", error.code, error.message, store)
            return found.pairs, found.pairs_etag

        return await self._wire.ask(f"edges.pointers {_short(store)}", call)

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        def call() -> str:
            try:
                return self._state.keys.change(store, values, (), etag, self._stamp()).pairs_etag
            except CloudFrontError as error:
                refuse("UpdateKeys", error.code, error.message, store)

        return await self._wire.tell(f"edges.point {_short(store)}", call)

    def seen(self, url: str) -> tuple[S3Origin, Mapping[str, str] | None]:
        """What edges go by right now for a distribution's address: its origin, and the keys of its KeyValueStore.

        Raises:
            Unreachable: When no distribution has this address.
        """
        for site in self._state.sites.listed():
            if url == f"https://{site.domain}":
                keys = self._state.seen(site.id, self._clock.now) if site.id in self._state.held else None
                return site.serving(self._clock.now).default.origin, keys
        raise Unreachable(f"{url} does not answer", where=url)

    def _described(self, found: cloudfront.Distribution) -> Distribution:
        arn = self._state.held.get(found.id, "")
        return Distribution(found.id, f"https://{found.domain}", found.domain, arn, found.site.default.origin.bucket)

    def _stamp(self, identity: str = "") -> Stamp:
        return Stamp(self._clock.now, identity, self._clock.revision())


class MemoryProbe:
    """What an edge without a cache answers to a request for a site's first page."""

    def __init__(self, wire: Wire, edges: MemoryEdges, objects: Objects) -> None:
        self._wire = wire
        self._edges = edges
        self._objects = objects

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        return await self._wire.ask(f"probe.get {url}", lambda: self.served(url))

    def served(self, url: str) -> tuple[int, bytes]:
        """Status and body, as a user sees them: no wire of ours is in between."""
        origin, keys = self._edges.seen(url.removesuffix("/"))
        prefix = "" if keys is None else f"{keys.get('release', '')}/"
        stored = self._objects.get((origin.bucket, f"{prefix}index.html"))
        return (200, stored.body) if stored else (503, b"No release is deployed here.")


def _config(identity: str, bucket: str) -> dict[str, Any]:
    origin = {"Id": "site", "DomainName": f"{bucket}.s3.amazonaws.com", "OriginPath": ""}
    return {
        "CallerReference": identity,
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHE_POLICY,
        },
    }


def _short(arn: str) -> str:
    """A KeyValueStore as lines name it."""
    return f"kvs/{arn.rpartition('/')[2]}"
