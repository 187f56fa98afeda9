"""Superseding: which runs give way to a newer one. Pure decisions over an environment's view.

Ids of runs ascend, so a greater one is a newer push. A run that holds the environment, or whose change of it
is under way, never gives way.
"""

from tidegate.errors import Superseded
from tidegate.ledger.environment import EnvironmentView
from tidegate.model.record import Dequeued, Enqueued
from tidegate.model.release import Release


def older(view: EnvironmentView, run: str) -> tuple[str, ...]:
    """Runs that wait for the environment, or for its approval, and give way to `run`."""
    busy = {view.lock.run if view.lock else "", view.intent.run if view.intent else ""}
    return tuple(
        waiter.run for waiter in view.queue if waiter.gives_way and is_newer(run, waiter.run) and waiter.run not in busy
    )


def supersede(view: EnvironmentView, run: str, by: str, now: float) -> Dequeued | None:
    """Let a run give way to another; None when it has."""
    return None if run in view.superseded else Dequeued(run, f"superseded by run {by} in {view.name}", now, by)


def must_not_be_superseded(view: EnvironmentView, run: str) -> None:
    """Pass unless a newer run took this one's place.

    Raises:
        errors.Superseded: One did.
    """
    if run in view.superseded:
        raise Superseded(run, view.superseded[run], view.name)


def await_approval(view: EnvironmentView, run: str, holder: str, now: float) -> Enqueued | None:
    """Keep a place for a run that waits for an approval; its lease of 0 lets others pass. None when it has one.

    Raises:
        errors.Superseded: A newer run took its place.
    """
    must_not_be_superseded(view, run)
    if any(waiter.run == run for waiter in view.queue) or (view.lock and view.lock.run == run):
        return None
    return Enqueued(run, holder, 0.0, now)


def goes_backwards(live: Release, carried: Release) -> bool:
    """Whether bringing a release live would undo one that a newer run made."""
    return is_newer(live.run, carried.run) and not live.same_content(carried)


def is_newer(run: str, other: str) -> bool:
    """Whether a run was opened behind another."""
    return int(run) > int(other)
