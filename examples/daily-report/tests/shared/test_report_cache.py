import json
from dataclasses import replace

import pytest

from src.agent import DailyReportAgent
from src.data.market import UnknownTickerError, shipped_market
from src.data.report_cache import decoded, encoded
from tests.memory import MemoryReportCache

TICKERS = shipped_market().tickers


@pytest.mark.parametrize("ticker", TICKERS)
def test_a_report_is_the_same_behind_json(ticker):
    report = DailyReportAgent(shipped_market(), MemoryReportCache()).report(ticker)
    assert decoded(json.loads(json.dumps(encoded(report)))) == report


def test_a_report_is_made_once():
    cache = MemoryReportCache()
    agent = DailyReportAgent(shipped_market(), cache)
    made = agent.report("nvda")
    assert cache.reports == {("NVDA", made.as_of): made}
    cache.put(replace(made, summary="from the cache"))
    assert agent.report("NVDA").summary == "from the cache"
    assert DailyReportAgent(shipped_market(), MemoryReportCache()).report("NVDA") == made


def test_an_unknown_ticker_asks_no_cache():
    with pytest.raises(UnknownTickerError):
        DailyReportAgent(shipped_market(), cache=None).report("NOPE")
