import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory_cloud import MemoryCloud
from tests.outage import ATTEMPTS, unanswered
from tests.targets.sites import ADDRESS, BUCKET, CANDIDATE, LIVE, ONE, TWO, bundle, page_of, served, site_cloud
from tidegate.cloud.patience import Patience
from tidegate.errors import ConfigError, Moved, NotFound, Unreachable
from tidegate.targets.site import SiteBundle, SiteFile
from tidegate.targets.site_pointer import IMMUTABLE, REVALIDATE, PointerSite, prefix_of, release_of

THREE = f"sha256:{'3' * 64}"
POINT = {"test": "edges.point kvs/TEST", "app": "edges.point kvs/APP"}


@pytest.fixture
def cloud() -> MemoryCloud:
    return site_cloud(store=True)


@pytest.fixture
def site(cloud: MemoryCloud) -> PointerSite:
    return PointerSite(cloud.ports, ADDRESS, Patience(cloud.pause))


def made(folder: Path, path: str, text: str = "1", *, hashed: bool = False) -> SiteFile:
    source = folder / path
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    return SiteFile(path, source, "image/svg+xml", hashed)


async def show(site: PointerSite, release: str) -> None:
    await site.show_candidate(release, (await site.observe()).test, CANDIDATE)


async def promote(site: PointerSite, release: str) -> None:
    await site.promote(release, (await site.observe()).app, LIVE)


async def test_before_a_first_deployment_both_pointers_are_empty(site: PointerSite) -> None:
    found = await site.observe()
    assert (found.test.release, found.app.release) == ("", "")
    assert (found.test.distribution, found.app.distribution) == ("TEST", "APP")
    assert found.test.domain == "test.cloudfront.test"
    assert found.test.etag != found.app.etag
    assert site.serves(found, "")


