"""The report in words."""

import datetime as dt

from src.types import Indicators, Quote

_OVERBOUGHT, _OVERSOLD = 70.0, 30.0


def summary(quote: Quote, as_of: dt.date, indicators: Indicators) -> str:
    """Two sentences: what happened on the day, and where that leaves trend and momentum."""
    rsi = indicators.rsi_14
    return (
        f"{quote.instrument.name} closed at {quote.price:.2f} on {as_of}, {_move(quote.change_percent)}. "
        f"It trades {_trend(quote.price, indicators)}, and an RSI of {rsi:.0f} is {_momentum(rsi)}."
    )


def _move(change_percent: float) -> str:
    if change_percent == 0:
        return "unchanged on the day"
    return f"{'up' if change_percent > 0 else 'down'} {abs(change_percent):.2f}% on the day"


def _trend(price: float, indicators: Indicators) -> str:
    above = (price >= indicators.sma_20, price >= indicators.sma_50)
    match above:
        case (True, True):
            return "above its 20-day and 50-day averages"
        case (False, False):
            return "below its 20-day and 50-day averages"
        case (True, False):
            return "above its 20-day but below its 50-day average"
        case _:
            return "below its 20-day but above its 50-day average"


def _momentum(rsi: float) -> str:
    if rsi >= _OVERBOUGHT:
        return "overbought"
    return "oversold" if rsi <= _OVERSOLD else "neutral"
