"""The Lambda handler of the report worker: SQS messages → report PDFs. A repeated message changes nothing."""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from aurora.database import DatabaseError, Settings, aurora
from src.agent import DailyReportAgent
from src.config import Names, qualifier_of
from src.data.aws import UnavailableError, client
from src.data.jobs import MalformedJobError, decode
from src.data.market import UnknownTickerError, shipped_market
from src.data.report_cache import AuroraReportCache
from src.data.reports import ReportStore, S3ReportStore
from src.data.secrets import Seal, seal_of
from src.report.pdf import render

_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Store a report for every message; those that failed are named, so that SQS delivers only them again."""
    names = Names(os.environ, qualifier_of(context.invoked_function_arn))
    store = S3ReportStore(client("s3"), names.pdf_bucket, names.key_prefix)
    seal = cache(lambda: seal_of(client("secretsmanager"), names.seal_secret))
    reports = AuroraReportCache(aurora(Settings.of(names.variables, names.schema)), names.build)
    return process(event["Records"], DailyReportAgent(shipped_market(), reports), store, seal)


def process(
    records: Iterable[Mapping[str, Any]],
    agent: DailyReportAgent,
    store: ReportStore,
    seal: Callable[[], Seal],
) -> dict[str, Any]:
    """AWS: a partial batch response (ReportBatchItemFailures) lists the message ids to deliver again."""
    failures: list[dict[str, str]] = []
    for record in records:
        try:
            report = agent.report(decode(record["body"]).ticker)
            pdf = render(report)
            key = store.put(report.quote.instrument.ticker, report.as_of, pdf, seal().of(pdf))
        except (MalformedJobError, UnknownTickerError, UnavailableError, DatabaseError) as error:
            _log.error("message %s failed: %s", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            _log.info("message %s: stored %s", record["messageId"], key)
    return {"batchItemFailures": failures}
