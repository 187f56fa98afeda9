"""Reports that were made before, in Aurora, by ticker, day and build.

The build is a part of the key: no build is answered with what another one wrote, so that what is tested is
what it makes itself, and what is put back finds its own reports again.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from aurora.database import Aurora
from src.types import DailyClose, Indicators, Instrument, Quote, Report

if TYPE_CHECKING:  # the driver is imported when a connection is made
    from psycopg import Connection

_GET = "SELECT body FROM reports WHERE ticker = %s AND as_of = %s AND build = %s"
_PUT = """
INSERT INTO reports (ticker, as_of, build, body) VALUES (%s, %s, %s, %s)
ON CONFLICT (ticker, as_of, build) DO UPDATE SET body = excluded.body
"""


class ReportCache(Protocol):
    """Both raise DatabaseError."""

    def get(self, ticker: str, as_of: dt.date) -> Report | None:
        """The report on a ticker and a day, None where there is none yet."""
        ...

    def put(self, report: Report) -> None:
        """Keep a report, in place of the one of its ticker and day."""
        ...


class AuroraReportCache:
    """The ReportCache of a build in the database."""

    def __init__(self, database: Aurora, build: str) -> None:
        self._database = database
        self._build = build

    def get(self, ticker: str, as_of: dt.date) -> Report | None:
        def read(connection: "Connection[Any]") -> Any:
            return connection.execute(_GET, (ticker, as_of, self._build)).fetchone()

        row = self._database.run(read)
        return decoded(row[0]) if row else None

    def put(self, report: Report) -> None:
        def write(connection: "Connection[Any]") -> None:
            from psycopg.types.json import Jsonb

            key = (report.quote.instrument.ticker, report.as_of, self._build)
            connection.execute(_PUT, (*key, Jsonb(encoded(report))))

        self._database.run(write)


def encoded(report: Report) -> dict[str, Any]:
    """A report as JSON has it."""
    series = [{"date": point.date.isoformat(), "close": point.close} for point in report.series]
    return {**asdict(report), "as_of": report.as_of.isoformat(), "series": series}


def decoded(body: Mapping[str, Any]) -> Report:
    """The report that was encoded."""
    quote = body["quote"]
    return Report(
        Quote(Instrument(**quote["instrument"]), quote["price"], quote["change_percent"]),
        dt.date.fromisoformat(body["as_of"]),
        body["summary"],
        Indicators(**body["indicators"]),
        tuple(DailyClose(dt.date.fromisoformat(one["date"]), one["close"]) for one in body["series"]),
    )
