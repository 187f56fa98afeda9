"""Technical indicators of a series of daily closes."""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

from src.types import Indicators

_TRADING_DAYS = 252
_LEAST = 51  # the 50-day average and one day of change


def indicators(closes: Sequence[float]) -> Indicators:
    """Indicators of closes in time order; raises ValueError for fewer than 51 of them."""
    if len(closes) < _LEAST:
        raise ValueError(f"{len(closes)} closes are too few: the indicators need {_LEAST}")
    return Indicators(
        sma_20=round(statistics.fmean(closes[-20:]), 2),
        sma_50=round(statistics.fmean(closes[-50:]), 2),
        rsi_14=round(rsi(closes[-15:]), 1),
        volatility_percent=round(volatility(closes) * 100, 1),
        high_90=max(closes[-90:]),
        low_90=min(closes[-90:]),
    )


def rsi(closes: Sequence[float]) -> float:
    """Relative strength index over the whole sequence, by plain averages (Cutler): 0 to 100, 50 when flat."""
    changes = [after - before for before, after in pairwise(closes)]
    gains = sum(change for change in changes if change > 0)
    losses = -sum(change for change in changes if change < 0)
    return 100 * gains / (gains + losses) if gains + losses else 50.0


def volatility(closes: Sequence[float]) -> float:
    """Standard deviation of the daily log returns, a year's worth, as a fraction."""
    returns = [math.log(after / before) for before, after in pairwise(closes)]
    return statistics.stdev(returns) * math.sqrt(_TRADING_DAYS)
