"""The values that the layers hand to each other. Import as `src.types`: `types` is the standard library's."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """A listed security that the product reports on."""

    ticker: str
    name: str
    exchange: str
    sector: str


@dataclass(frozen=True, slots=True)
class DailyClose:
    """One closing price, in the instrument's own currency."""

    date: dt.date
    close: float


@dataclass(frozen=True, slots=True)
class Quote:
    """The last close of an instrument and its change on the day before, in percent."""

    instrument: Instrument
    price: float
    change_percent: float


@dataclass(frozen=True, slots=True)
class FundPrice:
    """The net asset value of a fund on a day, and what the fund holds in all, in the fund's currency."""

    date: dt.date
    nav: Decimal
    assets: Decimal


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund with some of its prices, oldest first."""

    fund: str
    currency: str
    prices: tuple[FundPrice, ...]


@dataclass(frozen=True, slots=True)
class Indicators:
    """What the analysis says about a price series. Averages, highs and lows are prices; RSI is 0 to 100."""

    sma_20: float
    sma_50: float
    rsi_14: float
    volatility_percent: float
    high_90: float
    low_90: float


@dataclass(frozen=True, slots=True)
class Report:
    """The daily report on one instrument; `series` is 90 closes, oldest first."""

    quote: Quote
    as_of: dt.date
    summary: str
    indicators: Indicators
    series: tuple[DailyClose, ...]
