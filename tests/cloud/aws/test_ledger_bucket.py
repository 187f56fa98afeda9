"""The ledger's bucket over the wire."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tidegate.cloud.aws.ledger_bucket import LedgerBucket
from tidegate.cloud.aws.wire import Wire
from tidegate.errors import Moved, NotFound
from tidegate.localcloud.service import DEFAULT_REGION


@pytest.fixture
def name(wire: Wire) -> str:
    made = f"ledger-{uuid4().hex[:8]}"
    wire.clients.buckets.create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"})
    return made


@pytest.fixture
def bucket(name: str, endpoint: str) -> Iterator[LedgerBucket]:
    opened = LedgerBucket(name, "team/shop", DEFAULT_REGION, endpoint)
    yield opened
    opened.close()


def test_an_object_is_created_once_and_replaced_by_who_knows_it(bucket: LedgerBucket) -> None:
    assert bucket.get("run/1 %2Eü") is None
    first = bucket.put("run/1 %2Eü", b"one")
    assert bucket.get("run/1 %2Eü") == (b"one", first)
    for expect in ("", '"wrong"'):
        with pytest.raises(Moved):
            bucket.put("run/1 %2Eü", b"other", expect)
    second = bucket.put("run/1 %2Eü", b"two", first)
    with pytest.raises(Moved):
        bucket.put("run/1 %2Eü", b"late", first)
    assert bucket.get("run/1 %2Eü") == (b"two", second)


def test_nothing_is_replaced_where_nothing_is(bucket: LedgerBucket) -> None:
    with pytest.raises(Moved):
        bucket.put("absent", b"x", f'"{"0" * 32}"')
    assert bucket.get("absent") is None


def test_keys_are_those_below_the_prefix_as_they_were_given(bucket: LedgerBucket, name: str, endpoint: str) -> None:
    for key in ("streams/b", "streams/a%2Eb", "segments/x"):
        bucket.put(key, b"x")
    beside = LedgerBucket(name, "team/shop2", DEFAULT_REGION, endpoint)
    beside.put("streams/z", b"x")
    beside.close()
    assert sorted(bucket.keys("streams/")) == ["streams/a%2Eb", "streams/b"]


def test_a_bucket_that_is_absent_is_told_from_an_object_that_is(endpoint: str) -> None:
    absent = LedgerBucket("not-there", "", DEFAULT_REGION, endpoint)
    for ask in (lambda: absent.get("x"), lambda: absent.put("x", b""), lambda: absent.keys("")):
        with pytest.raises(NotFound) as refused:
            ask()
        assert refused.value.code == "NoSuchBucket"
    absent.close()


@pytest.mark.parametrize("replaces", [False, True])
def test_of_writers_at_the_same_time_one_wins(bucket: LedgerBucket, replaces: bool) -> None:
    for number in range(10):
        key = f"race-{number}"
        expect = bucket.put(key, b"before") if replaces else ""

        def write(name: int, key: str = key, expect: str = expect) -> bool:
            try:
                bucket.put(key, b"by %d" % name, expect)
            except Moved:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(write, range(16)))
        assert won.count(True) == 1, number
        found = bucket.get(key)
        assert found
        assert found[0] == b"by %d" % won.index(True)
