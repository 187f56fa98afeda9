"""Stores in memory, for tests of what uses them."""

import datetime as dt
from dataclasses import dataclass, field

from src.data.funds import UnknownFundError
from src.types import Fund, Report


@dataclass
class MemoryReportCache:
    reports: dict[tuple[str, dt.date], Report] = field(default_factory=dict)

    def get(self, ticker: str, as_of: dt.date) -> Report | None:
        return self.reports.get((ticker, as_of))

    def put(self, report: Report) -> None:
        self.reports[report.quote.instrument.ticker, report.as_of] = report


@dataclass
class MemoryFunds:
    funds: dict[str, Fund] = field(default_factory=dict)

    def latest(self) -> list[Fund]:
        return [Fund(one.fund, one.currency, one.prices[-1:]) for _, one in sorted(self.funds.items())]

    def fund(self, name: str) -> Fund:
        try:
            return self.funds[name.upper()]
        except KeyError:
            raise UnknownFundError(name) from None
