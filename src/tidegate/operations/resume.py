"""`tidegate resume [RUN]`: take an interrupted, failed or cancelled run up again where it stood."""

from tidegate.errors import ConfigError
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.operations.project import Project
from tidegate.operations.run import refuse_living


def resumable(project: Project, run: str | None) -> RunView:
    """The run to take up: the named one, or the newest.

    Raises:
        ConfigError: When there is none, when it ended well, when a newer run superseded it, or when a newer release was
            made since and the run neither waits nor holds an environment: resuming it would go backwards.
        Failure: When its process lives.
    """
    with project.ledger() as ledger:
        view = _find(ledger, run)
        refuse_living(view)
        if view.phase in {Phase.SUCCEEDED, Phase.SATISFIED}:
            raise ConfigError(f"run {view.id} {view.phase.value}: nothing is left to do", where=f"run {view.id}")
        refuse_overtaken(ledger, view)
        return view


def refuse_overtaken(ledger: Ledger, view: RunView) -> None:
    """Refuse to take up a run that a newer one has overtaken.

    Raises:
        ConfigError: When it was superseded, or would go backwards.
    """
    if view.superseded_by:
        raise ConfigError(
            f"run {view.id} was {view.reason}",
            where=f"run {view.id}",
            what_next=f"`tidegate status {view.superseded_by}` shows how far that one is",
        )
    last = ledger.last_release()
    if (
        view.phase is not Phase.WAITING
        and last is not None
        and int(last.run) > int(view.id)
        and not _holds(ledger, view.id)
    ):
        raise ConfigError(
            f"release {last.id} was made since, by run {last.run}: resuming run {view.id} would go backwards",
            where=f"run {view.id}",
            what_next="`tidegate run` carries the newest commit; `tidegate rollback ENV` goes back on purpose",
        )


def _holds(ledger: Ledger, run: str) -> bool:
    """Whether a run holds an environment: no newer release can have passed it there, and only it can finish."""
    locks = (ledger.environment(name).lock for name in ledger.environments())
    return any(lock is not None and lock.run == run for lock in locks)


def _find(ledger: Ledger, run: str | None) -> RunView:
    if run is not None:
        return ledger.run(run)
    newest = ledger.runs(1)
    if not newest:
        raise ConfigError("no run has been started yet", where="ledger", what_next="`tidegate run`")
    return newest[0]
