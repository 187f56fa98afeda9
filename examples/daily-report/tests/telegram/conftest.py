"""Drives the API as API Gateway does: through its Lambda handler, with payload version 2.0 events."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from src.api import dependencies as given
from src.api.app import app
from src.api.build import Build
from src.api.handler import handler
from src.data.jobs import ReportJob
from tests.memory import MemoryFunds, MemoryReportCache

ARN = "arn:aws:lambda:eu-central-1:000000000000:function:dr-daily-report-telegram-api-dev"


@dataclass
class MemoryWatchlist:
    items: set[tuple[str, str]] = field(default_factory=set)

    def tickers(self, user: str) -> list[str]:
        return sorted(ticker for owner, ticker in self.items if owner == user)

    def add(self, user: str, ticker: str) -> None:
        self.items.add((user, ticker))

    def remove(self, user: str, ticker: str) -> None:
        self.items.discard((user, ticker))


@dataclass
class MemoryQueue:
    name: str = "jobs"
    jobs: list[ReportJob] = field(default_factory=list)

    def send(self, jobs: Sequence[ReportJob]) -> list[str]:
        self.jobs += jobs
        return [f"message-{len(self.jobs) - len(jobs) + index}" for index in range(len(jobs))]


@dataclass
class MemoryReports:
    pdfs: dict[str, bytes] = field(default_factory=dict)

    def put(self, ticker: str, day: dt.date, pdf: bytes) -> str:
        self.pdfs[f"reports/{ticker}/{day}.pdf"] = pdf
        return f"reports/{ticker}/{day}.pdf"

    def url(self, ticker: str, day: dt.date) -> str | None:
        key = f"reports/{ticker}/{day}.pdf"
        return f"memory://{key}" if key in self.pdfs else None


@dataclass
class Stores:
    watchlist: MemoryWatchlist = field(default_factory=MemoryWatchlist)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    reports: MemoryReports = field(default_factory=MemoryReports)
    cache: MemoryReportCache = field(default_factory=MemoryReportCache)
    funds: MemoryFunds = field(default_factory=MemoryFunds)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@pytest.fixture
def stores() -> Iterator[Stores]:
    """In-memory stores in place of AWS, for the length of a test."""
    memory = Stores()
    app.dependency_overrides = {
        given.watchlist: lambda: memory.watchlist,
        given.report_queue: lambda: memory.queue,
        given.report_store: lambda: memory.reports,
        given.report_cache: lambda: memory.cache,
        given.funds: lambda: memory.funds,
        given.build: lambda: Build("0123abc", "", "1", lambda: None),
    }
    yield memory
    app.dependency_overrides = {}


Call = Callable[..., Answer]


@pytest.fixture
def call(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Call:
    """call(method, path, query=…, headers=…, stage=…, qualifier=…) → Answer."""
    monkeypatch.setenv("ENV_NAME", "dev")

    def send(
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        stage: str = "candidate",
        qualifier: str = "candidate",
    ) -> Answer:
        raw_path = path if stage == "$default" else f"/{stage}{path}"
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": raw_path,
            "rawQueryString": urlencode(query or {}),
            "headers": {"host": "api.example.test"} | (headers or {}),
            "requestContext": {
                "stage": stage,
                "http": {"method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            },
            "isBase64Encoded": False,
        }
        response = handler(event, SimpleNamespace(invoked_function_arn=f"{ARN}:{qualifier}"))
        body = response["body"]
        return Answer(
            response["statusCode"], response["headers"], json.loads(body) if body[:1] in "{[" else body
        )

    return send
