"""The report agent: what the API and the report worker ask for a report on a ticker."""

from src.data.market import Market
from src.data.report_cache import ReportCache
from src.types import Report
from src.workflow.daily_report import daily_report


class DailyReportAgent:
    """Writes daily reports from the data of a market, each once: the cache is looked into first."""

    def __init__(self, market: Market, cache: ReportCache) -> None:
        self._market = market
        self._cache = cache

    def report(self, ticker: str) -> Report:
        """The report of the last day in the market's data; raises UnknownTickerError or DatabaseError."""
        quote, series = self._market.quote(ticker), self._market.series(ticker)
        known = self._cache.get(quote.instrument.ticker, series[-1].date)
        if known is not None:
            return known
        report = daily_report(quote, series)
        self._cache.put(report)
        return report
