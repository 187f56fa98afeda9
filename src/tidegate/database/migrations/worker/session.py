"""The connection that migrations run on: its limits, and the lock that keeps two runs apart."""

import contextlib
from collections.abc import Iterator

import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from tidegate.database.access import Access, connect
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.model.database import Engine
from tidegate.process.answering import Answering

ADVISORY_KEY = 0x7469_6465_6761_7465
"""`tidegate` in ASCII. PostgreSQL keeps advisory locks by database; MySQL's name has the database in it."""

_HOLDER = (
    "SELECT a.application_name || ', process ' || a.pid || ', since ' || a.backend_start::timestamp(0) "
    "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
    "AND l.classid::bigint = :high AND l.objid::bigint = :low LIMIT 1"
)


@contextlib.contextmanager
def session(
    talk: Answering, access: Access, lock_timeout: float, statement_timeout: float
) -> Iterator[sqlalchemy.Connection]:
    """A connection that holds the lock of all migrations of this database.

    Raises:
        DatabaseError: Nobody answers, or the server does not let us in.
        MigrationFailed: Another run holds the lock for longer than the other side of the talk waits.
    """
    connection = connect(access, lock_timeout_seconds=lock_timeout, statement_timeout_seconds=statement_timeout)
    with contextlib.closing(connection):
        if access.engine is Engine.POSTGRESQL:
            _notice_our_end(connection)
        _lock(talk, connection, access)
        yield connection


def _notice_our_end(connection: sqlalchemy.Connection) -> None:
    """Have the server end what it does for us once we are gone; PostgreSQL 14 and later, on Linux."""
    with contextlib.suppress(SQLAlchemyError):
        connection.exec_driver_sql("SET client_connection_check_interval = '1s'")
        connection.commit()
    connection.rollback()


def _lock(talk: Answering, connection: sqlalchemy.Connection, access: Access) -> None:
    """Ask again and again, in transactions of their own: CREATE INDEX CONCURRENTLY waits for whoever waits in one."""
    while not _try(connection, access.engine):
        holder = _holder(connection, access.engine)
        connection.rollback()
        if talk.ask({"held": holder, "waits": True}).get("stop"):
            raise MigrationFailed(
                "migrations of this database run already" + (f": {holder}" if holder else ""),
                where=access.where,
                what_next="wait until they end",
                kind="held",
            )
    connection.commit()


def _try(connection: sqlalchemy.Connection, engine: Engine) -> bool:
    match engine:
        case Engine.POSTGRESQL:
            return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({ADVISORY_KEY})").scalar())
        case Engine.MYSQL:
            name = "CONCAT('tidegate.', LEFT(SHA1(DATABASE()), 40))"
            return bool(connection.exec_driver_sql(f"SELECT GET_LOCK({name}, 0)").scalar())


def _holder(connection: sqlalchemy.Connection, engine: Engine) -> str:
    if engine is not Engine.POSTGRESQL:
        return ""
    halves = {"high": ADVISORY_KEY >> 32, "low": ADVISORY_KEY & 0xFFFF_FFFF}
    return str(connection.execute(sqlalchemy.text(_HOLDER), halves).scalar() or "")
