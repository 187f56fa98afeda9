import pytest

from src.analysis.indicators import indicators, rsi, volatility
from src.data.market import shipped_market
from src.report.summary import summary
from src.types import Indicators, Instrument, Quote


def test_indicators_of_a_straight_line():
    found = indicators([float(day) for day in range(1, 91)])
    assert (found.sma_20, found.sma_50) == (80.5, 65.5)
    assert (found.high_90, found.low_90, found.rsi_14) == (90.0, 1.0, 100.0)


def test_too_short_a_series_is_refused():
    with pytest.raises(ValueError, match="50 closes are too few"):
        indicators([1.0] * 50)


@pytest.mark.parametrize(
    ("closes", "expected"),
    [([1, 1, 1], 50.0), ([1, 2, 3], 100.0), ([3, 2, 1], 0.0), ([1, 2, 1], 50.0), ([1, 4, 3], 75.0)],
)
def test_rsi(closes, expected):
    assert rsi(closes) == expected


def test_a_steady_growth_has_no_volatility():
    assert volatility([1.01**day for day in range(90)]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("price", "change", "rsi_14", "words"),
    [
        (110, 1.5, 75, ["up 1.50%", "above its 20-day and 50-day", "overbought"]),
        (80, -2, 30, ["down 2.00%", "below its 20-day and 50-day", "oversold"]),
        (95, 0, 50, ["unchanged", "below its 20-day but above its 50-day", "neutral"]),
    ],
)
def test_summary(price, change, rsi_14, words):
    market = shipped_market()
    as_of = market.series("NVDA")[-1].date
    quote = Quote(Instrument("T", "Test Plc", "X", "Y"), price, change)
    text = summary(quote, as_of, Indicators(100, 90, rsi_14, 20, 120, 70))
    assert text.startswith("Test Plc closed at")
    assert all(word in text for word in words)


def test_the_shipped_market():
    market = shipped_market()
    assert len(market.tickers) == 20
    for ticker in market.tickers:
        days = [point.date for point in market.series(ticker)]
        assert len(days) == len(set(days)) == 90
        assert days == sorted(days)
        assert min(point.close for point in market.series(ticker)) > 0
