"""The fund table in DynamoDB (HASH `fund`, RANGE `date`)."""

from collections.abc import Iterable
from typing import Any, Protocol

from fund_data_sync.rows import FundRow


class FundStore(Protocol):
    def put(self, rows: Iterable[FundRow]) -> None:
        """Store the rows, each in place of what its fund and date had."""
        ...


class DynamoFundStore:
    """A FundStore on a DynamoDB table (a boto3 Table, whose batch writer repeats unprocessed items)."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def put(self, rows: Iterable[FundRow]) -> None:
        with self._table.batch_writer() as batch:
            for row in rows:
                batch.put_item(Item=row.model_dump() | {"date": row.date.isoformat()})
