"""When scheduled rules fire: pure, with time as an argument.

Source: EventBridge user guide, "Schedule types": `rate(value unit)`. Rules with `cron(…)` are kept but never fire here.
"""

import re
from collections.abc import Mapping

_RATE = re.compile(r"rate\((\d+)\s+(minute|minutes|hour|hours|day|days)\)")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def rate_seconds(expression: str) -> float | None:
    """The period of a rate expression in seconds; None for any other expression."""
    match = _RATE.fullmatch(expression.strip())
    return None if match is None else int(match[1]) * _SECONDS[match[2].removesuffix("s")]


class Timetable:
    """Which rules are due. A rule fires first one period after it was seen enabled."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._periods: dict[str, float] = {}

    def update(self, expressions: Mapping[str, str], now: float) -> None:
        """Take the enabled rules as they are now, expressions by ARN."""
        periods = {arn: period for arn, text in expressions.items() if (period := rate_seconds(text)) is not None}
        for arn, period in periods.items():
            if self._periods.get(arn) != period:
                self._next[arn] = now + period
        self._next = {arn: at for arn, at in self._next.items() if arn in periods}
        self._periods = periods

    def due(self, now: float) -> list[str]:
        """The ARNs of the rules that fire at `now`; each fires once, however late this is asked."""
        fired = sorted(arn for arn, at in self._next.items() if at <= now)
        for arn in fired:
            behind = now - self._next[arn]
            self._next[arn] += (behind // self._periods[arn] + 1) * self._periods[arn]
        return fired

    @property
    def next_at(self) -> float | None:
        """When the next rule fires; None when there is none."""
        return min(self._next.values(), default=None)
