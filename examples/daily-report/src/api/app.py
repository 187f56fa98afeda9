"""The Telegram Mini App API. Unknown ticker or fund 404; empty query, ill-formed user or ticker 422."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

from aurora.database import DatabaseError
from src.agent import DailyReportAgent
from src.api import dependencies as given
from src.api.build import Build
from src.api.models import (
    FundAnswer,
    FundsAnswer,
    Health,
    LatestPrice,
    QueuedAnswer,
    ReportAnswer,
    SearchAnswer,
    SearchResult,
    WatchlistAnswer,
)
from src.data.aws import UnavailableError
from src.data.funds import Funds, UnknownFundError
from src.data.jobs import ReportJob, ReportQueue
from src.data.market import Market, UnknownTickerError
from src.data.reports import ReportStore
from src.data.watchlist import Watchlist

_log = logging.getLogger(__name__)
_api = APIRouter(prefix="/api/v1")

SearchQuery = Annotated[str, Query(alias="q", min_length=1, max_length=64, pattern=r"\S")]
Ticker = Annotated[str, Path(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9.\-]+$")]
FundName = Annotated[str, Path(min_length=1, max_length=24, pattern=r"^[A-Za-z0-9\-]+$")]
User = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
MarketOf = Annotated[Market, Depends(given.market)]
AgentOf = Annotated[DailyReportAgent, Depends(given.agent)]
FundsOf = Annotated[Funds, Depends(given.funds)]
WatchlistOf = Annotated[Watchlist, Depends(given.watchlist)]


@_api.get("/health")
def health(names: given.NamesOf, build: Annotated[Build, Depends(given.build)]) -> Health:
    """What answers here. Touches no store, so that it tells about the release and nothing else."""
    return Health(
        status="ok",
        commit=build.commit,
        digest=build.digest(),
        environment=names.environment,
        qualifier=names.qualifier,
    )


@_api.get("/search")
def search(q: SearchQuery, market: MarketOf) -> SearchAnswer:
    """Instruments by ticker or name; an empty list when nothing matches."""
    return SearchAnswer(query=q, results=[SearchResult.of(quote) for quote in market.search(q)])


@_api.get("/report/{ticker}")
def report(
    ticker: Ticker, agent: AgentOf, store: Annotated[ReportStore, Depends(given.report_store)]
) -> ReportAnswer:
    """The daily report, from the cache if it is there, with a link to its PDF once the worker stored one."""
    found = agent.report(ticker)
    return ReportAnswer.of(found, store.url(found.quote.instrument.ticker, found.as_of))


@_api.post("/report/{ticker}", status_code=202)
def queue_report(
    ticker: Ticker, market: MarketOf, queue: Annotated[ReportQueue, Depends(given.report_queue)]
) -> QueuedAnswer:
    """Have the report worker make the PDF."""
    job = ReportJob(market.instrument(ticker).ticker)
    [message_id] = queue.send([job])
    return QueuedAnswer(ticker=job.ticker, status="queued", queue=queue.name, message_id=message_id)


@_api.get("/funds")
def funds(store: FundsOf) -> FundsAnswer:
    """Every fund with its last price; an empty list before the first sync."""
    return FundsAnswer(funds=[LatestPrice.of(fund) for fund in store.latest()])


@_api.get("/funds/{fund}")
def fund(fund: FundName, store: FundsOf) -> FundAnswer:
    """A fund with its last 90 prices, oldest first."""
    return FundAnswer.of(store.fund(fund))


@_api.get("/watchlist/{user}")
def watchlist(user: User, store: WatchlistOf) -> WatchlistAnswer:
    return WatchlistAnswer(user=user, tickers=store.tickers(user))


@_api.put("/watchlist/{user}/{ticker}")
def follow(user: User, ticker: Ticker, market: MarketOf, store: WatchlistOf) -> WatchlistAnswer:
    """Add a ticker; adding it again changes nothing."""
    store.add(user, market.instrument(ticker).ticker)
    return WatchlistAnswer(user=user, tickers=store.tickers(user))


@_api.delete("/watchlist/{user}/{ticker}")
def unfollow(user: User, ticker: Ticker, store: WatchlistOf) -> WatchlistAnswer:
    """Remove a ticker, one that is no longer listed too; removing what is not there changes nothing."""
    store.remove(user, ticker.upper())
    return WatchlistAnswer(user=user, tickers=store.tickers(user))


def _not_found(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)


def _unavailable(_: Request, error: Exception) -> JSONResponse:
    _log.error("%s", error)
    return JSONResponse({"detail": "a store of this service is not available"}, status_code=503)


def create_app() -> FastAPI:
    """The application, wired to AWS through `src.api.dependencies`."""
    app = FastAPI(title="Daily report", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    app.add_exception_handler(UnknownTickerError, _not_found)
    app.add_exception_handler(UnknownFundError, _not_found)
    app.add_exception_handler(UnavailableError, _unavailable)
    app.add_exception_handler(DatabaseError, _unavailable)
    app.include_router(_api)
    return app


app = create_app()
