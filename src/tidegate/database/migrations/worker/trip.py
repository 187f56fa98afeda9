"""Up, down and up again of each revision, on a scratch database whose tables have rows."""

import contextlib
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy

from tidegate.database.access import Access, connect
from tidegate.database.catalog.read import read
from tidegate.database.migrations.keeping import lost
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.database.migrations.worker.dump import dump
from tidegate.database.migrations.worker.running import Running
from tidegate.database.migrations.worker.script import Scripts
from tidegate.database.migrations.worker.seed import Rows, Seeder
from tidegate.database.schema_json import encode
from tidegate.model.database import Engine
from tidegate.model.schema import Schema
from tidegate.process.answering import Answering

_FILES = """
SELECT c.oid::regclass::text, c.relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND c.relname <> 'alembic_version'
"""


def trip(talk: Answering, scripts: Scripts, access: Access, request: Mapping[str, Any]) -> dict[str, Any]:
    """Make the scratch database what the environment's is, fill it, and try each revision on it.

    Returns:
        What the revisions do to the release before, and which tables took no rows.

    Raises:
        MigrationFailed: When a revision fails on rows, or does not come back to what was.
    """
    del talk
    connection = connect(access, lock_timeout_seconds=30, statement_timeout_seconds=600)
    with contextlib.closing(connection):
        return _Trip(scripts, connection, access, request.get("dump") or "").take(
            frozenset(request["applied"]), request["revisions"]
        )


class _Trip:
    def __init__(self, scripts: Scripts, connection: sqlalchemy.Connection, access: Access, program: str) -> None:
        self._scripts = scripts
        self._connection = connection
        self._access = access
        self._program = program
        self._running = Running(scripts, connection, access, lambda _: None)
        self._seeder = Seeder(connection, access.engine)
        self._findings: list[tuple[str, str, str]] = []
        self._bare: dict[str, str] = {}

    def take(self, applied: frozenset[str], revisions: Sequence[str]) -> dict[str, Any]:
        for revision in self._scripts.history.revisions:
            if revision.id in applied:
                self._running.run(revision, up=True)
        known = self._scripts.history.by_id()
        schema = self._schema()
        self._bare |= self._seeder.seed(schema)
        text = self._text(schema)
        for name in revisions:
            schema, text = self._there_and_back(known[name], schema, text)
            self._bare |= self._seeder.seed(schema)
        return {"findings": self._findings, "bare": self._bare}

    def _there_and_back(
        self, revision: Revision, before: Schema, text: tuple[str, ...]
    ) -> tuple[Schema, tuple[str, ...]]:
        rows, files = self._seeder.rows(before), self._files()
        self._run(revision, up=True)
        after = self._schema()
        expanded = self._text(after)
        expand = revision.phase is MigrationPhase.EXPAND
        if expand:
            self._findings += [(revision.id, rule, what) for rule, what in lost(before, after)]
        self._look_for_rewrites(revision, files)
        if expand or revision.lossless:
            self._run(revision, up=False)
            back = self._schema()
            self._compare(revision, "its downgrade does not give back what was", text, self._text(back))
            if revision.lossless:
                self._compare_rows(revision, rows, self._seeder.rows(back))
            self._run(revision, up=True)
            again = self._schema()
            self._compare(revision, "its second upgrade makes something else", _lines(after), _lines(again))
        return after, expanded

    def _run(self, revision: Revision, *, up: bool) -> None:
        try:
            self._running.run(revision, up=up)
        except MigrationFailed as failure:
            failure.what = f"on a scratch database with rows, {'up' if up else 'down'}: {failure.what}"
            raise

    def _compare(self, revision: Revision, what: str, expected: Sequence[str], found: Sequence[str]) -> None:
        differences = [
            line
            for line in difflib.unified_diff(expected, found, n=0, lineterm="")
            if not line.startswith(("---", "+++", "@@"))
        ]
        if differences:
            told = "; ".join(line.strip() for line in differences[:6])
            raise MigrationFailed(
                f"revision {revision.id}: {what} (- before, + now): {told}",
                where=revision.where,
                what_next="mend downgrade(): every revision must go up, down and up again",
                revision=revision.id,
                kind="round-trip",
            )

    def _compare_rows(self, revision: Revision, expected: Rows, found: Rows) -> None:
        for table, rows in expected.items():
            if found.get(table) != rows:
                raise MigrationFailed(
                    f"revision {revision.id} declares its way down lossless, and rows of {table} did not come back",
                    where=revision.where,
                    what_next="take `lossless = True` away, or keep in upgrade() what downgrade() needs",
                    revision=revision.id,
                    kind="round-trip",
                )

    def _look_for_rewrites(self, revision: Revision, before: Mapping[str, int]) -> None:
        after = self._files()
        for table, file in before.items():
            if after.get(table, file) != file:
                self._findings.append((revision.id, "lock.rewrites", f"{table} is written anew, or was emptied"))

    def _schema(self) -> Schema:
        return read(self._connection, self._access.engine)

    def _text(self, schema: Schema) -> tuple[str, ...]:
        return dump(self._program, self._access) if self._program else _lines(schema)

    def _files(self) -> dict[str, int]:
        """Which file holds each table that has rows: another one after a migration means that it was rewritten."""
        if self._access.engine is not Engine.POSTGRESQL:
            return {}
        found = {str(name): int(number) for name, number in self._connection.exec_driver_sql(_FILES)}
        self._connection.rollback()
        return found


def _lines(schema: Schema) -> tuple[str, ...]:
    return tuple(encode(schema).replace("},", "},\n").splitlines())
