"""Funds and their prices in Aurora, where the fund data sync puts them."""

from typing import TYPE_CHECKING, Any, Protocol

from aurora.database import Aurora
from src.types import Fund, FundPrice

if TYPE_CHECKING:  # the driver is imported when a connection is made
    from psycopg import Connection

_MOST = 90
_LATEST = "SELECT fund, currency, date, nav, assets FROM fund_latest ORDER BY fund"
_PRICES = """
SELECT f.currency, p.date, p.nav, p.assets FROM funds f JOIN fund_prices p ON p.fund = f.fund
WHERE f.fund = %s ORDER BY p.date DESC LIMIT %s
"""


class UnknownFundError(LookupError):
    """No price of this fund is known."""

    def __init__(self, fund: str) -> None:
        super().__init__(f"unknown fund {fund!r}")


class Funds(Protocol):
    """Both raise DatabaseError."""

    def latest(self) -> list[Fund]:
        """Every fund with its last price, by name."""
        ...

    def fund(self, name: str) -> Fund:
        """A fund, in any case of letters, with its last 90 prices; raises UnknownFundError."""
        ...


class AuroraFunds:
    """Funds in the database."""

    def __init__(self, database: Aurora) -> None:
        self._database = database

    def latest(self) -> list[Fund]:
        def read(connection: "Connection[Any]") -> list[Fund]:
            rows = connection.execute(_LATEST).fetchall()
            return [Fund(fund, currency, (FundPrice(*price),)) for fund, currency, *price in rows]

        return self._database.run(read)

    def fund(self, name: str) -> Fund:
        def read(connection: "Connection[Any]") -> list[Any]:
            return connection.execute(_PRICES, (name.upper(), _MOST)).fetchall()

        rows = self._database.run(read)
        if not rows:
            raise UnknownFundError(name)
        return Fund(name.upper(), rows[0][0], tuple(FundPrice(*price) for _, *price in reversed(rows)))
