from typing import Any

import pytest

from tests.localcloud.cloudfront.conftest import CACHING_DISABLED, World, legacy


async def test_miss_then_hit_with_age(world: World) -> None:
    world.buckets.put("index.html", "hello")
    site = world.distribution(DefaultRootObject="index.html")
    first = await world.ask(site)
    world.now += 42
    second = await world.ask(site)
    assert (first.text, first.headers["x-cache"]) == ("hello", "Miss from cloudfront")
    assert "age" not in first.headers
    assert (second.text, second.headers["x-cache"], second.headers["age"]) == ("hello", "Hit from cloudfront", "42")
    assert world.buckets.asked == 1


async def test_an_unchanged_object_is_a_refresh_hit_and_fresh_again(world: World) -> None:
    world.buckets.put("a.html", "hello", cache_control="max-age=60")
    site = world.distribution()
    await world.ask(site, "/a.html")
    world.now += 61
    assert (await world.ask(site, "/a.html")).headers["x-cache"] == "RefreshHit from cloudfront"
    world.now += 59
    assert (await world.ask(site, "/a.html")).headers["x-cache"] == "Hit from cloudfront"


async def test_a_stale_object_is_replaced(world: World) -> None:
    world.buckets.put("a.html", "old", cache_control="max-age=60")
    site = world.distribution()
    await world.ask(site, "/a.html")
    world.buckets.put("a.html", "new", cache_control="max-age=60")
    world.now += 59
    assert (await world.ask(site, "/a.html")).text == "old"
    world.now += 1
    changed = await world.ask(site, "/a.html")
    assert (changed.text, changed.headers["x-cache"]) == ("new", "Miss from cloudfront")


@pytest.mark.parametrize("policy", [{"CachePolicyId": CACHING_DISABLED}, legacy(0, 0, 0)])
async def test_a_disabled_cache_always_asks(world: World, policy: dict[str, Any]) -> None:
    world.buckets.put("a.html", "old")
    site = world.distribution(behaviour=policy)
    await world.ask(site, "/a.html")
    world.buckets.put("a.html", "new")
    assert (await world.ask(site, "/a.html")).text == "new"


async def test_no_store_is_never_kept(world: World) -> None:
    world.buckets.put("a.json", "{}", cache_control="no-store")
    site = world.distribution(behaviour=legacy(0, 60, 600))
    for _ in range(2):
        assert (await world.ask(site, "/a.json")).headers["x-cache"] == "Miss from cloudfront"


@pytest.mark.parametrize(
    ("query", "first", "second", "hit"),
    [
        (False, "/a?x=1", "/a?x=2", True),
        (True, "/a?x=1", "/a?x=2", False),
        (True, "/a?x=1&y=2", "/a?y=2&x=1", True),
        (True, "/a", "/a?x=1", False),
    ],
)
async def test_the_query_is_part_of_the_key_when_it_is_forwarded(
    world: World, query: bool, first: str, second: str, hit: bool
) -> None:
    world.buckets.put("a", "x")
    site = world.distribution(behaviour=legacy(0, 60, 600, query=query))
    await world.ask(site, first)
    assert (await world.ask(site, second)).headers["x-cache"].startswith("Hit") is hit


@pytest.mark.parametrize(("listable", "status", "code"), [(False, 403, "AccessDenied"), (True, 404, "NoSuchKey")])
async def test_a_missing_key_answers_as_s3_does(world: World, listable: bool, status: int, code: str) -> None:
    world.buckets.listable = listable
    site = world.distribution()
    answer = await world.ask(site, "/nope")
    assert (answer.status_code, answer.headers["x-cache"]) == (status, "Error from cloudfront")
    assert code in answer.text


async def test_a_missing_bucket_answers_as_s3_does(world: World) -> None:
    world.buckets.names.clear()
    answer = await world.ask(world.distribution(), "/a")
    assert (answer.status_code, "NoSuchBucket" in answer.text) == (404, True)


async def test_errors_stay_for_ten_seconds(world: World) -> None:
    site = world.distribution()
    assert (await world.ask(site, "/late.html")).status_code == 403
    world.buckets.put("late.html", "here")
    world.now += 9
    assert (await world.ask(site, "/late.html")).status_code == 403
    world.now += 1
    assert (await world.ask(site, "/late.html")).text == "here"


ERROR_PAGE = {"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}


async def test_an_error_page_stands_in_for_a_missing_key(world: World) -> None:
    world.buckets.put("index.html", "the app")
    site = world.distribution(CustomErrorResponses={"Quantity": 1, "Items": [ERROR_PAGE]})
    answer = await world.ask(site, "/search")
    assert (answer.status_code, answer.text, answer.headers["x-cache"]) == (200, "the app", "Error from cloudfront")
    assert [one["key"] for one in world.edges[site].exposure.served()] == ["index.html"]


async def test_an_error_page_that_is_missing_leaves_the_error(world: World) -> None:
    site = world.distribution(CustomErrorResponses={"Quantity": 1, "Items": [ERROR_PAGE]})
    answer = await world.ask(site, "/search")
    assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)


