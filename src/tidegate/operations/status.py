"""`tidegate status`: what the ledger says is live, and how far runs are."""

from dataclasses import dataclass

from tidegate.errors import Failure
from tidegate.ledger.contracting import Contracting, contracting
from tidegate.ledger.eligibility import lack
from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.ledger import Ledger
from tidegate.model.run import RunView
from tidegate.operations.plan import expected_times
from tidegate.operations.project import Project
from tidegate.operations.run import attempt_lives

UNKNOWN_WINDOW_SECONDS = 24 * 3600.0
"""The rollback window where the live commit is not here to say; the default of `tidegate.yaml`."""
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
        schema: The last expand migration that Tidegate applied; empty where it applied none.
        contract: Contract migrations of the live release that are still to be applied.
        contract_from: When they may be, seconds since the epoch; None where nothing has to be waited for.
        contract_waits_for: The release that one might have to return to until then.
    """

    name: str
    release: str
    commit: str
    since: float | None
    previous: tuple[str, ...]
    pinned: str
    withdrawn: str
    holder: str
    schema: str = ""
    contract: tuple[str, ...] = ()
    contract_from: float | None = None
    contract_waits_for: str = ""


def environments_status(project: Project) -> tuple[EnvironmentStatus, ...]:
    """Every environment that the ledger knows, in the order in which they were first reached."""
    with project.ledger() as ledger:
        views = [ledger.environment(name) for name in ledger.environments()]
        views.sort(key=lambda view: view.history[0].at if view.history else 0.0)
        return tuple(_status(project, ledger, view) for view in views)


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


def _status(project: Project, ledger: Ledger, view: EnvironmentView) -> EnvironmentStatus:
    holder = ""
    if view.lock is not None:
        run = ledger.run(view.lock.run).judged(attempt_lives)
        holder = f"held by run {run.id} ({run.shown}): {view.lock.reason}"
        if run.interrupted:
            holder += f"; `tidegate resume {run.id}` brings it onto one release"
    still = _contracting(project, ledger, view)
    return EnvironmentStatus(
        name=view.name,
        release=view.live,
        commit=ledger.release(view.live).commit if view.live else "",
        since=view.since,
        previous=view.previous,
        pinned=f"{view.pinned.by}: {view.pinned.reason}" if view.pinned else "",
        withdrawn=lack(view, view.live) if view.live else "",
        holder=holder,
        schema=view.schema.expand if view.schema else "",
        contract=still.pending,
        contract_from=still.from_at or None,
        contract_waits_for=still.because,
    )


def _contracting(project: Project, ledger: Ledger, view: EnvironmentView) -> Contracting:
    """What is still to be contracted, by the rollback window that the live release declares."""
    live = ledger.release(view.live) if view.live else None
    if live is None or live.schema is None or not live.schema.contract:
        return Contracting()
    try:
        database = project.pipeline_at(project.repository(), live.commit).database
    except Failure:  # this clone does not have the commit; what applies contract migrations will
        return contracting(view, ledger.release, UNKNOWN_WINDOW_SECONDS)
    return contracting(view, ledger.release, database.rollback_window_seconds if database else 0.0)
