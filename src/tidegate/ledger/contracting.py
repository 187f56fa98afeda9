"""Contracting: when what only earlier releases need may be taken away, and where that leads nowhere back. Pure."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from tidegate.errors import GateFailed
from tidegate.ledger.environment import EnvironmentView
from tidegate.model.release import Release

_MOVES = frozenset({"went-live", "rolled-back", "put-back"})
"""Kinds of history entries behind which something else may be live."""


@dataclass(frozen=True, slots=True)
class Contracting:
    """What is still to be contracted in an environment.

    Attributes:
        pending: Contract migrations of the live release that are not applied, in order.
        from_at: When all of them may be, in seconds since the epoch; 0 where nothing has to be waited for.
        because: The release that one might still have to return to and that needs what would go; empty without one.
    """

    pending: tuple[str, ...] = ()
    from_at: float = 0.0
    because: str = ""

    def waits(self, now: float) -> bool:
        """Whether the way back is still open."""
        return bool(self.pending) and now < self.from_at


def contracting(
    view: EnvironmentView, release: Callable[[str], Release], rollback_window_seconds: float
) -> Contracting:
    """What may be taken away in an environment, and when.

    A release whose commit does not have a contract migration needs what that takes away. As long as such a release was
    live within the rollback window, one may have to return to it.

    Args:
        view: The environment.
        release: Gives releases by their ids.
        rollback_window_seconds: How long a release that is live no more can be returned to.
    """
    live = release(view.live).schema if view.live else None
    if live is None:
        return Contracting()
    applied = set(view.schema.contract) if view.schema else set()
    pending = tuple(one for one in live.contract if one not in applied)
    left = [(ended, name) for name, ended in _left(view).items() if set(pending) - _contracts(release(name))]
    if not pending or not left:
        return Contracting(pending)
    ended, because = max(left)
    return Contracting(pending, ended + rollback_window_seconds, because)


def needed_again(view: EnvironmentView, to: Release) -> GateFailed | None:
    """The refusal to return to a release from before a contract migration that is applied; None lets it return."""
    applied = view.schema.contract if view.schema else ()
    gone = [one for one in applied if one not in _contracts(to)]
    if not gone:
        return None
    return GateFailed(
        f"{to.id} cannot come back to {view.name}: its code needs what contract migration {', '.join(gone)} took away",
        where=view.name,
        what_next=f"nothing was changed; choose a release that has {gone[-1]} (`tidegate history {view.name}`), or"
        f" bring back what is gone with a migration that adds it again",
    )


def _contracts(release: Release) -> set[str]:
    return set(release.schema.contract) if release.schema else set()


def _left(view: EnvironmentView) -> dict[str, float]:
    """Release → when it was live last, of all that were and are not."""
    ended: dict[str, float] = {}
    moves = [entry for entry in view.history if entry.kind in _MOVES and entry.release]
    for entry, following in itertools.pairwise(moves):
        if following.release != entry.release:
            ended[entry.release] = following.at
    ended.pop(view.live, None)
    return ended
