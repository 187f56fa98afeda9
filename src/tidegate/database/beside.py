"""Databases beside an environment's own, on the same server: listed, made empty, dropped."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tidegate.database.access import Access, connect
from tidegate.database.faults import refusal
from tidegate.errors import Failure
from tidegate.model.database import Engine

if TYPE_CHECKING:
    import sqlalchemy

T = TypeVar("T")

_LISTS = {
    Engine.POSTGRESQL: "SELECT datname FROM pg_database ORDER BY datname",
    Engine.MYSQL: "SELECT schema_name FROM information_schema.schemata ORDER BY schema_name",
}


def beside(access: Access, prefix: str) -> tuple[str, ...]:
    """The databases of a server whose names begin so.

    Raises:
        errors.DatabaseError: Nobody answered, or let us in.
    """

    def look(connection: "sqlalchemy.Connection") -> tuple[str, ...]:
        found = (str(name) for (name,) in connection.exec_driver_sql(_LISTS[access.engine]))
        return tuple(name for name in found if name.startswith(prefix))

    return _done(access, look)


def create(access: Access, name: str) -> None:
    """Make an empty database.

    Raises:
        errors.DatabaseError: Nobody answered, or the user may not make one.
    """
    _done(access, lambda connection: connection.exec_driver_sql(f"CREATE DATABASE {_quoted(access, name)}"))


def drop(access: Access, name: str) -> None:
    """Drop a database, whoever is connected to it; nothing where it is gone.

    Raises:
        errors.DatabaseError: Nobody answered, or the user may not.
    """
    # PostgreSQL 13 and later end the connections of others: a function that was asked keeps its own for minutes.
    force = " WITH (FORCE)" if access.engine is Engine.POSTGRESQL else ""
    statement = f"DROP DATABASE IF EXISTS {_quoted(access, name)}{force}"
    _done(access, lambda connection: connection.exec_driver_sql(statement))


def _quoted(access: Access, name: str) -> str:
    assert name.replace("_", "").isalnum(), name
    return f"`{name}`" if access.engine is Engine.MYSQL else f'"{name}"'


def _done(access: Access, work: Callable[["sqlalchemy.Connection"], T]) -> T:
    """Do one thing on a connection without a transaction, in which no database could be made."""
    failure: Failure
    with contextlib.closing(connect(access)) as connection:
        try:
            return work(connection.execution_options(isolation_level="AUTOCOMMIT"))
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, its text is told without the password
            failure = refusal(error, access.where, access.password)
    # Outside of the handler, so that the driver's error, whose frames hold the password, is not its context.
    raise failure
