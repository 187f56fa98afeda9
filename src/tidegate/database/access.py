"""Access: where a database is and who asks, and connections to it. The password is in neither repr nor error."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tidegate.database.faults import missing_library, refusal
from tidegate.errors import Failure
from tidegate.model.cluster import DatabaseSecret
from tidegate.model.database import Engine

if TYPE_CHECKING:
    import sqlalchemy

APPLICATION = "tidegate"
"""What the server is told of who is connected; its list of connections shows it."""

Connector = Callable[[], "sqlalchemy.Connection"]


@dataclass(frozen=True, slots=True)
class Access:
    """Where a database is, and who asks.

    Attributes:
        engine: PostgreSQL's wire protocol, or MySQL's.
        host: Name or address.
        port: TCP port.
        database: Its name.
        user: Who asks.
        password: Never shown.
    """

    engine: Engine
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    def at(self, database: str) -> "Access":
        """The same server and user, another database."""
        return replace(self, database=database)

    @property
    def where(self) -> str:
        """For messages: `postgresql://user@host:port/database`."""
        return f"{self.engine.value}://{self.user}@{self.host}:{self.port}/{self.database}"


def access_of(secret: DatabaseSecret) -> Access:
    """The access that the secret of a database gives."""
    return Access(secret.engine, secret.host, secret.port, secret.database, secret.user, secret.password)


def connect(
    access: Access,
    *,
    timeout_seconds: float = 10.0,
    lock_timeout_seconds: float = 5.0,
    statement_timeout_seconds: float = 60.0,
) -> "sqlalchemy.Connection":
    """Open one connection, which no pool keeps.

    Args:
        access: Which database, and who asks.
        timeout_seconds: Until the server must have let us in; PostgreSQL's client counts whole seconds, two at least.
        lock_timeout_seconds: How long a statement waits for a lock.
        statement_timeout_seconds: How long a statement may take. MySQL (not MariaDB) limits only what reads.

    Raises:
        errors.DatabaseError: Nobody answered, or the server let us not in; where, and what to look at.
        errors.ConfigError: The extra `database` is not installed.
    """
    failure: Failure
    try:
        connection = _engine(access, timeout_seconds, lock_timeout_seconds, statement_timeout_seconds).connect()
    except ImportError as missing:
        failure = missing_library(missing)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, its text is told without the password
        failure = refusal(error, access.where, access.password)
    else:
        if access.engine is Engine.MYSQL:
            _limit_mysql(connection, statement_timeout_seconds, statement_timeout_seconds + timeout_seconds)
        return connection
    # Outside of the handler, so that the driver's error, whose frames hold the password, is not its context.
    raise failure


def _engine(access: Access, timeout: float, lock_timeout: float, statement_timeout: float) -> "sqlalchemy.Engine":
    import sqlalchemy  # noqa: PLC0415 - 80 ms, and an extra

    drivers = {Engine.POSTGRESQL: "postgresql+psycopg", Engine.MYSQL: "mysql+pymysql"}
    url = sqlalchemy.URL.create(
        drivers[access.engine], access.user, access.password, access.host, access.port, access.database
    )
    options = {Engine.POSTGRESQL: _postgresql, Engine.MYSQL: _mysql}[access.engine]
    arguments = options(timeout, lock_timeout, statement_timeout)
    return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, connect_args=arguments, hide_parameters=True)


def _postgresql(timeout: float, lock_timeout: float, statement_timeout: float) -> dict[str, Any]:
    settings = {"lock_timeout": lock_timeout, "statement_timeout": statement_timeout}
    return {
        "connect_timeout": max(2, round(timeout)),
        "application_name": APPLICATION,
        "options": " ".join(f"-c {name}={max(1, round(value * 1000))}ms" for name, value in settings.items()),
        # A peer that vanished is noticed within half a minute, not after two hours (libpq, "keepalives_idle").
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 4,
    }


def _mysql(timeout: float, lock_timeout: float, _: float) -> dict[str, Any]:
    waits = max(1, round(lock_timeout))
    return {
        "connect_timeout": max(1, round(timeout)),
        "read_timeout": timeout,
        "write_timeout": timeout,
        "program_name": APPLICATION,
        "init_command": f"SET SESSION lock_wait_timeout = {waits}, innodb_lock_wait_timeout = {waits}",
    }


def _limit_mysql(connection: "sqlalchemy.Connection", statement_timeout: float, read_timeout: float) -> None:
    """MariaDB's variable is in seconds and for all statements, MySQL's in milliseconds and for SELECT."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as above

    driver: Any = connection.connection.driver_connection
    driver._read_timeout = read_timeout  # noqa: SLF001 - the one limit that also holds for the server's greeting

    for variable in (
        f"max_statement_time = {statement_timeout}",
        f"max_execution_time = {statement_timeout * 1000:.0f}",
    ):
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql(f"SET SESSION {variable}")
            break
    connection.rollback()
