"""One entry for both engines, over a connection of SQLAlchemy's or any function that asks."""

from typing import TYPE_CHECKING

from tidegate.database.catalog import mysql, postgresql
from tidegate.database.catalog.question import Ask, Row
from tidegate.model.database import Engine
from tidegate.model.schema import Schema

if TYPE_CHECKING:
    import sqlalchemy


def read(connection: "sqlalchemy.Connection", engine: Engine) -> Schema:
    """Read the schema that a connection sees, and end its transaction.

    Raises:
        sqlalchemy.exc.DBAPIError: As the driver says; `faults.refusal` words it.
    """

    def ask(query: str) -> list[Row]:
        return [tuple(row) for row in connection.exec_driver_sql(query)]

    with connection.begin():
        return read_by(ask, engine)


def read_by(ask: Ask, engine: Engine) -> Schema:
    """Read the schema by a function that asks; for connections without SQLAlchemy."""
    readers = {Engine.POSTGRESQL: postgresql.read, Engine.MYSQL: mysql.read}
    return readers[engine](ask).without_version_table()
