"""Strategy `pointer`: every release under its own immutable prefix, and a key a distribution that says which.

The viewer-request function beside this file (`viewer_request.js`) reads the keys `release` and `runtime` from the
KeyValueStore of its distribution. Promotion and rollback are one UpdateKeys call.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.cloud.patience import Patience
from tidegate.cloud.ports import Cloud, Distribution
from tidegate.errors import CloudError, ConfigError, Moved, NotFound
from tidegate.model.snapshot import SitePointer, SiteSnapshot
from tidegate.targets.site import SiteAddress, SiteBundle, SiteFile
from tidegate.targets.together import together

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "public, max-age=0, must-revalidate"
UPLOADS_AT_ONCE = 8
SHARED = "assets/"
"""The folder whose files `viewer_request.js` answers for all releases; all else lies below a release's prefix."""


def prefix_of(release: str) -> str:
    """The key prefix of a bundle, such as `releases/<hex>`; empty for no release."""
    return f"releases/{release.removeprefix('sha256:')}" if release else ""


def release_of(prefix: str) -> str:
    """The bundle digest that a prefix stands for; empty for an empty prefix."""
    return f"sha256:{prefix.removeprefix('releases/')}" if prefix else ""


@dataclass(frozen=True, slots=True)
class PointerSite:
    """A site with a KeyValueStore a distribution."""

    cloud: Cloud
    address: SiteAddress
    patience: Patience = field(default_factory=Patience)

    async def observe(self) -> SiteSnapshot:
        """Read both pointers at once."""
        test, app = await asyncio.gather(self._pointer(self.address.test), self._pointer(self.address.app))
        return SiteSnapshot(test, app)

    async def upload(self, bundle: SiteBundle) -> int:
        """Write what is not there yet; a marker, written last, says that the bundle is whole."""
        if await self.has(bundle.digest):
            return 0
        prefix = prefix_of(bundle.digest)
        there = {item.key for item in await self.cloud.buckets.keys(self.address.bucket, SHARED)}
        gate = asyncio.Semaphore(UPLOADS_AT_ONCE)

        async def one(file: SiteFile) -> int:
            key = file.path if file.path.startswith(SHARED) else f"{prefix}/{file.path}"
            async with gate:
                if key in there:
                    await self._same(key, file)
                    return 0
                await self.cloud.buckets.write(
                    self.address.bucket,
                    key,
                    file.source,
                    content_type=file.content_type,
                    cache_control=IMMUTABLE if file.hashed else REVALIDATE,
                )
            return 1

        written = sum(await together(one(file) for file in bundle.files))
        listing = json.dumps(sorted(file.path for file in bundle.files)).encode()
        await self.cloud.buckets.write(
            self.address.bucket,
            _marker(bundle.digest),
            listing,
            content_type="application/json",
            cache_control=REVALIDATE,
        )
        return written

    async def has(self, release: str) -> bool:
        """Whether the marker of a bundle is there, and every file that it names."""
        listing = await self._listing(release)
        if listing is None:
            return False
        bucket, prefix = self.address.bucket, f"{prefix_of(release)}/"
        own, shared = await asyncio.gather(
            self.cloud.buckets.keys(bucket, prefix), self.cloud.buckets.keys(bucket, SHARED)
        )
        there = {item.key.removeprefix(prefix) for item in own} | {item.key for item in shared}
        return there.issuperset(listing)

    async def page(self, release: str) -> bytes | None:
        """See `SiteTarget.page`."""
        try:
            return (await self.cloud.buckets.read(self.address.bucket, f"{prefix_of(release)}/index.html"))[0]
        except NotFound:
            return None

    def serves(self, snapshot: SiteSnapshot, release: str) -> bool:
        """Whether APP's pointer is at a bundle; TEST's has no part in it."""
        return snapshot.app.release == release

    async def show_candidate(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        """Move TEST's pointer."""
        await self._point(release, expected, runtime)

    async def promote(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        """Move APP's pointer."""
        await self._point(release, expected, runtime)

    async def fence(self, snapshot: SiteSnapshot, note: str) -> None:
        """Write a key that nobody reads: a store's ETag covers all its keys."""
        for pointer in (snapshot.test, snapshot.app):
            await self._write({"fence": note}, pointer)

    async def _point(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        if release and await self._listing(release) is None:
            raise NotFound(
                f"bundle {release[:19]} is not in the bucket, so no pointer moves to it",
                where=f"s3://{self.address.bucket}/{_marker(release)}",
                what_next="upload it first: `tidegate run` of its commit does",
            )
        key = await self._write_runtime(runtime)
        await self._write({"release": prefix_of(release), "runtime": key}, expected)

    async def _write(self, wanted: Mapping[str, str], expected: SitePointer) -> None:
        """Write keys of a pointer's store; a lost answer is told from a stranger's write by observing again."""
        store = (await self._distribution(expected.distribution)).store

        async def look(lost: CloudError) -> str | None:
            found, etag = await self.cloud.edges.pointers(store)
            if wanted.items() <= found.items():
                return etag
            if etag == expected.etag:
                return None
            raise _stranger(lost, expected, release_of(found.get("release", ""))) from lost

        await self.patience.write(lambda: self.cloud.edges.point(store, wanted, expected.etag), look)

    async def _same(self, key: str, file: SiteFile) -> None:
        """See that a file of the shared folder is what lies there: overwritten, users would get it untested."""
        if file.hashed or (await self.cloud.buckets.read(self.address.bucket, key))[0] == file.source.read_bytes():
            return
        raise ConfigError(
            f"{key} is another file than the releases before have under this name",
            where=f"s3://{self.address.bucket}/{key}",
            what_next=f"releases share {SHARED}: put a hash into the name of the file, or move it out of there",
        )

    async def _listing(self, release: str) -> list[str] | None:
        """The files of a bundle as its marker names them; None without a marker."""
        try:
            marker, _ = await self.cloud.buckets.read(self.address.bucket, _marker(release))
        except NotFound:
            return None
        return [str(path) for path in json.loads(marker)]

    async def _write_runtime(self, runtime: Mapping[str, str]) -> str:
        """Write a runtime file where it is not there yet, and return its key.

        The key is made of the content, so that nobody's write changes what a pointer serves: only a pointer does.
        """
        body = json.dumps(dict(runtime), sort_keys=True).encode()
        key = f"runtime/{hashlib.sha256(body).hexdigest()[:16]}.json"
        try:
            await self.cloud.buckets.read(self.address.bucket, key)
        except NotFound:
            await self.cloud.buckets.write(
                self.address.bucket, key, body, content_type="application/json", cache_control="no-store"
            )
        return key

    async def _pointer(self, identity: str) -> SitePointer:
        distribution = await self._distribution(identity)
        values, etag = await self.cloud.edges.pointers(distribution.store)
        return SitePointer(identity, distribution.domain, release_of(values.get("release", "")), etag)

    async def _distribution(self, identity: str) -> Distribution:
        distribution = await self.cloud.edges.distribution(identity)
        if not distribution.store:
            raise ConfigError(
                f"distribution {identity} has no viewer-request function with a KeyValueStore",
                where="site.strategy: pointer",
                what_next="associate Tidegate's viewer-request function, or use `strategy: invalidation`",
            )
        return distribution


def _marker(release: str) -> str:
    return f"bundles/{release.removeprefix('sha256:')}.json"


def _stranger(lost: CloudError, expected: SitePointer, found: str) -> Moved:
    there, want = found[:19] or "nothing", expected.release[:19] or "nothing"
    return Moved(
        f"somebody else moved the pointer: expected {want}, found {there}",
        where=f"distribution {expected.distribution}",
        what_next="find out who deploys here besides Tidegate, then `tidegate resume`",
        code=lost.code,
    )
