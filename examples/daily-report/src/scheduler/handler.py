"""The Lambda handler of the ticker scheduler: an EventBridge rule's event → one report job a ticker."""

import logging
import os
from typing import Any

from src.config import Names, qualifier_of
from src.data.aws import client
from src.data.jobs import ReportJob, ReportQueue, SqsReportQueue
from src.data.market import Market, shipped_market

_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Queue a report on every shipped ticker; raises UnavailableError if the queue did not take them all."""
    names = Names(os.environ, qualifier_of(context.invoked_function_arn))
    return schedule(shipped_market(), SqsReportQueue(client("sqs"), names.report_queue))


def schedule(market: Market, queue: ReportQueue) -> dict[str, Any]:
    """Queue a job a ticker. A repeated event repeats the jobs, which the report worker does not mind."""
    queued = len(queue.send([ReportJob(ticker) for ticker in market.tickers]))
    _log.info("queued %d report jobs on %s", queued, queue.name)
    return {"queued": queued, "queue": queue.name}