async def test_an_error_page_bypasses_the_function(world: World) -> None:
    arn = world.function("function handler(e) { e.request.uri = '/v1' + e.request.uri; return e.request; }")
    world.buckets.put("v1/index.html", "prefixed")
    world.buckets.put("index.html", "bare")
    site = world.distribution(behaviour=functions(arn), CustomErrorResponses={"Quantity": 1, "Items": [ERROR_PAGE]})
    assert (await world.ask(site, "/index.html")).text == "prefixed"
    assert (await world.ask(site, "/search")).text == "bare"


async def test_the_origin_path_comes_before_every_key(world: World) -> None:
    world.buckets.put("v1/a b/ü.html", "found")
    site = world.distribution(origin={"OriginPath": "/v1"})
    assert (await world.ask(site, "/a%20b/%C3%BC.html")).text == "found"


async def test_dot_segments_do_not_leave_the_origin_path(world: World) -> None:
    world.buckets.put("v2/secret.html", "secret")
    site = world.distribution(origin={"OriginPath": "/v1"})
    assert (await world.ask(site, "/%2e%2e/v2/secret.html")).status_code == 403


async def test_behaviours_are_chosen_by_path(world: World) -> None:
    world.buckets.put("a.html", "old")
    world.buckets.put("api/a.html", "old")
    uncached = {"PathPattern": "api/*", "TargetOriginId": "s3", "ViewerProtocolPolicy": "allow-all"}
    uncached["CachePolicyId"] = CACHING_DISABLED
    site = world.distribution(CacheBehaviors={"Quantity": 1, "Items": [uncached]})
    for path in ("/a.html", "/api/a.html"):
        await world.ask(site, path)
    world.buckets.put("a.html", "new")
    world.buckets.put("api/a.html", "new")
    assert (await world.ask(site, "/a.html")).text == "old"
    assert (await world.ask(site, "/api/a.html")).text == "new"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_methods_that_are_not_allowed(world: World, method: str) -> None:
    assert (await world.ask(world.distribution(), "/", method)).status_code == 403


async def test_a_method_that_is_allowed_but_not_emulated_says_so(world: World) -> None:
    methods = {"Quantity": 3, "Items": ["GET", "HEAD", "POST"]}
    answer = await world.ask(world.distribution(behaviour={"AllowedMethods": methods}), "/", "POST")
    assert (answer.status_code, "not emulated" in answer.text) == (501, True)


async def test_head_has_the_length_and_no_body(world: World) -> None:
    world.buckets.put("a.html", "hello")
    answer = await world.ask(world.distribution(), "/a.html", "HEAD")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "5")


async def test_conditions_and_ranges_are_answered_from_the_cache(world: World) -> None:
    etag = world.buckets.put("a.html", "hello world")
    site = world.distribution()
    await world.ask(site, "/a.html")
    unchanged = await world.ask(site, "/a.html", if_none_match=etag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    part = await world.ask(site, "/a.html", range="bytes=6-8")
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "wor", "bytes 6-8/11")
    beyond = await world.ask(site, "/a.html", range="bytes=99-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */11")
    assert world.buckets.asked == 1
    [served] = world.edges[site].exposure.served()
    assert (served["requests"], served["cache_hits"]) == (3, 2)


async def test_compression_by_content_type_and_size(world: World) -> None:
    world.buckets.put("large.html", "x" * 5_000)
    world.buckets.put("small.html", "x" * 500)
    world.buckets.put("large.png", b"x" * 5_000, content_type="image/png")
    site = world.distribution(behaviour={"Compress": True})
    large = await world.ask(site, "/large.html", accept_encoding="br, gzip")
    assert large.headers["content-encoding"] == "gzip"
    assert large.headers["etag"].startswith('W/"')
    assert (len(large.text), int(large.headers["content-length"]) < 5_000) == (5_000, True)
    for path, accepted in (("/small.html", "gzip"), ("/large.png", "gzip"), ("/large.html", "identity"),
                           ("/large.html", "gzip;q=0")):  # fmt: skip
        assert "content-encoding" not in (await world.ask(site, path, accept_encoding=accepted)).headers


@pytest.mark.parametrize(
    ("paths", "evicted"),
    [
        (["/*"], {"/a.html", "/docs/b.html", "/docs/c%20d.html"}),
        (["/a.html"], {"/a.html"}),
        (["a.html"], {"/a.html"}),
        (["/docs/*"], {"/docs/b.html", "/docs/c%20d.html"}),
        (["/docs/c d.html".replace(" ", "%20")], {"/docs/c%20d.html"}),
        (["/%61.html"], {"/a.html"}),
        (["/A.html", "/docs"], set()),
        (["/doc*"], {"/docs/b.html", "/docs/c%20d.html"}),
    ],
)
async def test_invalidations_evict_what_they_name(world: World, paths: list[str], evicted: set[str]) -> None:
    kept = {"/a.html": "a.html", "/docs/b.html": "docs/b.html", "/docs/c%20d.html": "docs/c d.html"}
    site = world.distribution()
    for path, key in kept.items():
        world.buckets.put(key, "old")
        await world.ask(site, path)
        world.buckets.put(key, "new")
    world.invalidate(site, *paths)
    assert {path for path in kept if (await world.ask(site, path)).text == "new"} == evicted


