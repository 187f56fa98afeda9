"""What the code expects: its metadata, file of tables or migrations, carried out on a scratch server and read back.

Read back by the same queries as the database that is judged, so that the server's own wording stands on both sides.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tidegate.database.access import Access, connect
from tidegate.database.catalog import read
from tidegate.database.dump import dump_of_schema
from tidegate.database.expectation import Expectation
from tidegate.database.faults import refusal
from tidegate.database.places import places
from tidegate.database.schema_gate import disagreement
from tidegate.database.scratch import scratch_database, scratch_server
from tidegate.database.second_opinion import dump_program
from tidegate.database.tables_file import Statement, read_tables
from tidegate.errors import ConfigError, DatabaseError, Failure
from tidegate.model.database import DatabaseSpec, Engine
from tidegate.model.schema import Schema
from tidegate.process import run, without_credentials

Migrate = Callable[[Access, bool], Awaitable[None]]
"""Applies a product's migrations to an empty database: all expand migrations, and with True the contract ones too."""

IMPORT_SECONDS = 60.0
_CHILD = "tidegate.database.metadata_child"
_FILES = (".yaml", ".yml", ".json")


async def expectation(
    root: Path, spec: DatabaseSpec, *, migrate: Migrate | None = None, contracts: bool = False
) -> Expectation:
    """Find out what the code of a commit expects of a database.

    Args:
        root: The product's folder.
        spec: What the product declares of its database.
        migrate: Applies its migrations; None where it has none.
        contracts: Whether there are contract migrations among them.

    Raises:
        errors.ConfigError: Neither metadata nor migrations, a file that is not what it should be, no server for a
            scratch database.
        errors.Failure: Metadata and migrations do not agree, one line for each difference.
        errors.DatabaseError: A statement that the engine refuses.
    """
    if spec.expected is None and migrate is None:
        raise ConfigError(
            "nothing says what the code expects of its database",
            where="tidegate.yaml: database",
            what_next="declare `expected` (SQLAlchemy's MetaData or a file of tables), or `migrations`",
        )
    statements, known = await _declared(root, spec) if spec.expected else ((), {})
    phases = ((False, True) if contracts else (False,)) if migrate else ()
    pg_dump = dump_program(spec.engine)
    dumps = []
    with scratch_server(spec.engine) as server:
        declared = None
        if statements:
            access = scratch_database(server)
            declared = await asyncio.to_thread(_carried_out, access, statements)
            if pg_dump and not phases:
                dumps.append(await asyncio.to_thread(dump_of_schema, pg_dump, access))
        migrated = []
        for phase in phases:
            assert migrate
            access = scratch_database(server)
            await migrate(access, phase)
            migrated.append(await asyncio.to_thread(schema_of, access))
            if pg_dump:
                dumps.append(await asyncio.to_thread(dump_of_schema, pg_dump, access))
    found = Expectation(declared, tuple(migrated), known, tuple(dumps))
    if apart := disagreement(found):
        raise Failure(
            "\n".join(("what the code declares and what its migrations make are not the same:", *_lines(apart))),
            where=str(spec.expected),
            what_next="add the migration that is missing, or declare what the migrations make",
        )
    return found


def _lines(findings: Sequence[object]) -> list[str]:
    return [str(getattr(one, "line", one)) for one in findings]


def schema_of(access: Access, *, timeout_seconds: float = 10.0, lock_timeout_seconds: float = 5.0) -> Schema:
    """Ask a database what it is.

    Args:
        access: Which database, and who asks; a user who may do nothing but connect is enough for PostgreSQL.
        timeout_seconds: Until the server must have let us in.
        lock_timeout_seconds: How long a migration that holds the catalog is waited for.

    Raises:
        errors.DatabaseError: It did not answer, or not to the end.
    """
    failure: Failure
    try:
        with connect(access, timeout_seconds=timeout_seconds, lock_timeout_seconds=lock_timeout_seconds) as connection:
            return read(connection, access.engine)
    except Failure:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, its text is told without the password
        failure = refusal(error, access.where, access.password)
    raise failure


async def _declared(root: Path, spec: DatabaseSpec) -> tuple[tuple[Statement, ...], dict[str, str]]:
    """Statements that make what is declared, and where it is."""
    assert spec.expected
    if spec.expected.endswith(_FILES):
        tables = read_tables(root, spec.expected)
        return tables.statements, dict(tables.places)
    file, colon, name = spec.expected.partition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise ConfigError(
            f"`{spec.expected}` is neither FILE.py:NAME nor a .yaml or .json file",
            where="tidegate.yaml: database.expected",
        )
    if not (root / file).is_file():
        raise ConfigError("there is no such file", where=f"tidegate.yaml: database.expected: {file}")
    return await _metadata(root, file, name, spec.engine), places(root, file)


async def _metadata(root: Path, file: str, name: str, engine: Engine) -> tuple[Statement, ...]:
    """Let a child import the product's MetaData, and write down what would make its tables."""
    with tempfile.TemporaryDirectory(prefix="tidegate-metadata-") as folder:
        out = Path(folder) / "statements.json"
        ended = await run(
            [sys.executable, "-P", "-m", _CHILD, str(root.resolve()), file, name, engine.value, str(out)],
            cwd=root,
            env={**without_credentials(os.environ), "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=IMPORT_SECONDS,
        )
        answer = json.loads(out.read_bytes()) if out.exists() else {}
    if ended.timed_out:
        raise ConfigError(f"importing it took longer than {IMPORT_SECONDS:.0f} s", where=file)
    if "statements" not in answer:
        line = f":{answer['line']}" if answer.get("line") else ""
        raise ConfigError(
            f"`{name}` cannot be imported: {answer.get('error') or ' '.join(ended.tail[-3:])}",
            where=f"{file}{line}",
            what_next="what it imports must be installed beside Tidegate; or move the tables to a file of their own",
        )
    if not answer["statements"]:
        raise ConfigError(f"`{name}` has no tables", where=file, what_next="import the modules that declare them")
    return tuple(Statement(one, file) for one in answer["statements"])


def _carried_out(access: Access, statements: Sequence[Statement]) -> Schema:
    """Carry statements out in an empty database, and read it."""
    failure: DatabaseError | None = None
    with connect(access) as connection:
        for statement in statements:
            try:
                connection.exec_driver_sql(statement.sql)
            except Exception as error:  # noqa: BLE001 - as `schema_of`
                failure = refusal(error, statement.place, access.password)
                failure.what_next = f"the statement was: {' '.join(statement.sql.split())[:300]}"
                break
        else:
            connection.commit()
    if failure:
        raise failure
    return schema_of(access)
