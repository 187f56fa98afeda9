"""The cloud ports in memory, with what AWS promises: revisions, preconditions, states that settle, faults on order."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.memory_functions import MemoryFunctions
from tests.memory_wire import Wire
from tidegate.cloud.ports import Cloud, Distribution, LogLine, RegistryAccess, StoredObject
from tidegate.errors import Moved, NotFound, Unreachable


@dataclass(frozen=True)
class Stored:
    body: bytes
    etag: str
    content_type: str
    cache_control: str


class MemoryBuckets:
    """Amazon S3: `objects` is (bucket, key) → object."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.objects: dict[tuple[str, str], Stored] = {}

    def below(self, bucket: str, prefix: str = "") -> list[str]:
        return sorted(key for there, key in self.objects if there == bucket and key.startswith(prefix))

    def put(self, bucket: str, key: str, body: bytes, content_type: str = "", cache_control: str = "") -> None:
        """PutObject; a stranger's when called from outside."""
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        self.objects[bucket, key] = Stored(body, etag, content_type, cache_control)

    async def keys(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        found = [(key, self.objects[bucket, key]) for key in self.below(bucket, prefix)]
        return tuple(StoredObject(key, stored.etag, len(stored.body)) for key, stored in found)

    async def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        stored = self.objects.get((bucket, key))
        if stored is None:
            raise NotFound(f"s3://{bucket}/{key} does not exist", code="NoSuchKey")
        return stored.body, stored.etag

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
        with self._wire.write(f"buckets.write {key}"):
            current = self.objects.get((bucket, key))
            if expect is not None and expect != (current.etag if current else ""):
                raise Moved(f"s3://{bucket}/{key} has another ETag", code="PreconditionFailed")
            self.put(bucket, key, content, content_type, cache_control)
        return self.objects[bucket, key].etag

    async def delete(self, bucket: str, keys: Sequence[str]) -> None:
        with self._wire.write("buckets.delete"):
            for key in keys:
                self.objects.pop((bucket, key), None)


class MemoryEdges:
    """Amazon CloudFront: distributions, KeyValueStores, and the invalidations that were asked for."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.distributions: dict[str, Distribution] = {}
        self.stores: dict[str, tuple[dict[str, str], str]] = {}
        self.invalidations: dict[tuple[str, str], tuple[str, ...]] = {}

    def create(self, identity: str, bucket: str, *, store: bool = True) -> None:
        domain = f"{identity.lower()}.cloudfront.test"
        arn = f"kvs/{identity}" if store else ""
        self.distributions[identity] = Distribution(identity, f"https://{domain}", domain, arn, bucket)
        if store:
            self.stores[arn] = ({}, self._wire.revision())

    def move(self, identity: str, **values: str) -> None:
        """A stranger's UpdateKeys."""
        arn = self.distributions[identity].store
        self.stores[arn] = ({**self.stores[arn][0], **values}, self._wire.revision())

    async def distribution(self, identity: str) -> Distribution:
        if identity not in self.distributions:
            raise NotFound(f"distribution {identity} does not exist", code="NoSuchDistribution")
        return self.distributions[identity]

    async def invalidate(self, identity: str, paths: Sequence[str], reference: str) -> str:
        with self._wire.write(f"edges.invalidate {identity}"):
            self.invalidations[identity, reference] = tuple(paths)
        return reference

    async def pointers(self, store: str) -> tuple[Mapping[str, str], str]:
        return self.stores[store]

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        with self._wire.write(f"edges.point {store}"):
            pairs, current = self.stores[store]
            if etag != current:
                raise Moved(f"{store} has another ETag", code="ConflictException")
            self.stores[store] = ({**pairs, **values}, self._wire.revision())
        return self.stores[store][1]


class MemoryImages:
    """Amazon ECR, with a registry that holds every image."""

    async def access(self) -> RegistryAccess:
        return RegistryAccess("http://registry.test", "AWS", "secret")

    async def exists(self, repository: str, digest: str) -> bool:
        return True


class MemoryLogs:
    """Amazon CloudWatch Logs without a line."""

    async def lines(self, group: str, since: float) -> tuple[LogLine, ...]:
        return ()


class MemoryProbe:
    """What an edge without a cache answers to a request for a site's first page."""

    def __init__(self, edges: MemoryEdges, buckets: MemoryBuckets) -> None:
        self._edges = edges
        self._buckets = buckets

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        site = next((one for one in self._edges.distributions.values() if f"{one.url}/" == url), None)
        if site is None:
            raise Unreachable(f"{url} does not answer")
        prefix = f"{self._edges.stores[site.store][0].get('release', '')}/" if site.store else ""
        stored = self._buckets.objects.get((site.origin, f"{prefix}index.html"))
        return (200, stored.body) if stored else (503, b"No release is deployed here.")


class MemoryCloud:
    """All ports over one `Wire`; `ports` is what Tidegate is given."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.functions = MemoryFunctions(self.wire)
        self.buckets = MemoryBuckets(self.wire)
        self.edges = MemoryEdges(self.wire)
        probe = MemoryProbe(self.edges, self.buckets)
        self.ports = Cloud(
            "123456789012", "local", "", self.functions, self.buckets, self.edges, MemoryImages(), MemoryLogs(), probe
        )

    async def pause(self, seconds: float) -> None:
        """Let the time pass, and others run."""
        self.wire.now += seconds
        await asyncio.sleep(0)
