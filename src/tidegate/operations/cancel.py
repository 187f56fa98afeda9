"""`tidegate cancel RUN`: end a run; what it moved is put back."""

import getpass
import os
import signal
import socket

from tidegate.errors import ConfigError
from tidegate.ledger.ledger import Ledger
from tidegate.model.run import RunView
from tidegate.operations.project import Project
from tidegate.operations.run import alive


def cancel(project: Project, run: str) -> int | None:
    """Tell the process of a run to end; returns its number. It puts back what it holds and says so in the ledger.

    A run that waits for an approval has no process and holds nothing: it is over at once, and None is returned.

    Raises:
        ConfigError: When the run is not under way, or its process is on another machine.
    """
    with project.ledger() as ledger:
        view = ledger.run(run)
        if ledger.end_waiting(run, f"cancelled by {getpass.getuser()}"):
            _leave_queues(ledger, view)
            return None
        if not alive(view):
            raise ConfigError(
                f"run {run} is not under way: it is {view.shown}",
                where=f"run {run}",
                what_next="`tidegate status` shows what is live",
            )
        attempt = view.attempts[-1]
        if attempt.host != socket.gethostname():
            raise ConfigError(
                f"run {run} is under way on {attempt.host}", where=f"run {run}", what_next="cancel it there"
            )
        os.kill(attempt.pid, signal.SIGTERM)
        return attempt.pid


def _leave_queues(ledger: Ledger, view: RunView) -> None:
    for environment in view.approvals:
        ledger.dequeue(environment, view.id, "cancelled")
