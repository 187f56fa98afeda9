"""Writes in memory that are never answered, however often a run asks."""

from tests.memory_wire import Wire
from tidegate.cloud.patience import Patience

ATTEMPTS = Patience().attempts


def unanswered(wire: Wire, call: str, attempts: int = ATTEMPTS) -> None:
    """Lose the next requests of a write: none has its effect, and nobody knows that."""
    for _ in range(attempts):
        wire.lose_request(call)
