"""The shipped market data: instruments and 90 closes for each, read once a process."""

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from src.types import DailyClose, Instrument, Quote

_DATA = Path(__file__).parent


class UnknownTickerError(LookupError):
    """No instrument has this ticker."""

    def __init__(self, ticker: str) -> None:
        super().__init__(f"unknown ticker {ticker!r}")


class Market:
    """Instruments by ticker, each with its closes, oldest first."""

    def __init__(
        self, instruments: Iterable[Instrument], series: Mapping[str, tuple[DailyClose, ...]]
    ) -> None:
        self._instruments = {instrument.ticker: instrument for instrument in instruments}
        self._series = series

    @property
    def tickers(self) -> tuple[str, ...]:
        return tuple(self._instruments)

    def instrument(self, ticker: str) -> Instrument:
        """The instrument of a ticker in any case of letters; raises UnknownTickerError."""
        try:
            return self._instruments[ticker.upper()]
        except KeyError:
            raise UnknownTickerError(ticker) from None

    def series(self, ticker: str) -> tuple[DailyClose, ...]:
        """The closes of a ticker; raises UnknownTickerError."""
        return self._series[self.instrument(ticker).ticker]

    def quote(self, ticker: str) -> Quote:
        """The last close of a ticker and its change; raises UnknownTickerError."""
        before, last = self.series(ticker)[-2:]
        change = round((last.close / before.close - 1) * 100, 2)
        return Quote(self.instrument(ticker), last.close, change)

    def search(self, query: str, limit: int = 10) -> list[Quote]:
        """Quotes of what matches: the exact ticker first, then ticker prefixes, then parts of a name."""
        wanted = query.strip().upper()
        ranked = [(_rank(instrument, wanted), instrument.ticker) for instrument in self._instruments.values()]
        hits = sorted((rank, ticker) for rank, ticker in ranked if rank is not None)
        return [self.quote(ticker) for _, ticker in hits[:limit]]


def _rank(instrument: Instrument, wanted: str) -> int | None:
    if not wanted:
        return None
    if instrument.ticker == wanted:
        return 0
    if instrument.ticker.startswith(wanted):
        return 1
    return 2 if wanted in instrument.name.upper() else None


@cache
def shipped_market() -> Market:
    """The market of tickers.csv and prices.csv beside this file."""
    with (_DATA / "tickers.csv").open(newline="", encoding="utf-8") as source:
        instruments = [Instrument(**row) for row in csv.DictReader(source)]
    with (_DATA / "prices.csv").open(newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    dates = [dt.date.fromisoformat(row["date"]) for row in rows]
    series = {
        instrument.ticker: tuple(
            DailyClose(day, float(row[instrument.ticker])) for day, row in zip(dates, rows, strict=True)
        )
        for instrument in instruments
    }
    return Market(instruments, series)
