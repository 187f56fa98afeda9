"""The report agent: what the API and the report worker ask for a report on a ticker."""

from src.data.market import Market
from src.types import Report
from src.workflow.daily_report import daily_report


class DailyReportAgent:
    """Writes daily reports from the data of a market."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def report(self, ticker: str) -> Report:
        """The report of the last day in the market's data; raises UnknownTickerError."""
        return daily_report(self._market.quote(ticker), self._market.series(ticker))
