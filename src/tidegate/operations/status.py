"""`tidegate status`: what the ledger says is live, and how far runs are."""

from dataclasses import dataclass

from tidegate.ledger.eligibility import lack
from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.ledger import Ledger
from tidegate.model.run import RunView
from tidegate.operations.plan import expected_times
from tidegate.operations.project import Project
from tidegate.operations.run import attempt_lives

NEWEST = 20
"""How many runs are looked through for unfinished ones."""


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """What is live in an environment.

    Attributes:
        name: The environment.
        release: Id of the live release; empty before a first one.
        commit: Its commit.
        since: When it went live, seconds since the epoch.
        previous: Releases that a rollback would go through, the latest first.
        pinned: By whom and why, empty when it is not.
        withdrawn: Why the live release no longer counts as proven here, empty when it does.
        holder: Which run holds it now, empty when none does.
    """

    name: str
    release: str
    commit: str
    since: float | None
    previous: tuple[str, ...]
    pinned: str
    withdrawn: str
    holder: str


def environments_status(project: Project) -> tuple[EnvironmentStatus, ...]:
    """Every environment that the ledger knows, in the order in which they were first reached."""
    with project.ledger() as ledger:
        views = [ledger.environment(name) for name in ledger.environments()]
        views.sort(key=lambda view: view.history[0].at if view.history else 0.0)
        return tuple(_status(ledger, view) for view in views)


def unfinished_runs(project: Project) -> tuple[RunView, ...]:
    """Runs among the newest that were started and have not ended, `interrupted` told, the oldest first."""
    with project.ledger() as ledger:
        runs = (run.judged(attempt_lives) for run in reversed(ledger.runs(NEWEST)))
        return tuple(run for run in runs if run.attempts and not run.phase.ended)


def run_status(project: Project, run: str) -> tuple[RunView, dict[str, float]]:
    """A run, and how long each of its jobs took the last times."""
    with project.ledger() as ledger:
        view = ledger.run(run).judged(attempt_lives)
        return view, expected_times(ledger, view.plan) if view.plan else {}


def _status(ledger: Ledger, view: EnvironmentView) -> EnvironmentStatus:
    holder = ""
    if view.lock is not None:
        run = ledger.run(view.lock.run).judged(attempt_lives)
        holder = f"held by run {run.id} ({run.shown}): {view.lock.reason}"
        if run.interrupted:
            holder += f"; `tidegate resume {run.id}` brings it onto one release"
    return EnvironmentStatus(
        name=view.name,
        release=view.live,
        commit=ledger.release(view.live).commit if view.live else "",
        since=view.since,
        previous=view.previous,
        pinned=f"{view.pinned.by}: {view.pinned.reason}" if view.pinned else "",
        withdrawn=lack(view, view.live) if view.live else "",
        holder=holder,
    )
