"""An attempt of a run whose jobs are processes of their own, on as many machines as there are."""

import socket
from dataclasses import dataclass

from tidegate.errors import Failure
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.operations.github_context import GithubContext
from tidegate.operations.resume import refuse_overtaken
from tidegate.operations.run import attempt_lives


@dataclass(frozen=True, slots=True)
class SpreadAttempt:
    """Who walks a run, as the ledger names it: all jobs of an attempt hold what it locks together.

    Attributes:
        host: The workflow run as text, or `jobs:MACHINE` without GitHub; never the name of one machine.
        number: Which attempt, from 1.
        origin: The workflow run; empty without GitHub.
    """

    host: str
    number: int
    origin: str = ""

    @property
    def holder(self) -> str:
        """Who holds what the attempt locks."""
        return f"{self.host}:{self.number}"

    @property
    def mender(self) -> str:
        """Who holds it while it is put back: somebody else, since the job that left it half-way may be alive yet."""
        return f"{self.host}/put-back:{self.number}"

    def has(self, view: RunView) -> bool:
        """Whether a run is in the hands of this attempt."""
        return bool(view.attempts) and (view.attempts[-1].host, view.attempts[-1].pid) == (self.host, self.number)


def attempt_of(github: GithubContext | None, view: RunView | None, *, anew: bool = False) -> SpreadAttempt:
    """The attempt that this process belongs to.

    Without GitHub to count them, it is the run's last one of this machine's jobs, or with `anew` the one behind that.
    """
    if github is not None:
        return SpreadAttempt(str(github.origin), github.attempt, str(github.origin))
    attempts = view.attempts if view else ()
    return SpreadAttempt(f"jobs:{socket.gethostname()}", len(attempts) + 1 if anew or not attempts else len(attempts))


def take_up(ledger: Ledger, view: RunView, attempt: SpreadAttempt) -> RunView:
    """Record, once an attempt, that it goes on with a run; what did not let pass is to be done again.

    Raises:
        ConfigError: When a newer run overtook it.
        Failure: When another attempt walks it, or when it is over.
    """
    if attempt.has(view):
        if view.phase is not Phase.RUNNING:
            raise Failure(
                f"run {view.id} is over in this attempt: {view.shown}{f': {view.reason}' if view.reason else ''}",
                where=f"run {view.id}",
                what_next="run the failed jobs again, or push a fix",
            )
        return view
    last = view.attempts[-1] if view.attempts else None
    if last is not None and last.host == attempt.host and last.pid > attempt.number:
        raise Failure(
            f"attempt {last.pid} took run {view.id} up; this is attempt {attempt.number}",
            where=f"run {view.id}",
            what_next=f"`tidegate status {view.id}` shows how far it is",
        )
    if view.phase is Phase.RUNNING and last is not None and last.host != attempt.host and attempt_lives(last):
        raise Failure(
            f"run {view.id} is under way",
            where=last.host,
            what_next=f"`tidegate status {view.id}` shows how far it is",
        )
    refuse_overtaken(ledger, view)
    return ledger.run_started(view.id, attempt.number, attempt.host, origin=attempt.origin, once=True)
