"""Which revisions a database lacks: pure, (history, heads in the database, phase) → revisions."""

from collections.abc import Collection

from tidegate.database.migrations.history import History
from tidegate.database.migrations.refusals import Ahead, Blocked, NotLossless
from tidegate.database.migrations.revision import MigrationPhase, Revision


def applied(history: History, heads: Collection[str]) -> frozenset[str]:
    """The revisions that a database with these heads has.

    Raises:
        Ahead: When it has one that this history does not know.
    """
    known = history.by_id()
    strangers = sorted(head for head in heads if head not in known)
    if strangers:
        raise Ahead(
            f"the database is ahead of this code: it has revision {', '.join(strangers)}, which no file here declares",
            where="alembic_version",
            what_next="use the commit that brought it, or bring the file back",
        )
    return history.closure(heads)


def pending(history: History, heads: Collection[str], phase: MigrationPhase) -> tuple[Revision, ...]:
    """What a database with these heads lacks of a phase, in the order in which it is applied.

    Raises:
        Ahead: As `applied`.
        Blocked: When a revision needs one of the other phase that is not applied.
    """
    has = set(applied(history, heads))
    steps = []
    for revision in history.revisions:
        if revision.phase is not phase or revision.id in has:
            continue
        missing = [need for need in revision.needs if need not in has]
        if missing:
            other = next(one for one in MigrationPhase if one is not phase)
            raise Blocked(
                f"{phase.value} revision {revision.id} needs {other.value} revision {', '.join(missing)}, "
                "which is not applied",
                where=revision.where,
                what_next=f"`tidegate migrate plan ENV --phase {other.value}` tells what of it is pending",
            )
        has.add(revision.id)
        steps.append(revision)
    return tuple(steps)


def undoing(history: History, heads: Collection[str]) -> Revision:
    """The revision that one step down would undo: the last one that nothing applied stands on.

    Raises:
        Ahead: As `applied`.
        Blocked: When nothing is applied.
        NotLossless: When its file does not declare its way down lossless.
    """
    has = applied(history, heads)
    present = [revision for revision in history.revisions if revision.id in has]
    needed = {need for revision in present for need in revision.needs}
    tops = [revision for revision in present if revision.id not in needed]
    if not tops:
        raise Blocked("no revision is applied: there is nothing to undo", where="alembic_version")
    # A contract revision stands on the expand revision that it completes, so the last of all comes off first.
    last = tops[-1]
    if not last.lossless:
        raise NotLossless(
            f"revision {last.id} does not declare its way down lossless",
            where=last.where,
            what_next="write `lossless = True` where downgrade() gives back every row; code rolls back without it",
        )
    return last
