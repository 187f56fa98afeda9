"""What the routes are handed. Tests replace these functions through `app.dependency_overrides`."""

import os
from functools import cache
from typing import Annotated

from fastapi import Depends, Request

from aurora.database import Aurora, Settings, aurora
from src.agent import DailyReportAgent
from src.api.build import Build, this_build
from src.config import Names, qualifier_of
from src.data.aws import client
from src.data.funds import AuroraFunds, Funds
from src.data.jobs import ReportQueue, SqsReportQueue
from src.data.market import Market, shipped_market
from src.data.report_cache import AuroraReportCache, ReportCache
from src.data.reports import ReportStore, S3ReportStore
from src.data.watchlist import DynamoWatchlist, Watchlist


def names(request: Request) -> Names:
    """The names of this invocation. Outside of Lambda there is no qualifier, hence nothing live."""
    context = request.scope.get("aws.context")
    return Names(os.environ, qualifier_of(getattr(context, "invoked_function_arn", None)))


NamesOf = Annotated[Names, Depends(names)]


def market() -> Market:
    return shipped_market()


def database(of: NamesOf) -> Aurora:
    return aurora(Settings.of(of.variables, of.schema))


DatabaseOf = Annotated[Aurora, Depends(database)]


def report_cache(of: NamesOf, kept_in: DatabaseOf) -> ReportCache:
    return AuroraReportCache(kept_in, of.build)


def agent(
    of: Annotated[Market, Depends(market)], cache: Annotated[ReportCache, Depends(report_cache)]
) -> DailyReportAgent:
    return DailyReportAgent(of, cache)


def funds(kept_in: DatabaseOf) -> Funds:
    return AuroraFunds(kept_in)


def build() -> Build:
    return this_build()


def watchlist(of: NamesOf) -> Watchlist:
    return DynamoWatchlist(client("dynamodb"), of.watchlist_table)


def report_queue(of: NamesOf) -> ReportQueue:
    return _queue(of.report_queue)


def report_store(of: NamesOf) -> ReportStore:
    return S3ReportStore(client("s3"), of.pdf_bucket, of.key_prefix)


@cache
def _queue(name: str) -> SqsReportQueue:
    """One object a queue, since each looks its queue's URL up once."""
    return SqsReportQueue(client("sqs"), name)
