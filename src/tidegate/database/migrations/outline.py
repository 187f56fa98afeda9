"""Outline: what a database has, what it lacks of each phase, and what is to be said against it. Writes nothing."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

from tidegate.database.access import Access, connect
from tidegate.database.faults import refusal
from tidegate.database.migrations.finding import Finding
from tidegate.database.migrations.history import History
from tidegate.database.migrations.lint import lint
from tidegate.database.migrations.planning import applied, pending
from tidegate.database.migrations.refusals import Blocked
from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.database.migrations.round_trip import Trip, round_trip
from tidegate.errors import Failure
from tidegate.model.database import DatabaseSpec, Engine


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a database stands.

    Attributes:
        history: What the code has.
        applied: Revisions that the database has.
        expand: What it lacks of the expand phase, in order.
        contract: What it lacks of the contract phase, once expand is done.
        version: The server's, such as `16.4`.
    """

    history: History
    applied: frozenset[str]
    expand: tuple[Revision, ...]
    contract: tuple[Revision, ...]
    version: str = ""

    def of(self, phase: MigrationPhase) -> tuple[Revision, ...]:
        """What it lacks of a phase."""
        return self.expand if phase is MigrationPhase.EXPAND else self.contract


@dataclass(frozen=True, slots=True)
class Outline:
    """What a phase would do.

    Attributes:
        standing: Where the database stands.
        phase: Expand or contract.
        findings: Of the lint, and of the round trip.
        trip: The round trip.
    """

    standing: Standing
    phase: MigrationPhase
    findings: tuple[Finding, ...]
    trip: Trip

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """What would be applied, in order."""
        return self.standing.of(self.phase)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings because of which nothing is applied."""
        return tuple(finding for finding in self.findings if finding.blocks)


async def standing(root: Path, spec: DatabaseSpec, access: Access) -> Standing:
    """Read the history, and ask the database what it has.

    Raises:
        HistoryError: The files make no history.
        Ahead: The database has a revision that they do not know.
        DatabaseError: Nobody answered, or let us in.
    """
    assert spec.migrations
    history = History.read(root / spec.migrations, spec.migrations)
    heads, version = await asyncio.to_thread(asked, access)
    return standing_of(history, heads, version)


def standing_of(history: History, heads: tuple[str, ...], version: str = "") -> Standing:
    """Where a database with these heads stands: pure."""
    has = applied(history, heads)
    expand = pending(history, heads, MigrationPhase.EXPAND)
    with_expand = (*heads, *(revision.id for revision in expand))
    return Standing(history, has, expand, pending(history, with_expand, MigrationPhase.CONTRACT), version)


async def outline(root: Path, spec: DatabaseSpec, access: Access, phase: MigrationPhase) -> Outline:
    """Judge what a phase would apply: by the lint, and on a scratch database. The environment's own is only read.

    Raises:
        Blocked: Contract, and expand is not done.
        MigrationFailed: The lint could not be done, or a revision does not make its round trip.
        Failure: As `standing`.
    """
    found = await standing(root, spec, access)
    if phase is MigrationPhase.CONTRACT and found.expand:
        raise Blocked(
            f"expand comes first: {', '.join(revision.id for revision in found.expand)} is not applied",
            where=found.expand[0].where,
            what_next="the next run that reaches the environment applies it",
        )
    assert spec.migrations
    revisions = found.of(phase)
    findings = await lint(root, spec.migrations, spec.engine, revisions, found.version)
    if any(finding.blocks for finding in findings):
        return Outline(found, phase, findings, Trip())
    trip = await round_trip(root, spec, found.history, found.applied, revisions)
    said = {(finding.revision, finding.rule) for finding in findings}
    seen = tuple(finding for finding in trip.findings if (finding.revision, finding.rule) not in said)
    return Outline(found, phase, (*findings, *seen), trip)


def asked(access: Access) -> tuple[tuple[str, ...], str]:
    """The heads that a database has, and its server's version; takes as long as the network does.

    Raises:
        DatabaseError: Nobody answered, or let us in.
    """
    import sqlalchemy  # noqa: PLC0415 - an extra, and slow to import
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - as above

    failure: Failure
    with contextlib.closing(connect(access)) as connection:
        try:
            version = connection.dialect.server_version_info or ()
            heads = MigrationContext.configure(connection).get_current_heads()
            connection.rollback()
        except sqlalchemy.exc.SQLAlchemyError as error:
            failure = refusal(error, access.where, access.password)
        else:
            short = ".".join(str(part) for part in version[:2]) if access.engine is Engine.POSTGRESQL else ""
            return heads, short
    raise failure
