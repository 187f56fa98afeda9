"""`tidegate cancel RUN`: end a run; what it moved is put back."""

import os
import signal
import socket

from tidegate.errors import ConfigError
from tidegate.operations.project import Project
from tidegate.operations.run import alive


def cancel(project: Project, run: str) -> int:
    """Tell the process of a run to end; returns its number. It puts back what it holds and says so in the ledger.

    Raises:
        ConfigError: When the run is not under way, or its process is on another machine.
    """
    with project.ledger() as ledger:
        view = ledger.run(run)
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
