"""`tidegate history`: what the ledger remembers, the newest first."""

from tidegate.ledger.environment import HistoryEntry
from tidegate.model.run import RunView
from tidegate.operations.project import Project
from tidegate.operations.run import attempt_lives


def run_history(project: Project, limit: int) -> list[RunView]:
    """The newest runs."""
    with project.ledger() as ledger:
        return [run.judged(attempt_lives) for run in ledger.runs(limit)]


def environment_history(project: Project, environment: str, limit: int) -> list[HistoryEntry]:
    """What happened to an environment."""
    with project.ledger() as ledger:
        return list(reversed(ledger.environment(environment).history))[:limit]
