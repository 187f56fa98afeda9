import datetime as dt
import json
import zlib

import pytest

from aurora.database import DatabaseError
from src.agent import DailyReportAgent
from src.data.aws import UnavailableError
from src.data.market import shipped_market
from src.data.secrets import Seal
from src.report.pdf import render
from src.report_worker_handler import process
from tests.memory import MemoryReportCache

AGENT = DailyReportAgent(shipped_market(), MemoryReportCache())
SEAL = Seal(b"key")


def seal() -> Seal:
    return SEAL


class MemoryReports:
    def __init__(self, away: bool = False) -> None:
        self.pdfs: dict[str, bytes] = {}
        self.seals: dict[str, str] = {}
        self.away = away

    def put(self, ticker: str, day: dt.date, pdf: bytes, seal: str) -> str:
        if self.away:
            raise UnavailableError("bucket pdf", RuntimeError("gone"))
        key = f"reports/{ticker}/{day}.pdf"
        self.pdfs[key], self.seals[key] = pdf, seal
        return key

    def url(self, ticker: str, day: dt.date) -> str | None:
        return None


def message(number: int, body: str) -> dict[str, str]:
    return {"messageId": f"m{number}", "body": body}


def test_every_message_becomes_a_pdf():
    store = MemoryReports()
    records = [message(1, '{"ticker": "NVDA"}'), message(2, '{"ticker": "0700"}')]
    assert process(records, AGENT, store, seal) == {"batchItemFailures": []}
    assert store.pdfs.keys() == {"reports/NVDA/2025-12-05.pdf", "reports/0700/2025-12-05.pdf"}
    assert all(pdf.startswith(b"%PDF-") for pdf in store.pdfs.values())
    assert store.seals == {key: SEAL.of(pdf) for key, pdf in store.pdfs.items()}


def test_without_the_secret_nothing_is_stored():
    def away() -> Seal:
        raise UnavailableError("secret seal", RuntimeError("gone"))

    store = MemoryReports()
    assert process([message(1, '{"ticker": "NVDA"}')], AGENT, store, away) == {
        "batchItemFailures": [{"itemIdentifier": "m1"}]
    }
    assert store.pdfs == {}


def test_a_repeated_message_changes_nothing():
    store = MemoryReports()
    process([message(1, '{"ticker": "NVDA"}')], AGENT, store, seal)
    before = dict(store.pdfs)
    process([message(1, '{"ticker": "nvda"}')], AGENT, store, seal)
    assert store.pdfs == before


@pytest.mark.parametrize(
    "body", ["", "no json", "[]", "{}", '{"ticker": 7}', '{"ticker": ""}', '{"ticker": "NOPE"}']
)
def test_a_bad_message_fails_alone(body):
    store = MemoryReports()
    records = [message(1, body), message(2, json.dumps({"ticker": "NVDA"}))]
    assert process(records, AGENT, store, seal) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(store.pdfs) == 1


def test_messages_that_could_not_be_stored_come_again():
    records = [message(1, '{"ticker": "NVDA"}'), message(2, '{"ticker": "AAPL"}')]
    failures = process(records, AGENT, MemoryReports(away=True), seal)["batchItemFailures"]
    assert [failure["itemIdentifier"] for failure in failures] == ["m1", "m2"]


def test_without_the_database_nothing_is_stored():
    class Away(MemoryReportCache):
        def get(self, ticker, as_of):
            raise DatabaseError("gone")

    store = MemoryReports()
    agent = DailyReportAgent(shipped_market(), Away())
    assert process([message(1, '{"ticker": "NVDA"}')], agent, store, seal) == {
        "batchItemFailures": [{"itemIdentifier": "m1"}]
    }
    assert store.pdfs == {}


@pytest.mark.parametrize("ticker", shipped_market().tickers)
def test_a_pdf_shows_its_report(ticker):
    report = AGENT.report(ticker)
    pdf = render(report)
    assert pdf.rstrip().endswith(b"%%EOF")
    content = zlib.decompress(pdf.split(b"stream\n", 1)[1].split(b"\nendstream", 1)[0])
    title = f"{report.quote.instrument.name} ({ticker})".encode("cp1252").hex().encode()
    assert b"<" + title + b">" in content
