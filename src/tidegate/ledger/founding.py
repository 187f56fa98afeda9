"""How a ledger begins in a bucket, and is known again: one object that names the format.

A bucket that takes a conditional write without looking would lose records of runs that write at the same time. So the
object is first written as `probing`, then the bucket must refuse to create it again, and to replace it for a wrong
ETag; only then it becomes `ready`. Whoever finds it as `probing` does the same, so that a death in between is harmless.
"""

import json

from tidegate.errors import LedgerError, Moved, Throttled
from tidegate.ledger.bucket import Bucket

FORMAT = 1
KEY = "format"
WRONG_ETAG = f'"{"0" * 32}"'

_PROBING = json.dumps({"tidegate": "ledger", "format": FORMAT, "state": "probing"}).encode()
_READY = json.dumps({"tidegate": "ledger", "format": FORMAT, "state": "ready"}).encode()


def found(bucket: Bucket) -> None:
    """See that a bucket holds a ledger of this format, or begin one there; done again, nothing changes.

    Raises:
        errors.LedgerError: It holds one of a newer format, something else, or does not keep conditional writes.
        errors.CloudError: As `Bucket`; `Throttled` while somebody else is about to begin it: then ask again.
    """
    known = bucket.get(KEY)
    if known is None:
        try:
            known = _PROBING, bucket.put(KEY, _PROBING)
        except Moved:  # somebody else begins it at this moment, or our own answer was lost
            known = bucket.get(KEY)
    if known is None:
        raise _busy(bucket)
    body, etag = known
    if _state(body, bucket) == "ready":
        return
    _probe(bucket)
    try:
        bucket.put(KEY, _READY, etag)
    except Moved as moved:
        known = bucket.get(KEY)
        if known is None or _state(known[0], bucket) != "ready":
            raise _busy(bucket) from moved


def _probe(bucket: Bucket) -> None:
    for expect in ("", WRONG_ETAG):
        try:
            bucket.put(KEY, _PROBING, expect)
        except Moved:
            continue
        raise _unreliable(bucket)


def _state(body: bytes, bucket: Bucket) -> str:
    try:
        content = json.loads(body)
        number, state = int(content["format"]), str(content["state"])
        ours = content["tidegate"] == "ledger" and state in {"probing", "ready"}
    except (ValueError, TypeError, KeyError):
        number, state, ours = FORMAT, "", False
    if number > FORMAT:
        raise LedgerError(
            f"the ledger has format {number}; this Tidegate knows up to {FORMAT}",
            where=f"{bucket.where}/{KEY}",
            what_next="use the Tidegate that wrote it, or a newer one",
        )
    if not ours or number != FORMAT:
        raise LedgerError(
            "this is not a ledger of Tidegate, or its first object is damaged",
            where=f"{bucket.where}/{KEY}",
            what_next="name another prefix, or restore an earlier version of the object",
        )
    return state


def _busy(bucket: Bucket) -> Throttled:
    """AWS API, PutObject: 409 is answered while another write is under way, whatever comes of that one."""
    return Throttled("somebody else begins the ledger at this moment", where=f"{bucket.where}/{KEY}")


def _unreliable(bucket: Bucket) -> LedgerError:
    return LedgerError(
        "this bucket does not keep conditional writes, so runs at the same time would lose each other's records",
        where=bucket.where,
        what_next="use a bucket of Amazon S3, or of a store that refuses If-None-Match and If-Match as S3 does",
    )
