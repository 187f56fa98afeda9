"""What only the store in a bucket has: lost answers, segments, its beginning."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.folder_bucket import FaultyBucket, FolderBucket
from tidegate.errors import CloudError, Conflict, LedgerError, Moved, NotFound, Throttled, Unreachable
from tidegate.ledger.chain import Journal
from tidegate.ledger.founding import KEY
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.ledger.refusals import Damaged, Unreadable
from tidegate.ledger.s3 import ATTEMPTS, S3Store
from tidegate.ledger.stream_object import INLINE_BYTES, SEGMENT_BYTES, Segment, StreamObject, decode, encode

Write = Callable[[], str]


def lost_before(_: Write) -> str:
    """The request never arrived."""
    raise Unreachable("no answer")


def lost_after(write: Write) -> str:
    """It arrived, its answer did not."""
    write()
    raise Unreachable("no answer")


def asked_twice(write: Write) -> str:
    """It arrived, and was asked for again on the way: the second one met the first."""
    write()
    raise Moved("another object is there", code="PreconditionFailed")


def throttled(_: Write) -> str:
    raise Throttled("slow down")


def busy(_: Write) -> str:
    """AWS API: 409 ConditionalRequestConflict, though nothing came of the other write."""
    raise Moved("try again", code="ConditionalRequestConflict")


@pytest.fixture
def bucket(tmp_path: Path) -> FaultyBucket:
    return FaultyBucket(tmp_path / "bucket")


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def store(bucket: FaultyBucket, waited: list[float]) -> S3Store:
    return S3Store(bucket, pause=waited.append)


@pytest.mark.parametrize("fault", [lost_before, lost_after, asked_twice, throttled, busy])
@pytest.mark.parametrize("length", [0, 2])
def test_what_goes_wrong_with_one_write_neither_loses_nor_doubles(
    bucket: FaultyBucket, store: S3Store, fault: Callable[[Write], str], length: int
) -> None:
    for number in range(length):
        store.append("stream", number, b"before")
    bucket.faults = [fault]
    assert store.append("stream", length, b"mine", b"mine too") == length + 2
    assert bucket.faults == []
    assert [record.body for record in store.read("stream", length)] == [b"mine", b"mine too"]
    assert store.append("stream", length + 2, b"next") == length + 3


def test_an_own_write_is_found_again_behind_that_of_others(bucket: FaultyBucket, store: S3Store) -> None:
    def overtaken(write: Write) -> str:
        write()
        S3Store(FolderBucket(bucket.folder)).append("stream", 1, b"x" * INLINE_BYTES, b"theirs")
        S3Store(FolderBucket(bucket.folder)).append("stream", 3, b"theirs too")
        raise Unreachable("no answer")

    bucket.faults = [overtaken]
    assert store.append("stream", 0, b"mine") == 1
    assert [record.body[:6] for record in store.read("stream")] == [b"mine", b"xxxxxx", b"theirs", b"theirs"]


def test_the_same_bytes_of_another_writer_are_not_taken_for_ours(bucket: FaultyBucket, store: S3Store) -> None:
    """Two runs that are opened at the same moment write the same record, and must not get the same id."""

    def overtaken(_: Write) -> str:
        S3Store(FolderBucket(bucket.folder)).append("runs", 0, b"the very same")
        raise Unreachable("no answer")

    bucket.faults = [overtaken]
    with pytest.raises(Conflict):
        store.append("runs", 0, b"the very same")


@pytest.mark.parametrize("fault", [lost_before, throttled, busy])
def test_a_bucket_that_never_answers_is_asked_a_bounded_time_and_longer_each_time(
    bucket: FaultyBucket, store: S3Store, waited: list[float], fault: Callable[[Write], str]
) -> None:
    store.append("stream", 0, b"before")
    bucket.faults = [fault] * ATTEMPTS
    with pytest.raises(LedgerError, match="not known") as refused:
        store.append("stream", 1, b"mine")
    assert refused.value.exit_code == 4
    assert "resume" in refused.value.what_next
    assert len(waited) == ATTEMPTS - 1
    assert waited == sorted(waited)
    assert store.append("stream", 1, b"mine") == 2


def test_a_write_is_asked_for_again_no_sooner_than_the_service_says(
    bucket: FaultyBucket, store: S3Store, waited: list[float]
) -> None:
    def later(_: Write) -> str:
        refusal = Throttled("slow down")
        refusal.retry_after = 17.0
        raise refusal

    bucket.faults = [later]
    store.append("stream", 0, b"mine")
    assert waited == [17.0]


def test_a_large_stream_lies_in_segments_and_is_read_by_few_requests(bucket: FaultyBucket, store: S3Store) -> None:
    bodies = [b"%05d" % number + b"x" * 20_000 for number in range(200)]
    for number, body in enumerate(bodies):
        store.append("stream", number, body)
    fresh = S3Store(bucket)
    bucket.gets.clear()
    assert [record.body for record in fresh.read("stream")] == bodies
    assert len(bucket.gets) <= 1 + 2 * sum(map(len, bodies)) // SEGMENT_BYTES
    bucket.gets.clear()
    assert fresh.look("stream", -1)[1][0].body == bodies[-1]
    assert [record.seq for record in fresh.read("stream", 37, 3)] == [38, 39, 40]
    assert len(bucket.gets) == 2, "what was read of the past is not read again"


def test_a_cold_reader_of_a_small_stream_needs_one_request(bucket: FaultyBucket, store: S3Store) -> None:
    journal = Journal(store)
    for _ in range(30):
        journal.append("stream", b"x" * 1000)
    fresh = Journal(S3Store(bucket))
    bucket.gets.clear()
    assert fresh.head("stream") == journal.head("stream")
    assert bucket.gets == ["streams/stream"]


def test_an_append_behind_an_own_one_is_one_write_and_no_read(bucket: FaultyBucket, store: S3Store) -> None:
    store.append("stream", 0, b"a")
    bucket.gets.clear()
    bucket.puts.clear()
    store.append("stream", 1, b"b")
    assert (bucket.gets, bucket.puts) == ([], ["streams/stream"])


def test_a_writer_that_dies_between_segment_and_head_leaves_the_stream_as_it_was(
    bucket: FaultyBucket, store: S3Store
) -> None:
    store.append("stream", 0, b"x" * INLINE_BYTES)

    def dies(_: Write) -> str:
        raise KeyboardInterrupt

    bucket.faults = [lambda write: write(), dies]
    with pytest.raises(KeyboardInterrupt):
        store.append("stream", 1, b"mine")
    assert len(bucket.keys("segments/")) == 1
    other = S3Store(FolderBucket(bucket.folder))
    assert other.length("stream") == 1
    assert other.append("stream", 1, b"theirs") == 2
    assert len(bucket.keys("segments/")) == 1, "the segment that nobody named is the one that is needed now"
    assert [record.body[:6] for record in store.read("stream")] == [b"xxxxxx", b"theirs"]


def named(bucket: FolderBucket) -> tuple[Segment, ...]:
    """The segments that the head names; others were extended since."""
    found = bucket.get("streams/stream")
    assert found
    return decode(found[0], "stream", "").segments


@pytest.mark.parametrize("fault", [lost_before, lost_after, asked_twice, throttled, busy])
def test_a_head_never_names_a_segment_that_is_not_there(
    bucket: FaultyBucket, store: S3Store, fault: Callable[[Write], str]
) -> None:
    store.append("stream", 0, b"x" * INLINE_BYTES)
    bucket.faults = [fault]
    store.append("stream", 1, b"mine")
    assert [len(record.body) for record in S3Store(bucket).read("stream")] == [INLINE_BYTES, 4]


@pytest.fixture
def sealed(bucket: FaultyBucket) -> Journal:
    """A stream whose first four records lie in a segment, and two behind it."""
    journal = Journal(S3Store(bucket))
    for payload in (b"one", b"two", b"three", b"x" * INLINE_BYTES, b"five", b"six"):
        journal.append("stream", payload)
    return journal


def test_any_flipped_byte_of_a_head_is_found(bucket: FaultyBucket, sealed: Journal) -> None:
    assert sealed
    body = bucket.get("streams/stream")
    assert body
    for place in range(len(body[0])):
        for mask in (0x01, 0x20, 0x80):
            harmed = bytearray(body[0])
            harmed[place] ^= mask
            bucket.overwrite("streams/stream", bytes(harmed))
            assert [type(failure) for failure in Ledger(S3Store(bucket), lambda: 0.0).verify()] == [Damaged], place


def test_a_flipped_byte_of_a_segment_is_found_and_named(bucket: FaultyBucket, sealed: Journal) -> None:
    assert sealed
    (segment,) = named(bucket)
    body = bucket.get(key := segment.key)
    assert body
    for place in [*range(0, 600, 3), *range(600, len(body[0]), 3997)]:
        harmed = bytearray(body[0])
        harmed[place] ^= 0x10
        bucket.overwrite(key, bytes(harmed))
        (failure,) = Ledger(S3Store(bucket), lambda: 0.0).verify()
        assert isinstance(failure, Damaged)
        assert failure.stream == "stream"
        assert failure.seq <= 4


def test_what_lies_behind_a_segment_that_is_gone_is_not_taken_for_all(bucket: FaultyBucket, sealed: Journal) -> None:
    for payload in (b"y" * SEGMENT_BYTES, b"eight"):
        sealed.append("stream", payload)
    last = named(bucket)[-1]
    bucket.delete(last.key)
    target = MemoryStore()
    (failure,) = Ledger(S3Store(bucket), lambda: 0.0).salvage(target)
    assert isinstance(failure, Damaged)
    assert failure.last_good == last.first - 1
    assert target.length("stream") == last.first - 1


def test_the_object_of_another_stream_is_refused() -> None:
    with pytest.raises(Unreadable, match="object of other"):
        decode(encode(StreamObject("other").grown((b"x",), "a")), "stream", "")


def test_an_object_of_a_newer_format_is_refused_and_not_called_damaged(bucket: FaultyBucket, store: S3Store) -> None:
    index = b'{"what comes":"then"}'
    digest = hashlib.sha256(b"2\0" + index).hexdigest().encode()
    bucket.overwrite("streams/stream", b"tidegate 2 " + digest + b"\n" + index + b"\n")
    with pytest.raises(LedgerError, match="format 2") as refused:
        store.length("stream")
    assert not isinstance(refused.value, Unreadable)
    assert "newer" in refused.value.what_next


def test_a_ledger_that_is_begun_is_known_again_by_one_request(bucket: FaultyBucket, store: S3Store) -> None:
    assert store.streams() == []
    bucket.gets.clear()
    bucket.puts.clear()
    S3Store(bucket)
    assert (bucket.gets, bucket.puts) == ([KEY], [])


@pytest.mark.parametrize("deaths", range(1, 5))
def test_a_ledger_that_is_half_begun_is_begun_by_the_next(tmp_path: Path, deaths: int) -> None:
    def dies(_: Write) -> str:
        raise KeyboardInterrupt

    def lives(write: Write) -> str:
        return write()

    bucket = FaultyBucket(tmp_path / "bucket")
    bucket.faults = [*[lives] * (deaths - 1), dies]
    with pytest.raises(KeyboardInterrupt):
        S3Store(bucket)
    assert S3Store(bucket).append("stream", 0, b"kept") == 1


@pytest.mark.parametrize("fault", [lost_before, lost_after, asked_twice, throttled, busy])
@pytest.mark.parametrize("before", range(4))
def test_a_ledger_is_begun_whatever_goes_wrong_with_one_write(
    tmp_path: Path, fault: Callable[[Write], str], before: int
) -> None:
    bucket = FaultyBucket(tmp_path / "bucket")
    bucket.faults = [*[lambda write: write()] * before, fault]
    S3Store(bucket, pause=lambda _: None)
    assert b"ready" in (bucket.get(KEY) or (b"", ""))[0]


class CarelessBucket(FolderBucket):
    """A bucket that does not look at some conditions."""

    def __init__(self, folder: Path, *, creates: bool) -> None:
        super().__init__(folder)
        self._creates = creates

    def put(self, key: str, body: bytes, expect: str = "") -> str:
        if bool(expect) is not self._creates:
            self.overwrite(key, body)
            return super()._read(key)[1]  # type: ignore[index]
        return super().put(key, body, expect)


@pytest.mark.parametrize("creates", [True, False])
def test_a_bucket_that_does_not_keep_conditions_is_refused_by_everybody(tmp_path: Path, creates: bool) -> None:
    for _ in range(3):
        with pytest.raises(LedgerError, match="conditional writes") as refused:
            S3Store(CarelessBucket(tmp_path / "bucket", creates=creates))
        assert refused.value.what_next
    assert FolderBucket(tmp_path / "bucket").keys("streams/") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps({"tidegate": "ledger", "format": 2, "state": "ready"}).encode(), "format 2"),
        (json.dumps({"tidegate": "ledger", "format": 1, "state": "?"}).encode(), "not a ledger"),
        (b"[]", "not a ledger"),
        (b"\xff", "not a ledger"),
    ],
)
def test_something_else_in_the_bucket_is_refused_and_left_alone(
    bucket: FaultyBucket, content: bytes, said: str
) -> None:
    bucket.overwrite(KEY, content)
    with pytest.raises(LedgerError, match=said):
        S3Store(bucket)
    assert bucket.get(KEY) == bucket._read(KEY)
    assert (bucket._read(KEY) or (b"",))[0] == content


class RefusingBucket(FolderBucket):
    def __init__(self, folder: Path, error: CloudError) -> None:
        super().__init__(folder)
        self._error = error

    def get(self, key: str) -> tuple[bytes, str] | None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "said", "next_step"),
    [
        (NotFound("NoSuchBucket", code="NoSuchBucket"), "does not exist", "create it"),
        (CloudError("denied", code="AccessDenied"), "may not use", "s3:PutObject"),
        (CloudError("expired", code="ExpiredToken", what_next="sign in to AWS again"), "expired", "sign in"),
        (Unreachable("no route"), "does not answer", "try again"),
        (Throttled("slow down"), "does not answer", "try again"),
    ],
)
def test_a_bucket_that_refuses_is_told_as_an_error_of_the_ledger(
    tmp_path: Path, error: CloudError, said: str, next_step: str
) -> None:
    with pytest.raises(LedgerError, match=said) as refused:
        S3Store(RefusingBucket(tmp_path / "bucket", error), pause=lambda _: None)
    assert refused.value.exit_code == 4
    assert next_step in refused.value.what_next
    assert refused.value.where == "s3://bucket"
