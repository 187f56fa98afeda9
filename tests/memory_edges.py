"""Amazon CloudFront in memory: distributions, KeyValueStores, and what an edge answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.memory_buckets import Objects
from tests.memory_wire import Wire
from tidegate.cloud.ports import Distribution
from tidegate.errors import Moved, NotFound, Unreachable


@dataclass(slots=True)
class EdgesState:
    """What CloudFront holds: distributions by id, KeyValueStores by ARN, and the invalidations that were asked for."""

    distributions: dict[str, Distribution] = field(default_factory=dict)
    stores: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)
    invalidations: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


class MemoryEdges:
    """Amazon CloudFront and its KeyValueStore. A stranger writes through `move`."""

    def __init__(self, wire: Wire, state: EdgesState) -> None:
        self._wire = wire
        self.distributions = state.distributions
        self.stores = state.stores
        self.invalidations = state.invalidations

    def create(self, identity: str, bucket: str, *, store: bool = True) -> None:
        """A distribution of a bucket, with or without a KeyValueStore."""
        domain = f"{identity.lower()}.cloudfront.test"
        arn = f"kvs/{identity}" if store else ""
        self.distributions[identity] = Distribution(identity, f"https://{domain}", domain, arn, bucket)
        if store:
            self.stores[arn] = ({}, self._wire.clock.revision())

    def move(self, identity: str, **values: str) -> None:
        """A stranger's UpdateKeys."""
        arn = self.distributions[identity].store
        self.stores[arn] = ({**self.stores[arn][0], **values}, self._wire.clock.revision())

    async def distribution(self, identity: str) -> Distribution:
        def call() -> Distribution:
            if identity not in self.distributions:
                raise NotFound(f"distribution {identity} does not exist", code="NoSuchDistribution")
            return self.distributions[identity]

        return await self._wire.ask(f"edges.distribution {identity}", call)

    async def invalidate(self, identity: str, paths: Sequence[str], reference: str) -> str:
        def call() -> str:
            self.invalidations[identity, reference] = tuple(paths)
            return reference

        return await self._wire.tell(f"edges.invalidate {identity}", call)

    async def pointers(self, store: str) -> tuple[Mapping[str, str], str]:
        return await self._wire.ask(f"edges.pointers {store}", lambda: self.stores[store])

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        def call() -> str:
            pairs, current = self.stores[store]
            if etag != current:
                raise Moved(f"{store} has another ETag", code="ConflictException")
            made = self._wire.clock.revision()
            self.stores[store] = ({**pairs, **values}, made)
            return made

        return await self._wire.tell(f"edges.point {store}", call)


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
        site = next((one for one in self._edges.distributions.values() if f"{one.url}/" == url), None)
        if site is None:
            raise Unreachable(f"{url} does not answer")
        prefix = f"{self._edges.stores[site.store][0].get('release', '')}/" if site.store else ""
        stored = self._objects.get((site.origin, f"{prefix}index.html"))
        return (200, stored.body) if stored else (503, b"No release is deployed here.")
