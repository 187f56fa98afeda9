import asyncio
from uuid import uuid4

import pytest

from tidegate.cloud.aws.provision.bucket import ensure_bucket
from tidegate.cloud.aws.provision.distribution import ensure_distribution
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import SiteBlueprint
from tidegate.cloud.ports import Cloud, Distribution
from tidegate.errors import Moved, NotFound
from tidegate.model.pipeline import Strategy

PAGE = {"content_type": "text/html", "cache_control": "max-age=300"}

POINTED = """
import cf from 'cloudfront';
async function handler(event) {
    const release = await cf.kvs().get('release');
    event.request.uri = '/' + release + '/index.html';
    return event.request;
}
"""


async def a_site(wire: Wire, strategy: Strategy) -> Distribution:
    name = f"site-{uuid4().hex[:8]}"
    await ensure_bucket(wire, name)
    return await ensure_distribution(wire, name, SiteBlueprint(name, strategy, POINTED))


@pytest.fixture
async def pointed(wire: Wire) -> Distribution:
    return await a_site(wire, Strategy.POINTER)


@pytest.fixture
async def plain(wire: Wire) -> Distribution:
    return await a_site(wire, Strategy.INVALIDATION)


def bucket_of(distribution: Distribution) -> str:
    return distribution.origin.partition(".")[0]


async def test_a_distribution_is_described_with_its_store(cloud: Cloud, pointed: Distribution) -> None:
    found = await cloud.edges.distribution(pointed.id)
    assert found == pointed
    assert found.url == f"http://{found.domain}"
    assert found.store.startswith("arn:aws:cloudfront::123456789012:key-value-store/")
    assert found.origin.endswith(".s3.ap-southeast-1.amazonaws.com")


async def test_a_distribution_without_a_function_has_no_store(cloud: Cloud, plain: Distribution) -> None:
    assert (await cloud.edges.distribution(plain.id)).store == ""


async def test_a_pointer_moves_what_a_distribution_serves(cloud: Cloud, pointed: Distribution) -> None:
    for release in ("r1", "r2"):
        await cloud.buckets.write(bucket_of(pointed), f"{release}/index.html", release.encode(), **PAGE)
        _, etag = await cloud.edges.pointers(pointed.store)
        written = await cloud.edges.point(pointed.store, {"release": release, "runtime": "a.json"}, etag)
        values, now = await cloud.edges.pointers(pointed.store)
        assert values == {"release": release, "runtime": "a.json"}
        assert now == written != etag
    async with asyncio.timeout(20):  # edges converge over time
        while await cloud.probe.get(f"{pointed.url}/any/route") != (200, b"r2"):
            await asyncio.sleep(0.01)


async def test_a_pointer_that_somebody_else_moved_is_not_moved(cloud: Cloud, pointed: Distribution) -> None:
    _, etag = await cloud.edges.pointers(pointed.store)
    await cloud.edges.point(pointed.store, {"release": "theirs"}, etag)
    with pytest.raises(Moved) as raised:
        await cloud.edges.point(pointed.store, {"release": "ours"}, etag)
    assert raised.value.where == pointed.store
    assert (await cloud.edges.pointers(pointed.store))[0] == {"release": "theirs"}


async def test_an_invalidation_is_complete_when_it_returns(cloud: Cloud, plain: Distribution) -> None:
    bucket = bucket_of(plain)
    await cloud.buckets.write(bucket, "index.html", b"old", **PAGE)
    assert await cloud.probe.get(f"{plain.url}/") == (200, b"old")
    await cloud.buckets.write(bucket, "index.html", b"new", **PAGE)
    assert await cloud.probe.get(f"{plain.url}/") == (200, b"old")
    await cloud.edges.invalidate(plain.id, ("/*",), "r2")
    assert await cloud.probe.get(f"{plain.url}/") == (200, b"new")


async def test_one_reference_is_one_invalidation(cloud: Cloud, plain: Distribution) -> None:
    first = await cloud.edges.invalidate(plain.id, ("/*",), "r1")
    assert await cloud.edges.invalidate(plain.id, ("/*",), "r1") == first
    assert await cloud.edges.invalidate(plain.id, ("/*",), "r2") != first


async def test_what_does_not_exist_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(NotFound):
        await cloud.edges.distribution("E000000000NONE")
    with pytest.raises(NotFound):
        await cloud.edges.invalidate("E000000000NONE", ("/*",), "r1")
    missing = f"arn:aws:cloudfront::123456789012:key-value-store/{uuid4()}"
    with pytest.raises(NotFound):
        await cloud.edges.pointers(missing)
    with pytest.raises(NotFound):
        await cloud.edges.point(missing, {"release": "r1"}, "etag")
