"""The Lambda handler of the fund data sync: CSV objects in S3 → rows in Aurora.

An event is an S3 notification, {"key": …} with an optional "bucket", or {"sample": true}: the sample shipped
with the image, for smoke tests, refused by the live alias. An event that comes again changes nothing.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from aurora.database import Settings, aurora
from fund_data_sync.config import LIVE, ConfigError, Names, qualifier_of
from fund_data_sync.rows import FundRow, MalformedCsvError, parse
from fund_data_sync.store import AuroraFundStore, FundStore

_SAMPLE = Path(__file__).with_name("sample.csv")
_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)

Read = Callable[[str, str], bytes]
"""From bucket and key to the object's content."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sync what the event names, or raise MalformedCsvError, ConfigError or DatabaseError and write nothing."""
    import boto3  # here and not above: the import costs a cold start a third of a second

    names = Names(os.environ, qualifier_of(context.invoked_function_arn))
    s3 = boto3.client("s3")
    database = aurora(Settings.of(names.variables, names.schema))

    def read(bucket: str, key: str) -> bytes:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    return sync(event, names, read, AuroraFundStore(database))


def sync(event: dict[str, Any], names: Names, read: Read, store: FundStore) -> dict[str, Any]:
    """Parse every object of the event, then write them all."""
    rows = _rows(event, names, read)
    done = store.put(rows)
    _log.info("%d rows, %d of them new, in schema %s", done.stored, done.new, names.schema)
    return {
        "rows": len(rows),
        "stored": done.stored,
        "new": done.new,
        "schema": names.schema,
        "qualifier": names.qualifier,
    }


def _rows(event: dict[str, Any], names: Names, read: Read) -> list[FundRow]:
    if event.get("sample") is True:
        if names.qualifier == LIVE:
            raise ConfigError(f"the sample is not for {LIVE!r}")
        return parse(_SAMPLE.read_bytes())
    rows: dict[tuple[str, object], FundRow] = {}
    for bucket, key in [names.fund_object(*named) for named in _objects(event)]:
        try:
            rows |= {(row.fund, row.date): row for row in parse(read(bucket, key))}
        except MalformedCsvError as error:
            raise MalformedCsvError(f"s3://{bucket}/{key}: {error}") from error
    return list(rows.values())


def _objects(event: dict[str, Any]) -> list[tuple[str | None, str]]:
    """Bucket and key of each object that an event names. AWS: the keys of a notification are URL-encoded."""
    if "key" in event:
        return [(event.get("bucket"), event["key"])]
    records = event.get("Records") or []
    if not records:
        raise ConfigError("the event names no object: expected Records, a key, or sample")
    return [(r["s3"]["bucket"]["name"], unquote_plus(r["s3"]["object"]["key"])) for r in records]
