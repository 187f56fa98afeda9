import json
from pathlib import Path

import pytest

from tests.memory_cloud import MemoryCloud
from tests.outage import ATTEMPTS, unanswered
from tests.targets.sites import ADDRESS, BUCKET, LIVE, ONE, TWO, bundle, page_of, served, site_cloud
from tidegate.cloud.patience import Patience
from tidegate.errors import Moved, NotFound, Unreachable
from tidegate.targets.site_invalidation import HTML, InvalidationSite
from tidegate.targets.site_pointer import IMMUTABLE

STATE = "tidegate/pointers.json"
WRITE = f"buckets.write {STATE}"


@pytest.fixture
def cloud() -> MemoryCloud:
    return site_cloud(store=False)


@pytest.fixture
def site(cloud: MemoryCloud) -> InvalidationSite:
    return InvalidationSite(cloud.ports, ADDRESS, Patience(cloud.pause))


async def show(site: InvalidationSite, release: str) -> None:
    await site.show_candidate(release, (await site.observe()).test, LIVE)


async def promote(site: InvalidationSite, release: str) -> None:
    await site.promote(release, (await site.observe()).app, LIVE)


async def carried(site: InvalidationSite, folder: Path, *releases: str) -> None:
    """Bring releases live, one behind the other."""
    for release in releases:
        await site.upload(bundle(folder / release[-2:], release, assets=("shared.js", f"{release[-2:]}.js")))
        await show(site, release)
        await promote(site, release)


def at_root(cloud: MemoryCloud) -> list[str]:
    return [key for key in cloud.buckets.below(BUCKET) if not key.startswith("tidegate/")]


def invalidated(cloud: MemoryCloud) -> list[str]:
    return [line.removeprefix("edges.invalidate ") for line in cloud.wire.writes if "invalidate" in line]


async def test_before_a_first_deployment_nothing_is_known(site: InvalidationSite) -> None:
    found = await site.observe()
    assert (found.test.release, found.app.release, found.app.etag) == ("", "", "")
    assert site.serves(found, "")


async def test_an_upload_touches_nothing_that_is_served_and_happens_once(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    assert await site.upload(bundle(tmp_path, ONE)) == 2
    assert at_root(cloud) == []
    assert await site.has(ONE)
    assert await site.upload(bundle(tmp_path, ONE)) == 0
    assert not await site.has(TWO)
    kept = next(key for bucket, key in cloud.buckets.objects if key.endswith(f"{ONE[7:]}/index.html"))
    del cloud.buckets.objects[BUCKET, kept]
    assert not await site.has(ONE)


async def test_test_is_invalidated_first_and_app_after(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, ONE))
    await show(site, ONE)
    assert invalidated(cloud) == ["TEST"]
    found = await site.observe()
    assert (found.test.release, found.app.release) == (ONE, "")
    await promote(site, ONE)
    assert invalidated(cloud) == ["TEST", "APP"]
    assert set(cloud.edges.invalidations.values()) == {("/*",)}
    assert site.serves(await site.observe(), ONE)


async def test_its_weakness_is_known_app_may_serve_what_test_holds(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE)
    await site.upload(bundle(tmp_path / "2", TWO))
    await show(site, TWO)
    assert await served(cloud, "APP") == page_of(TWO)
    found = await site.observe()
    assert found.app.release == ONE
    assert not site.serves(found, ONE)


async def test_files_that_the_release_does_not_have_are_dropped(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE, TWO)
    assert at_root(cloud) == ["assets/22.js", "assets/shared.js", "index.html", "runtime.json"]
    assert json.loads(cloud.buckets.objects[BUCKET, "runtime.json"].body) == LIVE
    assert cloud.buckets.objects[BUCKET, "index.html"].cache_control == HTML
    assert cloud.buckets.objects[BUCKET, "assets/22.js"].cache_control == IMMUTABLE


async def test_pages_are_laid_out_behind_what_they_name(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE)
    writes = cloud.wire.writes
    assert writes.index("buckets.write assets/11.js") < writes.index("buckets.write index.html")


