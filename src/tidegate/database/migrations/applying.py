"""Applies migrations to a database, or takes one back: in a child, under a lock, a transaction a revision."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidegate.cloud.patience import Patience
from tidegate.database.access import Access
from tidegate.database.migrations.child import ask
from tidegate.database.migrations.journal import Journal, MigrationStep
from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.model.database import DatabaseSpec

LOCK_PATIENCE = Patience(attempts=8, first_seconds=0.25, longest_seconds=10.0)
"""How often a revision is tried that does not get a lock. Each try waits for `lock-timeout` itself."""

RUN_PATIENCE = Patience(attempts=40, first_seconds=0.5, longest_seconds=5.0)
"""How long a run waits for another one: a process that is gone may still build an index on the server."""


async def apply(
    root: Path,
    spec: DatabaseSpec,
    access: Access,
    phase: MigrationPhase,
    journal: Journal,
    *,
    locks: Patience = LOCK_PATIENCE,
    runs: Patience = RUN_PATIENCE,
) -> tuple[str, ...]:
    """Apply what the database lacks of a phase; a second run finds nothing to do.

    Args:
        root: The product's folder.
        spec: Where its migrations are, and their limits.
        access: The database.
        phase: Expand or contract.
        journal: Written to before and after each step.
        locks: How often a revision is tried that does not get a lock.
        runs: How long another run is waited for.

    Returns:
        The revisions that were applied, in order.

    Raises:
        HistoryError: The files make no history.
        Ahead: The database has a revision that they do not know.
        Blocked: A revision needs one of the other phase.
        MigrationFailed: One failed; those before it are applied, and it is not.
        DatabaseError: Nobody answered, or let us in.
    """
    telling = _Telling(journal, locks, runs)
    done = await _asked("apply", root, spec, access, telling, phase=phase.value)
    return tuple(done)


async def take_back(
    root: Path,
    spec: DatabaseSpec,
    access: Access,
    revision: Revision,
    journal: Journal,
    *,
    locks: Patience = LOCK_PATIENCE,
    runs: Patience = RUN_PATIENCE,
) -> None:
    """Take the last revision back, which must be this one, and declared lossless.

    Raises:
        NotLossless: It is not.
        MigrationFailed: Another one is the last, or it failed.
    """
    await _asked("down", root, spec, access, _Telling(journal, locks, runs), revision=revision.id)


async def _asked(
    verb: str, root: Path, spec: DatabaseSpec, access: Access, telling: "_Telling", **more: object
) -> list[str]:
    assert spec.migrations
    answer: list[str] = await ask(
        verb,
        root,
        spec.migrations,
        spec.engine,
        access=access,
        told=telling.hear,
        lock_timeout=spec.lock_timeout_seconds,
        statement_timeout=spec.statement_timeout_seconds,
        **more,
    )
    return answer


class _Telling:
    """Carries what the child tells to the journal, and decides how long is waited."""

    def __init__(self, journal: Journal, locks: Patience, runs: Patience) -> None:
        self._journal = journal
        self._locks = locks
        self._runs = runs
        self._held = 0

    async def hear(self, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
        match message:
            case {"intended": step}:
                await self._journal.intended(MigrationStep(**step))
            case {"done_step": step}:
                await self._journal.done(MigrationStep(**step))
            case {"note": text}:
                await self._journal.noted(text)
            case {"again": what, "attempt": attempt}:
                return await self._wait(self._locks, attempt, what)
            case {"held": holder}:
                self._held += 1
                return await self._wait(self._runs, self._held, f"waits for migrations that run already: {holder}")
        return None

    async def _wait(self, patience: Patience, attempt: int, what: str) -> Mapping[str, Any] | None:
        if attempt >= patience.attempts:
            return {"stop": True}
        if attempt == 1:
            await self._journal.noted(what)
        await patience.pause(patience.wait(attempt))
        return None
