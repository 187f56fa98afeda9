"""Approvals: pure decisions over a run's view. A run waits for a person, who decides once."""

from tidegate.errors import ConfigError
from tidegate.model.job import Phase
from tidegate.model.record import ApprovalAsked, ApprovalDecided, RunEnded, RunWaits
from tidegate.model.run import RunView


def ask(view: RunView, environment: str, now: float) -> ApprovalAsked | None:
    """Ask for an approval; None when it was asked for already."""
    return None if environment in view.approvals else ApprovalAsked(environment, now)


def decide(view: RunView, environment: str, by: str, reason: str, now: float, *, approved: bool) -> ApprovalDecided:
    """Record what a person decided.

    Raises:
        ConfigError: When the run is over, does not wait for that environment, or was decided about already.
    """
    where = f"run {view.id}"
    if view.phase.ended:
        why = f": {view.reason}" if view.reason else ""
        raise ConfigError(
            f"run {view.id} {view.phase.value}{why}",
            where=where,
            what_next="it waits for nothing any more; `tidegate history` lists the runs",
        )
    approval = view.approvals.get(environment)
    if approval is None:
        waits = f"it waits for {', '.join(view.undecided)}" if view.undecided else f"it is {view.phase.value}"
        raise ConfigError(
            f"run {view.id} does not wait for an approval of {environment}",
            where=where,
            what_next=f"{waits}; `tidegate status {view.id}` shows how far it is",
        )
    if approval.decision is not None:
        made = "approved" if approval.decision.approved else "rejected"
        raise ConfigError(
            f"run {view.id} was {made} for {environment} by {approval.decision.by}: {approval.decision.reason}",
            where=where,
            what_next=f"`tidegate resume {view.id}` takes it up, if nobody did",
        )
    return ApprovalDecided(environment, approved, by, reason, now)


def wait(view: RunView, environments: tuple[str, ...], reason: str, now: float) -> RunWaits | None:
    """Let a run wait without a process; None when one of its approvals was decided meanwhile, so that it may go on."""
    if any(name not in view.undecided for name in environments):
        return None
    return RunWaits(reason, now)


def end(view: RunView, reason: str, now: float, superseded_by: str = "") -> RunEnded | None:
    """End a run that waits without a process; None for any other."""
    return RunEnded(Phase.CANCELLED, reason, now, superseded_by) if view.phase is Phase.WAITING else None
