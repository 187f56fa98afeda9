"""Cache-first: a report is looked for in Aurora before it is made."""

from dataclasses import replace

import pytest

from aurora.database import Aurora
from src.agent import DailyReportAgent
from src.data.market import shipped_market
from src.data.report_cache import AuroraReportCache

pytestmark = [pytest.mark.integration, pytest.mark.vpc]

MARKET = shipped_market()


def kept(database: Aurora, build: str) -> int:
    counted = database.run(
        lambda connection: connection.execute(
            "SELECT count(*) FROM reports WHERE build = %s", (build,)
        ).fetchone()
    )
    return counted[0]


def test_the_first_report_is_made_and_kept(database, mark):
    cache = AuroraReportCache(database, mark)
    report = DailyReportAgent(MARKET, cache).report("NVDA")
    assert kept(database, mark) == 1
    assert cache.get("NVDA", report.as_of) == report


def test_the_next_one_comes_from_the_cache(database, mark):
    cache = AuroraReportCache(database, mark)
    agent = DailyReportAgent(MARKET, cache)
    cache.put(replace(agent.report("NVDA"), summary="from the cache"))
    assert agent.report("NVDA").summary == "from the cache"
    assert kept(database, mark) == 1


def test_another_connection_finds_it(database, settings, reach, mark):
    cache = AuroraReportCache(database, mark)
    report = DailyReportAgent(MARKET, cache).report("AAPL")
    assert AuroraReportCache(reach(settings), mark).get("AAPL", report.as_of) == report


def test_no_build_is_answered_with_what_another_one_wrote(database, mark):
    report = DailyReportAgent(MARKET, AuroraReportCache(database, mark)).report("NVDA")
    assert AuroraReportCache(database, f"{mark}-other").get("NVDA", report.as_of) is None


def test_a_report_on_another_ticker_or_day_is_another_one(database, mark):
    cache = AuroraReportCache(database, mark)
    report = DailyReportAgent(MARKET, cache).report("NVDA")
    assert cache.get("AAPL", report.as_of) is None
    assert cache.get("NVDA", report.as_of.replace(year=2024)) is None
