import pytest

from tidegate.localcloud.cloudfront.cache import ENTRY_OVERHEAD_BYTES, Cache, Entry, cache_key
from tidegate.localcloud.cloudfront.origin import OriginAnswer
from tidegate.localcloud.cloudfront.policies import CachePolicy, QueryRule, Ttl

TTL = Ttl(0, 0, 0)


def entry(size: int, stored_at: float = 0.0) -> Entry:
    return Entry(OriginAnswer(200, {}, b"x" * size, "key"), stored_at, stored_at, stored_at + 60)


def test_the_least_recently_used_goes_first() -> None:
    cache = Cache(max_bytes=3 * (ENTRY_OVERHEAD_BYTES + 100))
    for key in "abc":
        cache.put(key, entry(100))
    assert cache.get("a") is not None
    cache.put("d", entry(100))
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_what_is_larger_than_the_cache_is_not_kept_and_replaces_what_was() -> None:
    cache = Cache(max_bytes=2_000)
    cache.put("a", entry(10))
    cache.put("a", entry(5_000))
    assert cache.get("a") is None


def test_replacing_does_not_count_twice() -> None:
    cache = Cache(max_bytes=2 * (ENTRY_OVERHEAD_BYTES + 100))
    for _ in range(10):
        cache.put("a", entry(100))
    cache.put("b", entry(100))
    assert cache.get("a") is not None
    assert cache.get("b") is not None


def test_eviction_spares_what_was_stored_later() -> None:
    cache = Cache()
    cache.put("/a", entry(1, stored_at=5))
    cache.put("/b", entry(1, stored_at=15))
    assert cache.evict(lambda _: True, before=10) == 1
    assert cache.get("/b") is not None


@pytest.mark.parametrize(
    ("rule", "query", "expected"),
    [
        (QueryRule.NONE, "a=1", "/x"),
        (QueryRule.ALL, "", "/x"),
        (QueryRule.ALL, "b=2&a=1", "/x?a=1&b=2"),
        (QueryRule.ALL, "a", "/x?a="),
        (QueryRule.WHITELIST, "b=2&a=1", "/x?a=1"),
        (QueryRule.EXCEPT, "b=2&a=1", "/x?b=2"),
    ],
)
def test_the_key_of_a_request(rule: QueryRule, query: str, expected: str) -> None:
    assert cache_key("/x", query, CachePolicy(TTL, rule, frozenset({"a"}))) == expected
