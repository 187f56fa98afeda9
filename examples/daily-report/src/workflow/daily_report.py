"""The steps of a daily report: closes → indicators → summary → report."""

from src.analysis.indicators import indicators
from src.report.summary import summary
from src.types import DailyClose, Quote, Report


def daily_report(quote: Quote, series: tuple[DailyClose, ...]) -> Report:
    """The report on the last day of a series; raises ValueError when the series is too short."""
    figures = indicators([point.close for point in series])
    as_of = series[-1].date
    return Report(quote, as_of, summary(quote, as_of, figures), figures, series)
