"""`tidegate unlock ENV`: a person ends a run's hold on an environment."""

import getpass

from tidegate.errors import Locked
from tidegate.operations.project import Project
from tidegate.operations.run import alive


def unlock(project: Project, environment: str, reason: str, *, force: bool) -> str:
    """Break the lock of an environment; returns whose it was, empty when nobody held it.

    The next holder changes the revision of every pointer first, so that writes of this one can no longer succeed.

    Raises:
        Locked: When the run that holds it lives and `force` is not set.
    """
    with project.ledger() as ledger:
        lock = ledger.environment(environment).lock
        if lock is None:
            return ""
        if alive(ledger.run(lock.run)) and not force:
            raise Locked(
                f"run {lock.run} holds {environment} and lives",
                where=lock.holder,
                what_next=f"`tidegate cancel {lock.run}` ends it and puts back what it moved; --force breaks the lock",
            )
        ledger.break_lock(environment, getpass.getuser(), reason)
        return f"run {lock.run} ({lock.holder}): {lock.reason}"