async def test_the_way_back_puts_the_kept_bundle_back_and_invalidates_both(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE, TWO)
    before = len(invalidated(cloud))
    await promote(site, ONE)
    assert await served(cloud, "APP") == page_of(ONE)
    assert at_root(cloud) == ["assets/11.js", "assets/shared.js", "index.html", "runtime.json"]
    assert invalidated(cloud)[before:] == ["TEST", "APP"]
    assert site.serves(await site.observe(), ONE)


async def test_the_way_back_of_a_candidate_that_failed(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE)
    await site.upload(bundle(tmp_path / "2", TWO))
    await show(site, TWO)
    await promote(site, ONE)
    assert await served(cloud, "APP") == page_of(ONE)
    assert site.serves(await site.observe(), ONE)


async def test_the_way_back_of_a_first_deployment_is_to_nothing(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, ONE))
    await show(site, ONE)
    await promote(site, "")
    assert at_root(cloud) == ["runtime.json"]
    assert site.serves(await site.observe(), "")


@pytest.mark.parametrize("call", ["buckets.write index.html", "edges.invalidate TEST", WRITE])
async def test_a_way_back_that_broke_off_is_begun_anew(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path, call: str
) -> None:
    await carried(site, tmp_path, ONE, TWO)
    unanswered(cloud.wire, call, ATTEMPTS if call == WRITE else 1)
    with pytest.raises(Unreachable):
        await promote(site, ONE)
    assert not site.serves(await site.observe(), ONE)
    await promote(site, ONE)
    assert await served(cloud, "APP") == page_of(ONE)
    assert site.serves(await site.observe(), ONE)


async def test_a_release_that_was_not_kept_cannot_come_back(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE)
    with pytest.raises(NotFound):
        await promote(site, TWO)
    assert await served(cloud, "APP") == page_of(ONE)


async def test_a_lost_answer_is_observed_again(site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    cloud.wire.lose_answer(WRITE)
    await carried(site, tmp_path, ONE)
    assert cloud.wire.writes.count(WRITE) == 2
    assert site.serves(await site.observe(), ONE)


async def test_a_lost_request_is_asked_again(site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    await site.upload(bundle(tmp_path, ONE))
    unanswered(cloud.wire, WRITE, ATTEMPTS - 1)
    await show(site, ONE)
    assert (await site.observe()).test.release == ONE
    assert cloud.wire.writes.count(WRITE) == 1


async def test_requests_that_are_always_lost_are_told(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, ONE))
    unanswered(cloud.wire, WRITE)
    with pytest.raises(Unreachable):
        await show(site, ONE)
    assert at_root(cloud) == []


async def test_a_stranger_since_the_observation_is_told(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, TWO))
    expected = (await site.observe()).test
    cloud.buckets.put(BUCKET, STATE, json.dumps({"test": ONE}).encode())
    with pytest.raises(Moved) as raised:
        await site.show_candidate(TWO, expected, LIVE)
    assert raised.value.what == "somebody else deployed: expected nothing, found sha256:111111111111"
    assert raised.value.where == "distribution TEST"
    assert at_root(cloud) == []


async def test_a_stranger_in_the_same_moment_is_told(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await carried(site, tmp_path, ONE)
    await site.upload(bundle(tmp_path / "2", TWO))
    strange = json.dumps({"test": "sha256:strange"}).encode()
    cloud.wire.before(WRITE, lambda: cloud.buckets.put(BUCKET, STATE, strange))
    with pytest.raises(Moved, match="found sha256:strange"):
        await show(site, TWO)
    assert await served(cloud, "APP") == page_of(ONE)


async def test_what_was_fenced_neither_invalidates_nor_lays_out(
    site: InvalidationSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    for release in (ONE, TWO):
        await site.upload(bundle(tmp_path / release[-2:], release))
    await show(site, ONE)
    await promote(site, ONE)
    stale = await site.observe()
    await site.fence(stale, "taken over")
    before = list(cloud.wire.writes)
    with pytest.raises(Moved):
        await site.show_candidate(TWO, stale.test, LIVE)
    for release in (ONE, TWO):
        with pytest.raises(Moved):
            await site.promote(release, stale.app, LIVE)
    assert cloud.wire.writes == before
