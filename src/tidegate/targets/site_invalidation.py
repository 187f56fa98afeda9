"""Strategy `invalidation`: the reference's. One bucket, TEST invalidated, tests, APP invalidated.

It cannot keep promise 1: a cache miss at APP while tests run serves files that no test has seen. Nor promise 3: the
way back is putting the kept bundle back and invalidating both. Whoever uses it is told so.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.cloud.patience import Patience
from tidegate.cloud.ports import Cloud
from tidegate.errors import CloudError, Moved, NotFound
from tidegate.model.facts import BucketFacts
from tidegate.model.snapshot import SitePointer, SiteSnapshot
from tidegate.targets.site import SiteAddress, SiteBundle, SiteFile
from tidegate.targets.site_pointer import IMMUTABLE, UPLOADS_AT_ONCE, prefix_of
from tidegate.targets.together import together

WARNING = (
    "strategy invalidation: TEST and APP read one bucket, so a cache miss at APP serves untested files while tests "
    "run, and rollback copies files back; strategy pointer has neither weakness"
)
HTML = "public, max-age=300"
_STATE = "tidegate/pointers.json"
_RUNTIME = "runtime.json"
_KEPT = "tidegate"


@dataclass(frozen=True, slots=True)
class InvalidationSite:
    """A site with one bucket for both distributions. What each was last told to serve is kept in an object."""

    cloud: Cloud
    address: SiteAddress
    patience: Patience = field(default_factory=Patience)

    async def observe(self) -> SiteSnapshot:
        """Read what TEST and APP were last told to serve."""
        state, etag = await self._state()
        test, app = await asyncio.gather(
            self.cloud.edges.distribution(self.address.test), self.cloud.edges.distribution(self.address.app)
        )
        return SiteSnapshot(
            SitePointer(test.id, test.domain, state.get("test", ""), etag),
            SitePointer(app.id, app.domain, state.get("app", ""), etag),
        )

    async def upload(self, bundle: SiteBundle) -> int:
        """Keep the bundle under a prefix that no distribution maps to, for this deployment and for the way back."""
        if await self.has(bundle.digest):
            return 0
        prefix = f"{_KEPT}/{prefix_of(bundle.digest)}"
        gate = asyncio.Semaphore(UPLOADS_AT_ONCE)

        async def one(file: SiteFile) -> None:
            async with gate:
                await self.cloud.buckets.write(
                    self.address.bucket,
                    f"{prefix}/{file.path}",
                    file.source,
                    content_type=file.content_type,
                    cache_control=IMMUTABLE if file.hashed else HTML,
                )

        await together(one(file) for file in bundle.files)
        listing = [{"path": file.path, "type": file.content_type, "hashed": file.hashed} for file in bundle.files]
        await self._put(f"{prefix}.json", json.dumps(listing).encode(), "application/json", "no-store")
        return len(bundle.files)

    async def has(self, release: str) -> bool:
        """Whether a kept bundle is there whole."""
        kept = f"{_KEPT}/{prefix_of(release)}"
        try:
            listing, _ = await self.cloud.buckets.read(self.address.bucket, f"{kept}.json")
        except NotFound:
            return False
        there = {item.key for item in await self.cloud.buckets.keys(self.address.bucket, f"{kept}/")}
        return there.issuperset(f"{kept}/{file['path']}" for file in json.loads(listing))

    async def page(self, release: str) -> bytes | None:
        """See `SiteTarget.page`."""
        try:
            return (await self.cloud.buckets.read(self.address.bucket, f"{_KEPT}/{prefix_of(release)}/index.html"))[0]
        except NotFound:
            return None

    def serves(self, snapshot: SiteSnapshot, release: str) -> bool:
        """Whether TEST and APP are both at a bundle: what the bucket holds for TEST, APP serves on a cache miss."""
        return snapshot.test.release == snapshot.app.release == release

    async def show_candidate(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        """Copy the kept bundle over the bucket's root, drop what it does not have, invalidate TEST."""
        await self._record("test", release, expected, expected.etag)
        await self._lay_out(release, runtime)
        await self.cloud.edges.invalidate(self.address.test, ("/*",), f"{release}-{expected.etag}-test")

    async def promote(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        """Invalidate APP; on the way back the kept bundle is put back first, and TEST invalidated too."""
        found = await self.observe()
        test, etag = found.test, expected.etag
        if found.app.etag != etag:  # files and invalidations have no precondition of their own
            raise _stranger(expected, found.app.release)
        if test.release != release:
            # Recorded last, so that an interrupted way back is begun anew.
            await self._lay_out(release, runtime)
            await self.cloud.edges.invalidate(self.address.test, ("/*",), f"{release}-{test.etag}-test")
            etag = await self._record("test", release, test, etag)
        await self.cloud.edges.invalidate(self.address.app, ("/*",), f"{release}-{expected.etag}-app")
        await self._record("app", release, expected, etag)

    async def fence(self, snapshot: SiteSnapshot, note: str) -> None:
        """Write the object that both pointers are kept in: its ETag is theirs."""
        state, etag = await self._state()

        async def look(lost: CloudError) -> str | None:
            found, now = await self._state()
            if now == etag:
                return None
            if any(found.get(who, "") != state.get(who, "") for who in ("test", "app")):
                raise _stranger(snapshot.app, found.get("app", "")) from lost
            return now  # whoever changed it, the old ETag is gone

        await self.patience.write(lambda: self._write({**state, "fence": note}, etag), look)

    async def _lay_out(self, release: str, runtime: Mapping[str, str]) -> None:
        kept = f"{_KEPT}/{prefix_of(release)}"
        files = []
        if release:  # Before a first deployment there was nothing, and the way back is to nothing.
            listing, _ = await self.cloud.buckets.read(self.address.bucket, f"{kept}.json")
            files = json.loads(listing)
        body = json.dumps(dict(runtime), sort_keys=True).encode()
        await self._put(_RUNTIME, body, "application/json", "no-store")
        # Pages last: by then all that they name is there.
        for file in sorted(files, key=lambda file: not file["hashed"]):
            body, _ = await self.cloud.buckets.read(self.address.bucket, f"{kept}/{file['path']}")
            await self._put(file["path"], body, file["type"], IMMUTABLE if file["hashed"] else HTML)
        wanted = {file["path"] for file in files} | {_RUNTIME}
        there = [item.key for item in await self.cloud.buckets.keys(self.address.bucket, "")]
        await self.cloud.buckets.delete(
            self.address.bucket, [key for key in there if key not in wanted and not key.startswith(f"{_KEPT}/")]
        )

    async def _record(self, who: str, release: str, expected: SitePointer, etag: str) -> str:
        """Record what a distribution serves, if the object is at `etag`; returns what it is at then."""
        state, there = await self._state()
        if there != etag:
            raise _stranger(expected, state.get(who, ""))

        async def look(lost: CloudError) -> str | None:
            found, now = await self._state()
            if found.get(who, "") == release:
                return now
            if now == etag:
                return None
            raise _stranger(expected, found.get(who, "")) from lost

        return await self.patience.write(lambda: self._write({**state, who: release}, etag), look)

    async def _write(self, state: Mapping[str, str], etag: str) -> str:
        body = json.dumps(state, sort_keys=True).encode()
        return await self.cloud.buckets.write(
            self.address.bucket, _STATE, body, content_type="application/json", cache_control="no-store", expect=etag
        )

    async def _state(self) -> tuple[dict[str, str], str]:
        try:
            body, etag = await self.cloud.buckets.read(self.address.bucket, _STATE)
        except NotFound:
            return {}, ""
        return json.loads(body), etag

    async def _put(self, key: str, body: bytes, content_type: str, cache_control: str) -> None:
        await self.cloud.buckets.write(
            self.address.bucket, key, body, content_type=content_type, cache_control=cache_control
        )


async def untested(cloud: Cloud, bucket: str, live: str) -> BucketFacts:
    """Count what APP would serve at a cache miss, and how much of it is not the bundle that is live.

    Args:
        cloud: Where.
        bucket: The one bucket of both distributions.
        live: Digest of the bundle that is live; empty before a first one.
    """
    prefix = f"{_KEPT}/{prefix_of(live)}/"
    there = await cloud.buckets.keys(bucket, "")
    kept = {item.key.removeprefix(prefix): item.etag for item in there if live and item.key.startswith(prefix)}
    served = [item for item in there if not item.key.startswith(f"{_KEPT}/") and item.key != _RUNTIME]
    return BucketFacts(len(served), sum(1 for item in served if kept.get(item.key) != item.etag))


def _stranger(expected: SitePointer, found: str) -> Moved:
    return Moved(
        f"somebody else deployed: expected {expected.release[:19] or 'nothing'}, found {found[:19] or 'nothing'}",
        where=f"distribution {expected.distribution}",
        what_next="find out who deploys here besides Tidegate, then `tidegate resume`",
    )
