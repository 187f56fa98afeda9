"""Applies what a database lacks of a phase, or takes one revision back: under the lock, a step at a time."""

from collections.abc import Mapping
from typing import Any

from tidegate.database.access import Access
from tidegate.database.migrations.planning import pending, undoing
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.database.migrations.worker.running import Running
from tidegate.database.migrations.worker.script import Scripts
from tidegate.database.migrations.worker.session import session
from tidegate.process.answering import Answering

AGAIN = frozenset({"55P03", "40P01", "40001", "1205", "1213"})
"""No lock, a deadlock, a conflict: nothing happened, so the whole transaction is done again."""


def carry_out(talk: Answering, scripts: Scripts, access: Access, request: Mapping[str, Any]) -> list[str]:
    """Do what is asked, and return the revisions that were applied or taken back.

    Raises:
        Failure: See `session`, `planning` and `Running.run`.
    """
    with session(talk, access, request["lock_timeout"], request["statement_timeout"]) as connection:
        running = Running(scripts, connection, access, lambda message: _ask(talk, message))
        if request["verb"] == "down":
            revision = undoing(scripts.history, running.heads())
            if revision.id != request["revision"]:
                raise MigrationFailed(
                    f"the last revision is {revision.id}, no longer {request['revision']}: somebody else was here",
                    where=revision.where,
                    what_next="look again: `tidegate migrate status ENV`",
                    kind="moved",
                )
            _step(talk, running, revision, up=False)
            return [revision.id]
        phase = MigrationPhase(request["phase"])
        steps = pending(scripts.history, running.heads(), phase)
        for revision in steps:
            _step(talk, running, revision, up=True)
        return [revision.id for revision in steps]


def _step(talk: Answering, running: Running, revision: Revision, *, up: bool) -> None:
    step = {"revision": revision.id, "number": 0, "text": revision.title, "up": up}
    attempt = 0
    while True:
        attempt += 1
        _ask(talk, {"intended": step})
        try:
            running.run(revision, up=up)
        except MigrationFailed as failure:
            if failure.kind not in AGAIN:
                raise
            if talk.ask({"again": failure.what, "attempt": attempt, "waits": True}).get("stop"):
                failure.what += f" ({attempt} tries)"
                raise
        else:
            _ask(talk, {"done_step": step})
            return


def _ask(talk: Answering, message: dict[str, Any]) -> None:
    """What the other side keeps a record of is written there before anything goes on here."""
    talk.ask({**message, "waits": True})
