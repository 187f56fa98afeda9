"""A store in a bucket, for runners that share nothing else. Every write depends on what is there: no lock, no server.

A stream is one object, its head, which holds the latest records themselves; so a reader needs one request, and an
append is one conditional write. What a head cannot hold any more lies in immutable segments, which it names. A segment
is written before the head that names it: a writer that dies in between leaves an object behind that nobody reads.

A write whose answer was lost is told from one that lost a race by reading again: each append has a name of its own.
S3 is strongly consistent: whoever reads behind a write sees it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

import hashlib
import random
import secrets
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote, unquote

from tidegate.errors import CloudError, Conflict, LedgerError, Moved, NotFound, Throttled, Unreachable
from tidegate.ledger.bucket import Bucket
from tidegate.ledger.founding import found
from tidegate.ledger.refusals import Unreadable
from tidegate.ledger.store import StoredRecord
from tidegate.ledger.stream_object import RESTORE, Segment, StreamObject, decode, encode

ATTEMPTS = 6
"""How often what was not answered, or was throttled, is asked at most."""
FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0

STREAMS = "streams/"
SEGMENTS = "segments/"

T = TypeVar("T")


class S3Store:
    """Implements `store.Store` over a bucket. Shared by threads; other processes open their own.

    Args:
        bucket: Where the objects are; closed with the store.
        pause: Sleeps, in seconds.

    Raises:
        errors.LedgerError: The bucket is not there, may not be used, does not keep conditional writes, or what is in
            it is of a newer format or something else.
    """

    def __init__(self, bucket: Bucket, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._bucket = bucket
        self._pause = pause
        self._guard = threading.RLock()
        self._heads: dict[str, tuple[StreamObject, str]] = {}
        self._segments: dict[str, StreamObject] = {}
        self._asked(lambda: found(bucket))

    def append(self, stream: str, expected: int, *bodies: bytes) -> int:
        """See `store.Store.append`."""
        with self._guard:
            head, etag = self._heads.get(stream) or self._latest(stream)
            if head.length != expected:
                head, etag = self._latest(stream)
            if head.length != expected:
                raise _late(stream, expected)
            if head.must_seal(bodies):
                head = self._sealed(head)
            if not self._put(stream, head.grown(bodies, secrets.token_hex(6)), etag):
                raise _late(stream, expected)
            return expected + len(bodies)

    def read(self, stream: str, after: int = 0, limit: int | None = None) -> list[StoredRecord]:
        """See `store.Store.read`."""
        with self._guard:
            return self._behind(self._latest(stream)[0], after, limit)

    def length(self, stream: str) -> int:
        """See `store.Store.length`."""
        with self._guard:
            return self._latest(stream)[0].length

    def look(self, stream: str, after: int = 0) -> tuple[int, list[StoredRecord]]:
        """See `store.Store.look`; one request, and one more for each segment that was not read before."""
        with self._guard:
            head = self._latest(stream)[0]
            return head.length, self._behind(head, after if after >= 0 else max(0, head.length + after))

    def streams(self, prefix: str = "") -> list[str]:
        """See `store.Store.streams`."""
        keys = self._asked(lambda: self._bucket.keys(STREAMS + _quoted(prefix)))
        return sorted(unquote(key.removeprefix(STREAMS)) for key in keys)

    def close(self) -> None:
        """See `store.Store.close`."""
        self._bucket.close()

    def _latest(self, stream: str) -> tuple[StreamObject, str]:
        """The head as it is now, and its ETag, which is empty where there is none yet."""
        key = _key(stream)
        answer = self._asked(lambda: self._bucket.get(key))
        known = self._heads.get(stream)
        if answer is None:
            self._heads.pop(stream, None)
            return StreamObject(stream), ""
        body, etag = answer
        if known is None or known[1] != etag:
            known = self._heads[stream] = (decode(body, stream, self._where(key)), etag)
        return known

    def _behind(self, head: StreamObject, after: int, limit: int | None = None) -> list[StoredRecord]:
        records: list[StoredRecord] = []
        for segment in head.segments:
            if segment.last > after and (limit is None or len(records) < limit):
                records += self._segment(head.stream, segment).behind(after)
        records += head.behind(after)
        return records if limit is None else records[:limit]

    def _segment(self, stream: str, segment: Segment) -> StreamObject:
        known = self._segments.get(segment.key)
        if known is None:
            answer = self._asked(lambda: self._bucket.get(segment.key))
            if answer is None:
                told = f"the object of records {segment.first} to {segment.last} is gone"
                raise Unreadable(told, where=self._where(segment.key), what_next=RESTORE)
            known = self._segments[segment.key] = decode(answer[0], stream, self._where(segment.key))
        return known

    def _sealed(self, head: StreamObject) -> StreamObject:
        """Move a head's records into a segment; the head that names it is still to be written."""
        extended = head.extends
        segment = head.segment(self._segment(head.stream, extended) if extended else None)
        body = encode(segment)
        key = f"{SEGMENTS}{_quoted(head.stream)}/{head.length}-{hashlib.sha256(body).hexdigest()[:32]}"

        def write() -> None:
            try:
                self._bucket.put(key, body)
            except Moved as moved:
                # Its name says what it holds: somebody, or an earlier attempt, wrote the very same. But 409 may be
                # answered because of a write of which nothing came: a head must not name what is not there.
                if self._bucket.get(key) is None:
                    raise Throttled(moved.what, where=moved.where, code=moved.code) from moved

        self._asked(write)
        self._segments[key] = segment
        return head.without_records(key, segment.size)

    def _put(self, stream: str, head: StreamObject, expect: str) -> bool:
        """Write a head in the place of the one whose ETag is `expect`; False when another one is there.

        AWS API, PutObject: 412 says that another one is there, 409 that somebody writes at this moment, 404 that there
        is none any more. An answer may be lost, and botocore's or a proxy's own retry then meets what we wrote.
        """
        key, body = _key(stream), encode(head)
        lost: CloudError | None = None
        for attempt in range(ATTEMPTS):
            if lost is not None:
                self._pause(_wait(attempt, lost))
            try:
                self._heads[stream] = (head, self._bucket.put(key, body, expect))
            except (Moved, Unreachable, Throttled) as error:
                lost = error
            except CloudError as error:
                raise refused(error, self._bucket.where) from error
            else:
                return True
            now, etag = self._latest(stream)
            if self._holds(now, head.records[-1].seq, head.records[-1].append):
                return True
            if etag != expect:
                return False
        self._heads.pop(stream, None)
        raise LedgerError(
            f"the bucket does not answer; whether {stream} took its last record in is not known ({lost})",
            where=self._bucket.where,
            what_next="resume when it does: what happened is looked at anew",
        ) from lost

    def _holds(self, head: StreamObject, seq: int, append: str) -> bool:
        """Whether a record is there by that very append; others may have come behind it."""
        if head.length < seq:
            return False
        for segment in head.segments:
            if segment.first <= seq <= segment.last:
                return self._segment(head.stream, segment).appended_by(seq) == append
        return head.appended_by(seq) == append

    def _asked(self, ask: Callable[[], T]) -> T:
        """Ask for what may be asked again; the bucket's errors become ours."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return ask()
            except (Unreachable, Throttled) as error:
                if attempt == ATTEMPTS:
                    raise refused(error, self._bucket.where) from error
                self._pause(_wait(attempt, error))
            except CloudError as error:
                raise refused(error, self._bucket.where) from error
        raise AssertionError  # the last attempt returned or raised

    def _where(self, key: str) -> str:
        return f"{self._bucket.where}/{key}"


def refused(error: CloudError, where: str) -> LedgerError:
    """What a bucket refused with, as an error of the ledger."""
    match error:
        case NotFound(code="NoSuchBucket"):
            return LedgerError(
                "the ledger's bucket does not exist",
                where=where,
                what_next="create it, private and versioned, or correct TIDEGATE_LEDGER",
            )
        case CloudError(code="AccessDenied" | "AllAccessDisabled" | "403"):
            return LedgerError(
                f"these credentials may not use the ledger's bucket: {error.what}",
                where=where,
                what_next="allow s3:GetObject and s3:PutObject on what is in it, and s3:ListBucket on the bucket",
            )
        case Unreachable() | Throttled():
            return LedgerError(
                f"the ledger's bucket does not answer: {error.what}",
                where=where,
                what_next="try again when it does; nothing was written",
            )
        case _:
            return LedgerError(error.what, where=where, what_next=error.what_next)


def _wait(attempt: int, error: CloudError) -> float:
    """Seconds until an attempt is made anew: longer each time, spread at random, never sooner than was asked for."""
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0**attempt)
    return max(error.retry_after, longest * (0.5 + random.random() / 2))  # noqa: S311 - spreads load, keeps no secret


def _late(stream: str, expected: int) -> Conflict:
    return Conflict(f"{stream} does not hold {expected} records any more", where=stream)


def _key(stream: str) -> str:
    return STREAMS + _quoted(stream)


def _quoted(stream: str) -> str:
    """A stream's name as a part of a key; dots too, since some clients take `..` for a step up."""
    return quote(stream, safe="/").replace(".", "%2E")