async def test_the_first_deployment(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    assert await site.upload(bundle(tmp_path, ONE)) == 2
    await show(site, ONE)
    assert await served(cloud, "TEST") == page_of(ONE)
    assert await served(cloud, "APP") == b"No release is deployed here."
    await promote(site, ONE)
    assert await served(cloud, "APP") == page_of(ONE)
    found = await site.observe()
    assert (found.test.release, found.app.release) == (ONE, ONE)
    assert site.serves(found, ONE)


async def test_users_keep_the_old_release_until_promotion(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    for release in (ONE, TWO):
        await site.upload(bundle(tmp_path / release[-2:], release))
        await show(site, release)
        if release == ONE:
            await promote(site, ONE)
    assert await served(cloud, "TEST") == page_of(TWO)
    assert await served(cloud, "APP") == page_of(ONE)
    assert site.serves(await site.observe(), ONE)


async def test_where_files_lie_and_how_long_they_may_be_kept(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, ONE))
    page = cloud.buckets.objects[BUCKET, f"{prefix_of(ONE)}/index.html"]
    asset = cloud.buckets.objects[BUCKET, "assets/shared.js"]
    assert (page.cache_control, page.content_type) == (REVALIDATE, "text/html; charset=utf-8")
    assert (asset.cache_control, asset.content_type) == (IMMUTABLE, "text/javascript")


async def test_an_upload_happens_once(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    assert not await site.has(ONE)
    await site.upload(bundle(tmp_path, ONE))
    assert await site.has(ONE)
    before = list(cloud.wire.writes)
    assert await site.upload(bundle(tmp_path, ONE)) == 0
    assert cloud.wire.writes == before


async def test_an_upload_that_broke_off_is_not_whole_and_is_done_again(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    cloud.wire.lose_request(f"buckets.write {prefix_of(ONE)}/index.html")
    with pytest.raises(Unreachable):
        await site.upload(bundle(tmp_path, ONE))
    assert not await site.has(ONE)
    await site.upload(bundle(tmp_path, ONE))
    assert await site.has(ONE)


async def test_hashed_assets_are_shared_and_never_deleted(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path / "1", ONE, assets=("shared.js", "one.js")))
    assert await site.upload(bundle(tmp_path / "2", TWO, assets=("shared.js", "two.js"))) == 2
    await show(site, TWO)
    await promote(site, TWO)
    assert cloud.buckets.below(BUCKET, "assets/") == ["assets/one.js", "assets/shared.js", "assets/two.js"]
    assert cloud.wire.writes.count("buckets.write assets/shared.js") == 1
    assert "buckets.delete" not in cloud.wire.writes


async def test_each_pointer_has_a_runtime_file(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    await site.upload(bundle(tmp_path, ONE))
    await show(site, ONE)
    await promote(site, ONE)
    for identity, wanted in (("TEST", CANDIDATE), ("APP", LIVE)):
        key = (await cloud.edges.pointers(cloud.edges.distributions[identity].store))[0]["runtime"]
        stored = cloud.buckets.objects[BUCKET, key]
        assert json.loads(stored.body) == wanted
        assert stored.cache_control == "no-store"
    assert len(cloud.buckets.below(BUCKET, "runtime/")) == 2


async def test_an_unchanged_runtime_file_is_not_written(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    await site.upload(bundle(tmp_path, ONE))
    await show(site, ONE)
    await show(site, ONE)
    assert len([write for write in cloud.wire.writes if write.startswith("buckets.write runtime/")]) == 1


async def test_a_pointer_that_may_not_move_leaves_what_it_serves(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, ONE))
    stale = (await site.observe()).test
    await show(site, ONE)
    key = (await cloud.edges.pointers(cloud.edges.distributions["TEST"].store))[0]["runtime"]
    with pytest.raises(Moved):
        await site.show_candidate(ONE, stale, LIVE)
    assert json.loads(cloud.buckets.objects[BUCKET, key].body) == CANDIDATE


async def test_a_bundle_that_lost_a_file_is_not_whole_and_is_brought_anew(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    files = bundle(tmp_path, ONE, assets=("one.js",))
    await site.upload(files)
    for key in (f"{prefix_of(ONE)}/index.html", "assets/one.js"):
        del cloud.buckets.objects[BUCKET, key]
        assert not await site.has(ONE)
        await site.upload(files)
        assert await site.has(ONE)


async def test_files_lie_where_viewers_are_sent(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    await site.upload(
        SiteBundle(ONE, (made(tmp_path, "assets/logo.svg"), made(tmp_path, "js/a-3f2a1b4c.js", hashed=True)))
    )
    assert cloud.buckets.below(BUCKET, "assets/") == ["assets/logo.svg"]
    assert cloud.buckets.below(BUCKET, prefix_of(ONE)) == [f"{prefix_of(ONE)}/js/a-3f2a1b4c.js"]


async def test_a_shared_file_is_never_changed_under_its_name(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    for release in (ONE, TWO):
        await site.upload(SiteBundle(release, (made(tmp_path, "assets/logo.svg"),)))
    with pytest.raises(ConfigError, match="another file than the releases before"):
        await site.upload(SiteBundle(THREE, (made(tmp_path, "assets/logo.svg", "2"),)))
    assert cloud.buckets.objects[BUCKET, "assets/logo.svg"].body == b"1"


async def test_the_way_back_is_one_write(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    for release in (ONE, TWO):
        await site.upload(bundle(tmp_path / release[-2:], release))
        await promote(site, release)
    before = len(cloud.wire.writes)
    await promote(site, ONE)
    assert cloud.wire.writes[before:] == [POINT["app"]]
    assert await served(cloud, "APP") == page_of(ONE)


async def test_the_way_back_of_a_first_deployment_is_to_nothing(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, ONE))
    await promote(site, ONE)
    await promote(site, "")
    assert await served(cloud, "APP") == b"No release is deployed here."
    assert (await site.observe()).app.release == ""


async def test_no_pointer_moves_to_a_bundle_that_is_not_there(site: PointerSite, cloud: MemoryCloud) -> None:
    with pytest.raises(NotFound, match="is not in the bucket"):
        await promote(site, ONE)
    assert cloud.wire.writes == []


@pytest.mark.parametrize("foreign", [{}, {"owner": "somebody"}])
async def test_a_lost_answer_is_observed_again(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path, foreign: dict[str, str]
) -> None:
    cloud.edges.move("APP", **foreign)
    await site.upload(bundle(tmp_path, ONE))
    cloud.wire.lose_answer(POINT["app"])
    await promote(site, ONE)
    assert cloud.wire.writes.count(POINT["app"]) == 1
    assert (await site.observe()).app.release == ONE


async def test_a_lost_request_is_asked_again(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    await site.upload(bundle(tmp_path, ONE))
    unanswered(cloud.wire, POINT["app"], ATTEMPTS - 1)
    await promote(site, ONE)
    assert (await site.observe()).app.release == ONE
    assert cloud.wire.writes.count(POINT["app"]) == 1


async def test_a_stranger_behind_a_lost_request_is_not_overwritten(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path
) -> None:
    await site.upload(bundle(tmp_path, TWO))

    def stranger_and_no_answer() -> None:
        cloud.edges.move("APP", release=prefix_of(ONE))
        raise Unreachable("no answer")

    cloud.wire.before(POINT["app"], stranger_and_no_answer)
    with pytest.raises(Moved, match="somebody else moved the pointer"):
        await promote(site, TWO)
    assert POINT["app"] not in cloud.wire.writes


async def test_a_fence_whose_answer_or_request_is_lost_is_up(site: PointerSite, cloud: MemoryCloud) -> None:
    old = await site.observe()
    cloud.wire.lose_answer(POINT["test"])
    cloud.wire.lose_request(POINT["app"])
    await site.fence(old, "taken over")
    new = await site.observe()
    assert old.test.etag != new.test.etag
    assert old.app.etag != new.app.etag


async def test_requests_that_are_always_lost_are_told(site: PointerSite, cloud: MemoryCloud, tmp_path: Path) -> None:
    await site.upload(bundle(tmp_path, ONE))
    unanswered(cloud.wire, POINT["app"])
    with pytest.raises(Unreachable):
        await promote(site, ONE)
    assert (await site.observe()).app.release == ""
    await promote(site, ONE)
    assert (await site.observe()).app.release == ONE


@pytest.mark.parametrize(("who", "identity"), [("test", "TEST"), ("app", "APP")])
async def test_a_stranger_is_told_and_not_overwritten(
    site: PointerSite, cloud: MemoryCloud, tmp_path: Path, who: str, identity: str
) -> None:
    await site.upload(bundle(tmp_path, TWO))
    cloud.wire.before(POINT[who], lambda: cloud.edges.move(identity, release=prefix_of(ONE)))
    with pytest.raises(Moved) as raised:
        await (show if who == "test" else promote)(site, TWO)
    assert raised.value.what == "somebody else moved the pointer: expected nothing, found sha256:111111111111"
    assert raised.value.where == f"distribution {identity}"
    assert POINT[who] not in cloud.wire.writes
    found = await site.observe()
    assert {"test": found.test, "app": found.app}[who].release == ONE


async def test_a_distribution_without_a_store_is_refused(cloud: MemoryCloud) -> None:
    cloud.edges.create("BARE", BUCKET, store=False)
    with pytest.raises(ConfigError, match="distribution BARE has no viewer-request function") as raised:
        await PointerSite(cloud.ports, type(ADDRESS)("APP", "BARE", BUCKET, "a", "b")).observe()
    assert "strategy: invalidation" in raised.value.what_next


@given(digest=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_prefix_and_release_are_inverse(digest: str) -> None:
    assert release_of(prefix_of(f"sha256:{digest}")) == f"sha256:{digest}"


def test_no_release_has_no_prefix() -> None:
    assert (prefix_of(""), release_of("")) == ("", "")
