"""Verdict: what a gate says. No measurement never counts as success."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What a gate says of a candidate."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing that a gate looked at.

    Attributes:
        name: What was measured, such as `telegram-api GET /api/v1/health`.
        verdict: What it says by itself.
        detail: What was found, and what was expected where they differ.
        seconds: How long it took.
        warn: Its failure is reported and does not block.
        facts: Numbers and names worth keeping.
    """

    name: str
    verdict: Verdict
    detail: str = ""
    seconds: float = 0.0
    warn: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)
