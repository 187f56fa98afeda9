"""The lint: squawk and our own rules over the SQL of revisions, before an environment is touched."""

from collections.abc import Sequence
from pathlib import Path

from tidegate.database.migrations import squawk
from tidegate.database.migrations.child import ask
from tidegate.database.migrations.finding import Finding
from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.rules import judge
from tidegate.database.migrations.severities import Severity
from tidegate.database.migrations.statement import Statement
from tidegate.database.migrations.wire import statement_from
from tidegate.model.database import Engine


async def rendered(root: Path, folder: str, engine: Engine, revisions: Sequence[Revision]) -> list[list[Statement]]:
    """The statements of each revision, as Alembic writes them offline.

    Raises:
        MigrationFailed: When one cannot be written as SQL.
    """
    if not revisions:
        return []
    answer = await ask("render", root, folder, engine, revisions=[revision.id for revision in revisions])
    return [[statement_from(one) for one in statements] for statements in answer]


async def lint(
    root: Path, folder: str, engine: Engine, revisions: Sequence[Revision], version: str = ""
) -> tuple[Finding, ...]:
    """What is to be said against these revisions, in their order. For MySQL, by our own rules alone.

    Args:
        root: The product's folder.
        folder: Alembic's folder below it.
        engine: The flavour of SQL.
        revisions: What to look at.
        version: Of the server, as squawk takes it: `15.4`; empty where it was not asked.

    Raises:
        MigrationFailed: When they cannot be judged; that is no pass.
    """
    statements = await rendered(root, folder, engine, revisions)
    return await judged_statements(
        dict(zip((one.id for one in revisions), statements, strict=True)), revisions, engine, version
    )


async def judged_statements(
    statements: dict[str, list[Statement]], revisions: Sequence[Revision], engine: Engine, version: str
) -> tuple[Finding, ...]:
    """As `lint`, of statements that are there already."""
    found = [finding for revision in revisions for finding in judge(revision, statements[revision.id], engine)]
    if engine is Engine.POSTGRESQL and revisions:
        about = [(revision, statements[revision.id]) for revision in revisions]
        found += await squawk.look(about, squawk.squawk(), version or squawk.OLDEST_SERVER)
    place = {revision.id: number for number, revision in enumerate(revisions)}
    kept = {(one.rule, one.where, one.what): one for one in found if one.severity is not Severity.OFF}
    return tuple(sorted(kept.values(), key=lambda one: (place[one.revision], not one.blocks)))