async def test_an_invalidation_counts_from_its_completion(world: World) -> None:
    world.buckets.put("a.html", "old")
    site = world.distribution()
    await world.ask(site, "/a.html")
    world.buckets.put("a.html", "new")
    world.state.distributions.invalidate(site, "r", ("/*",), world.stamp())
    world.now += 9
    assert (await world.ask(site, "/a.html")).text == "old"
    world.now += 1
    assert (await world.ask(site, "/a.html")).text == "new"
    assert (await world.ask(site, "/a.html")).headers["x-cache"] == "Hit from cloudfront"


async def test_an_update_reaches_the_edge_when_it_is_deployed(world: World) -> None:
    world.buckets.put("index.html", "one")
    world.buckets.put("other.html", "two")
    site = world.distribution(CallerReference="same", DefaultRootObject="index.html")
    world.now += 10
    found = world.state.distributions.get(site)
    world.state.update_distribution(
        site, dict(found.config) | {"DefaultRootObject": "other.html"}, found.etag, world.stamp()
    )
    assert (await world.ask(site)).text == "one"
    world.now += 10
    assert (await world.ask(site)).text == "two"


async def test_a_disabled_or_deleted_distribution_serves_nothing(world: World) -> None:
    world.buckets.put("index.html", "one")
    site = world.distribution(Enabled=False)
    assert (await world.ask(site, "/index.html")).status_code == 403
    world.now += 10
    world.state.distributions.delete(site, world.state.distributions.get(site).etag, world.now)
    assert (await world.ask(site, "/index.html")).status_code == 403


def functions(request: str | None = None, response: str | None = None) -> dict[str, Any]:
    pairs = (("viewer-request", request), ("viewer-response", response))
    items = [{"EventType": kind, "FunctionARN": arn} for kind, arn in pairs if arn]
    return {"FunctionAssociations": {"Quantity": len(items), "Items": items}}


async def test_a_function_answers_itself(world: World) -> None:
    code = """function handler(event) {
        return { statusCode: 302, headers: { location: { value: '/' + event.request.querystring.to.value } },
                 cookies: { seen: { value: '1', attributes: 'Path=/' } } };
    }"""
    answer = await world.ask(world.distribution(behaviour=functions(world.function(code))), "/old?to=new")
    assert (answer.status_code, answer.headers["location"]) == (302, "/new")
    assert answer.headers["set-cookie"] == "seen=1; Path=/"
    assert answer.headers["x-cache"] == "FunctionGeneratedResponse from cloudfront"
    assert world.buckets.asked == 0


@pytest.mark.parametrize(
    "code",
    [
        "function handler(event) { throw new Error('broken'); }",
        "async function handler(event) { await null; throw new Error('broken'); }",
        "function handler(event) { return null; }",
        "function handler(event) { return { uri: 'no-slash' }; }",
        "function handler(event) { return { statusCode: 99 }; }",
        "function handler(event) { return { statusCode: 200, headers: { a: { value: 'x\\r\\ny: z' } } }; }",
        "function handler(event) { return { statusCode: 200, headers: { a: 'text' } }; }",
        "function other(event) { return event.request; }",
        "function handler(event) {",
        "import crypto from 'crypto'; function handler(event) { return event.request; }",
    ],
)
async def test_a_function_that_fails_is_503(world: World, code: str) -> None:
    world.buckets.put("a.html", "hello")
    answer = await world.ask(world.distribution(behaviour=functions(world.function(code))), "/a.html")
    assert answer.status_code == 503
    assert answer.headers["x-cache"] == "FunctionExecutionError from cloudfront"
    assert world.buckets.asked == 0


async def test_a_response_function_sees_and_changes_headers(world: World) -> None:
    code = """function handler(event) {
        event.response.headers['x-seen'] = { value: String(event.response.statusCode) };
        delete event.response.headers['etag'];
        return event.response;
    }"""
    world.buckets.put("a.html", "hello")
    site = world.distribution(behaviour=functions(response=world.function(code)))
    answer = await world.ask(site, "/a.html")
    assert (answer.text, answer.headers["x-seen"], "etag" in answer.headers) == ("hello", "200", False)
    assert len(world.edges[site].exposure.served()) == 1
    assert "x-seen" not in (await world.ask(site, "/missing.html")).headers


async def test_a_function_reads_its_store_as_it_converges(world: World) -> None:
    world.state.stores.propagation = 5
    arn = world.store({"release": "r1"})
    world.now += 5
    code = """import cf from 'cloudfront';
    const kvs = cf.kvs();
    async function handler(event) {
        event.request.uri = '/' + await kvs.get('release') + '.html';
        return event.request;
    }
    """
    for release in ("r1", "r2"):
        world.buckets.put(f"{release}.html", release)
    site = world.distribution(behaviour=functions(world.function(code, arn)))
    assert (await world.ask(site)).text == "r1"
    world.point(arn, {"release": "r2"})
    world.now += 4
    assert (await world.ask(site)).text == "r1"
    world.now += 1
    assert (await world.ask(site)).text == "r2"
