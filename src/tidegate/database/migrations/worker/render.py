"""Revisions as SQL, by Alembic's offline mode: no database is asked."""

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext

from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.statement import Statement
from tidegate.database.migrations.worker.script import Scripts
from tidegate.model.database import Engine


def render(scripts: Scripts, revision: Revision, engine: Engine) -> tuple[Statement, ...]:
    """The statements of a revision's upgrade, each with the line that issues it.

    Raises:
        MigrationFailed: When it cannot be written as SQL, such as one that reads the database.
    """
    written: list[Statement] = []
    alone = False

    def record(text: str) -> None:
        nonlocal alone
        sql = text.strip()
        if sql in {"BEGIN;", "COMMIT;"}:
            alone = sql == "COMMIT;"
            return
        line = scripts.line_of(revision, sys._getframe(1))  # noqa: SLF001 - the one way to the line of a caller
        written.append(Statement(sql, revision.id, revision.file, line, len(written) + 1, alone))

    with _offline(scripts, engine) as context:
        context.impl.static_output = record
        try:
            scripts.script(revision).module.upgrade()
        except Exception as error:  # noqa: BLE001 - whatever a product's own code raises
            line = scripts.line_of(revision, error.__traceback__)
            raise MigrationFailed(
                f"revision {revision.id} cannot be written as SQL: {type(error).__name__}: {error}",
                where=f"{revision.file}:{line}" if line else revision.file,
                what_next="write what reads the database as one statement, such as INSERT … SELECT",
                revision=revision.id,
                kind="offline",
            ) from None
    return tuple(written)


@contextlib.contextmanager
def _offline(scripts: Scripts, engine: Engine) -> Iterator[Any]:
    with EnvironmentContext(scripts.config, scripts.directory, as_sql=True) as environment:
        environment.configure(dialect_name=engine.value, output_buffer=io.StringIO(), transaction_per_migration=True)
        context = environment.get_context()
        with Operations.context(context):
            yield context
