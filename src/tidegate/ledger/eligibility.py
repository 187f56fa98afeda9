"""Eligibility: whether a release may enter an environment. Pure: views in, a reason or a refusal out."""

from tidegate.errors import GateFailed
from tidegate.ledger.environment import EnvironmentView, Withdrawal


def lack(view: EnvironmentView, release: str) -> str:
    """Why a release does not count as proven in an environment; empty when it does.

    It is proven once it went live there, until a re-verification fails or a person rolls back from it.
    """
    if release not in view.reached:
        return f"{release} is not proven in {view.name}"
    withdrawal = view.withdrawn.get(release)
    return f"{release} is no longer proven in {view.name}: {_why(withdrawal)}" if withdrawal else ""


def refusal(environment: str, before: EnvironmentView | None, release: str) -> GateFailed | None:
    """The refusal to let a release into an environment that `before` has not proved it for; None lets it in.

    Args:
        environment: Where the release is to go.
        before: The environment that it comes after, as the ledger knows it; None for the first in line.
        release: Id of the release.
    """
    missing = lack(before, release) if before else ""
    if not before or not missing:
        return None
    anew = f"`tidegate run` carries it through {before.name} anew"
    if before.pinned:
        anew = f"`tidegate unpin {before.name}`, then {anew}"
    withdrawn = release in before.withdrawn
    return GateFailed(
        f"{release} may not go to {environment}: {missing}",
        where=environment,
        what_next=f"nothing was changed; push a fix, or {anew}" if withdrawn else f"nothing was changed; {anew}",
    )


def _why(withdrawal: Withdrawal) -> str:
    reason = withdrawal.reason.partition("\n")[0]
    if withdrawal.by:
        return f"{withdrawal.by} rolled back from it" + (f" ({reason})" if reason else "")
    return f"run {withdrawal.run} found it bad ({reason})"
