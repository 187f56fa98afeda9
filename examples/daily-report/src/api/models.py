"""What the API answers with: the contract with the site."""

import datetime as dt
from dataclasses import asdict

from pydantic import BaseModel

from src.types import DailyClose, Fund, Indicators, Quote, Report


class Health(BaseModel):
    status: str
    commit: str
    digest: str
    environment: str
    qualifier: str


class SearchResult(BaseModel):
    ticker: str
    name: str
    exchange: str
    sector: str
    price: float
    change_percent: float

    @classmethod
    def of(cls, quote: Quote) -> "SearchResult":
        return cls(**asdict(quote.instrument), price=quote.price, change_percent=quote.change_percent)


class SearchAnswer(BaseModel):
    query: str
    results: list[SearchResult]


class ReportAnswer(BaseModel):
    ticker: str
    name: str
    as_of: dt.date
    price: float
    change_percent: float
    summary: str
    indicators: Indicators
    series: tuple[DailyClose, ...]
    report_pdf: str | None

    @classmethod
    def of(cls, report: Report, pdf_url: str | None) -> "ReportAnswer":
        return cls(
            ticker=report.quote.instrument.ticker,
            name=report.quote.instrument.name,
            as_of=report.as_of,
            price=report.quote.price,
            change_percent=report.quote.change_percent,
            summary=report.summary,
            indicators=report.indicators,
            series=report.series,
            report_pdf=pdf_url,
        )


class QueuedAnswer(BaseModel):
    ticker: str
    status: str
    queue: str
    message_id: str


class Price(BaseModel):
    date: dt.date
    nav: float
    assets: float


class LatestPrice(Price):
    fund: str
    currency: str

    @classmethod
    def of(cls, fund: Fund) -> "LatestPrice":
        return cls(fund=fund.fund, currency=fund.currency, **asdict(fund.prices[-1]))


class FundsAnswer(BaseModel):
    funds: list[LatestPrice]


class FundAnswer(BaseModel):
    fund: str
    currency: str
    prices: list[Price]

    @classmethod
    def of(cls, fund: Fund) -> "FundAnswer":
        prices = [Price(**asdict(price)) for price in fund.prices]
        return cls(fund=fund.fund, currency=fund.currency, prices=prices)


class WatchlistAnswer(BaseModel):
    user: str
    tickers: list[str]
