"""Fund prices in Aurora: `funds`, and `fund_prices` with one row a fund and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from aurora.database import Aurora
from fund_data_sync.rows import FundRow

if TYPE_CHECKING:  # the driver is imported when a connection is made
    from psycopg import Connection

_FUNDS = "INSERT INTO funds (fund) SELECT DISTINCT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_PRICES = """
INSERT INTO fund_prices AS known (fund, date, nav, assets)
SELECT * FROM unnest(%s::text[], %s::date[], %s::numeric[], %s::numeric[])
ON CONFLICT (fund, date) DO UPDATE SET nav = excluded.nav, assets = excluded.assets
WHERE (known.nav, known.assets) <> (excluded.nav, excluded.assets)
"""
_THERE = """
SELECT count(*) FROM fund_prices
JOIN unnest(%s::text[], %s::date[]) AS given (fund, date) USING (fund, date)
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of rows: how many of them the table holds, and how many it did not hold before."""

    stored: int
    new: int


class FundStore(Protocol):
    def put(self, rows: Sequence[FundRow]) -> Stored:
        """Store all rows or none, each in place of what its fund and date had; raises DatabaseError."""
        ...


class AuroraFundStore:
    """A FundStore in the database."""

    def __init__(self, database: Aurora) -> None:
        self._database = database

    def put(self, rows: Sequence[FundRow]) -> Stored:
        # In the order of the key: two syncs at once wait for each other, and do not lock each other out.
        ordered = sorted(rows, key=lambda row: (row.fund, row.date))
        funds, dates = [row.fund for row in ordered], [row.date for row in ordered]

        def write(connection: "Connection[Any]") -> Stored:
            def there() -> int:
                counted = connection.execute(_THERE, (funds, dates)).fetchone()
                return int(counted[0]) if counted else 0

            before = there()
            connection.execute(_FUNDS, (funds,))
            amounts = ([row.nav for row in ordered], [row.assets for row in ordered])
            connection.execute(_PRICES, (funds, dates, *amounts))
            stored = there()
            return Stored(stored, stored - before)

        return self._database.run(write)
