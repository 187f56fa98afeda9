"""`tidegate ledger check` and `ledger salvage`: is the record of what happened whole, and what is left of it."""

from pathlib import Path

from tidegate.errors import ConfigError, LedgerError
from tidegate.ledger.sqlite import SqliteStore
from tidegate.operations.project import Project


def check_ledger(project: Project) -> list[LedgerError]:
    """Read every record of the ledger; what is wrong with each stream that is not whole.

    Raises:
        ConfigError: When there is no ledger.
    """
    _must_exist(project)
    with project.ledger() as ledger:
        return ledger.verify()


def salvage_ledger(project: Project, into: Path) -> list[LedgerError]:
    """Copy every stream up to its last good record to a new file; why those that were cut were cut.

    Raises:
        ConfigError: When there is no ledger, or the file is there already.
    """
    _must_exist(project)
    if into.exists():
        raise ConfigError("the file is there already", where=str(into), what_next="name one that is not")
    store = SqliteStore(into)
    try:
        with project.ledger() as ledger:
            return ledger.salvage(store)
    finally:
        store.close()


def _must_exist(project: Project) -> None:
    if project.ledger_place() is None and not project.home.ledger.exists():
        raise ConfigError("there is no ledger", where=str(project.home.ledger), what_next="`tidegate run` begins one")
