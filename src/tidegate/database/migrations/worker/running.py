"""Runs one revision, up or down, in one transaction; knows which of its statements is under way."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from sqlalchemy.exc import SQLAlchemyError

from tidegate.database.access import Access
from tidegate.database.faults import refusal
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.statement import Statement
from tidegate.database.migrations.worker.holders import LOCK, holders
from tidegate.database.migrations.worker.leftovers import settled
from tidegate.database.migrations.worker.progress import NOTHING, Progress
from tidegate.database.migrations.worker.script import Scripts
from tidegate.errors import Failure
from tidegate.model.database import Engine

Tell = Callable[[dict[str, Any]], None]
_NOTHING = "SELECT 1"
_DRIVERS = frozenset({"psycopg", "pymysql"})


class Running:
    """Revisions of a product on one connection."""

    def __init__(self, scripts: Scripts, connection: sqlalchemy.Connection, access: Access, tell: Tell) -> None:
        """Listen to the statements of a connection.

        Args:
            scripts: The revisions.
            connection: Where they run; nothing else may be under way on it.
            access: What it is connected to.
            tell: Told of each statement that runs outside of a transaction, before (`intended`) and after (`done`).
        """
        self._scripts = scripts
        self._connection = connection
        self._access = access
        self._tell = tell
        self._revision: Revision | None = None
        self._number = 0
        self._inside = 0
        self._alone = False
        self._block_seen = False
        self._counting = False
        self._progress: Progress | None = None
        self._sql = ""
        sqlalchemy.event.listen(connection, "before_cursor_execute", self._before, retval=True)
        sqlalchemy.event.listen(connection, "after_cursor_execute", self._after)

    def heads(self) -> tuple[str, ...]:
        """What the database has."""
        try:
            heads = MigrationContext.configure(self._connection).get_current_heads()
        except SQLAlchemyError as error:
            failure: Failure = refusal(error, self._access.where, self._access.password)
        else:
            self._connection.rollback()
            return heads
        raise failure

    def run(self, revision: Revision, *, up: bool) -> None:
        """Run a revision whole or, where the engine can, not at all.

        Raises:
            MigrationFailed: With the revision, the file and the number of the statement.
        """
        self._revision, self._number, self._inside = revision, 0, 0
        self._alone = self._block_seen = self._counting = False
        failure: Failure
        try:
            self._migrate(revision, up=up)
        except Failure as told:
            failure = told
        except Exception as error:  # noqa: BLE001 - whatever a driver or a product's own code raises
            failure = self._failed(revision, error)
        else:
            return
        finally:
            self._revision = None
            with contextlib.suppress(SQLAlchemyError):
                self._connection.rollback()
        if self._progress and isinstance(failure, MigrationFailed) and failure.kind.isdigit():
            with contextlib.suppress(Exception):  # the connection may be what was lost
                self._progress.refused(failure.statement)
        if isinstance(failure, MigrationFailed) and failure.kind in LOCK:
            held = holders(self._connection, self._access.engine, self._sql)
            failure.what += f"; held: {held}" if held else ""
        raise failure  # outside of the handler: the driver's error has frames in which the password stands

    def _migrate(self, revision: Revision, *, up: bool) -> None:
        script = self._scripts.script(revision)
        if not up and not hasattr(script.module, "downgrade"):
            raise MigrationFailed(
                f"revision {revision.id} has no downgrade()",
                where=revision.where,
                what_next="write one: every expand revision goes up, down and up before an environment is touched",
                revision=revision.id,
                kind="no-way-down",
            )
        make = RevisionStep.upgrade_from_script if up else RevisionStep.downgrade_from_script
        step = make(self._scripts.directory.revision_map, script)
        with EnvironmentContext(
            self._scripts.config, self._scripts.directory, fn=lambda *_: [step], dont_mutate=True
        ) as environment:
            environment.configure(connection=self._connection, transaction_per_migration=True)
            context = environment.get_context()
            step.migration_fn = self._watched(context, step.migration_fn)
            context.autocommit_block = self._guarded(context.autocommit_block)  # type: ignore[method-assign]
            if self._access.engine is Engine.MYSQL:
                self._progress = Progress(self._driver(), revision.id)
            environment.run_migrations()
        self._connection.commit()
        if self._progress:
            self._progress.forget()
            self._progress = None

    def _watched(self, context: MigrationContext, migrate: Callable[..., None]) -> Callable[..., None]:
        def watched(**given: object) -> None:
            context._ensure_version_table()  # noqa: SLF001 - in this very transaction, so that a failure leaves none
            self._counting = True
            migrate(**given)
            self._counting = False

        return watched

    def _guarded(self, block: Callable[[], Any]) -> Callable[[], Any]:
        """`autocommit_block`, refused where it would commit half of a revision."""

        @contextlib.contextmanager
        def guarded() -> Iterator[None]:
            assert self._revision
            if self._inside and self._access.engine is Engine.POSTGRESQL:
                raise self._mixed(self._revision)
            with block():
                self._alone = self._block_seen = True
                try:
                    yield
                finally:
                    self._alone = False

        return guarded

    def _mixed(self, revision: Revision) -> MigrationFailed:
        return MigrationFailed(
            f"revision {revision.id} has statements outside of its autocommit_block; a failure would leave half of it",
            where=revision.where,
            what_next="give the block a revision of its own",
            revision=revision.id,
            statement=self._number,
            kind="mixed",
        )

    def _before(self, _: object, __: object, sql: str, parameters: Any, ___: object, ____: object) -> tuple[str, Any]:
        if not self._counting or self._revision is None:
            return sql, parameters
        self._number += 1
        self._sql = sql
        if self._progress:
            self._tell({"intended": self._step(sql)})
            instead = self._progress.before(self._number, sql, parameters, self._revision.where)
            return (instead, ()) if instead == NOTHING else (sql, parameters)
        if not self._alone:
            if self._block_seen:
                raise self._mixed(self._revision)
            self._inside += 1
            return sql, parameters
        self._tell({"intended": self._step(sql)})
        done, note = settled(self._driver(), sql)
        if note:
            self._tell({"note": f"{self._revision.id}: {note}"})
        return (_NOTHING, ()) if done else (sql, parameters)

    def _after(self, _: object, __: object, sql: str, ___: object, ____: object, _____: object) -> None:
        if not self._counting or self._revision is None:
            return
        if self._progress and sql != NOTHING:
            self._progress.after(self._number, sql)
        if self._progress or self._alone:
            self._tell({"done_step": self._step(self._sql)})

    def _driver(self) -> Any:
        return self._connection.connection.driver_connection

    def _step(self, sql: str) -> dict[str, object]:
        assert self._revision
        return {"revision": self._revision.id, "number": self._number, "text": Statement(sql).shown}

    def _failed(self, revision: Revision, error: Exception) -> MigrationFailed:
        line = self._scripts.line_of(revision, error.__traceback__)
        where = f"{revision.file}:{line}" if line else revision.file
        if isinstance(error, SQLAlchemyError) or type(error).__module__.partition(".")[0] in _DRIVERS:
            told = refusal(error, where, self._access.password)
            place = f"revision {revision.id}, statement {self._number}" if self._counted else f"revision {revision.id}"
            return MigrationFailed(
                f"{place}: {told.what}{self._stands()}",
                where=where,
                what_next=told.what_next,
                revision=revision.id,
                statement=self._number,
                kind=told.code,
            )
        return MigrationFailed(
            f"revision {revision.id} failed behind statement {self._number}: {type(error).__name__}: {error}"
            f"{self._stands()}",
            where=where,
            revision=revision.id,
            statement=self._number,
        )

    @property
    def _counted(self) -> bool:
        return self._number > 0

    def _stands(self) -> str:
        if self._progress and (last := self._progress.carried_out):
            told = f"statements 1 to {last} of it are" if last > 1 else "statement 1 of it is"
            return f"; {told} carried out, and the next try goes on from there"
        if self._block_seen:
            return "; what it did outside of a transaction stays, and the next try goes on from there"
        if not self._counting and self._number:
            return "; whether it was committed is not known: look with `tidegate migrate status`"
        return "; the database is as before"
