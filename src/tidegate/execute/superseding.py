"""Newer runs pass older ones that only wait, and no run goes backwards by itself."""

from tidegate.errors import Superseded
from tidegate.execute.workshop import Workshop
from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.superseding import goes_backwards


def reach(shop: Workshop, environment: str) -> None:
    """Come to an environment: older runs that only wait for it give way to this one, or this one is too old itself.

    Raises:
        Superseded: When a newer run took this one's place, or what it made is live there.
    """
    not_backwards(shop, shop.ledger.environment(environment))
    for run in shop.ledger.supersede_older(environment, shop.run):
        # One that a process walks ends by itself.
        if shop.ledger.end_waiting(run, f"superseded by run {shop.run} in {environment}", superseded_by=shop.run):
            shop.ledger.note(shop.run, "", f"superseded run {run}, which waited for {environment}")


def not_backwards(shop: Workshop, view: EnvironmentView) -> None:
    """Pass unless what is live was made by a newer run; what this run has begun, it may end.

    Raises:
        Superseded: When it was.
    """
    if not view.live or (view.intent is not None and view.intent.run == shop.run):
        return
    live = shop.ledger.release(view.live)
    if goes_backwards(live, shop.release()):
        raise Superseded(shop.run, live.run, view.name)


def give_way(shop: Workshop, environment: str, superseded: Superseded) -> None:
    """Keep in the ledger that this run gave way, so that it waits no longer, and never gets the environment."""
    shop.ledger.supersede(environment, shop.run, superseded.by)


def superseded_by(shop: Workshop) -> tuple[str, str]:
    """The newer run that took this one's place, and why; both empty when none did."""
    for name in shop.pipeline.environments:
        by = shop.ledger.environment(name).superseded.get(shop.run)
        if by:
            return by, f"superseded by run {by} in {name}"
    return "", ""
