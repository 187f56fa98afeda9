"""The product's database, over one connection that is made when it is needed and kept between invocations.

Unqualified names mean the schema of the qualifier (`public` for live, `candidate` for all others), and no
other: a candidate's statement does not reach a live row, whatever it forgets to say.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from aurora.reference import ReadSecret, UnresolvedError, resolve, secret

if TYPE_CHECKING:  # the driver is imported when a connection is made
    from psycopg import Connection

LIVE_SCHEMA = "public"
CANDIDATE_SCHEMA = "candidate"
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
_VARIABLES = ("AURORA_HOST", "AURORA_PORT", "AURORA_DATABASE", "AURORA_USER", "AURORA_PASSWORD")
_log = logging.getLogger(__name__)

T = TypeVar("T")


class DatabaseError(Exception):
    """The database is not configured, cannot be reached, or refused a statement."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the database is, and who asks. `password` is a reference to a secret, see `reference`."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    schema: str

    @classmethod
    def of(cls, variables: Mapping[str, str], schema: str) -> "Settings":
        """Settings from a function's variables; raises DatabaseError, which names the one that is wrong."""
        for name in _VARIABLES:
            if not variables.get(name):
                raise DatabaseError(f"the environment variable {name} is not set")
        host, port, database, user, password = (variables[name] for name in _VARIABLES)
        if not port.isdecimal():
            raise DatabaseError("the environment variable AURORA_PORT is not a number")
        return cls(host, int(port), database, user, password, schema)

    def password_now(self, read: ReadSecret = secret) -> str:
        """The password that the secret holds now; raises DatabaseError."""
        try:
            return resolve(self.password, read)
        except UnresolvedError as error:
            raise DatabaseError(f"AURORA_PASSWORD: {error}") from error
        except Exception as error:
            raise DatabaseError(f"the password of the database could not be read: {error}") from error


Connect = Callable[[Settings, str], "Connection[Any]"]
"""Opens a connection with a password; raises psycopg.OperationalError."""


def connect(settings: Settings, password: str) -> "Connection[Any]":
    """A connection on which each statement has a limit, and unqualified names mean the settings' schema."""
    import psycopg

    return psycopg.connect(
        host=settings.host,
        port=settings.port,
        dbname=settings.database,
        user=settings.user,
        password=password,
        connect_timeout=CONNECT_SECONDS,
        options=f"-c search_path={settings.schema} -c statement_timeout={STATEMENT_SECONDS}s",
        application_name="daily-report",
        autocommit=True,
    )


class Aurora:
    """One connection, made anew where it was lost or a password changed."""

    def __init__(self, settings: Settings, read: ReadSecret = secret, connect: Connect = connect) -> None:
        self._settings = settings
        self._read = read
        self._connect = connect
        self._password: str | None = None
        self._connection: Connection[Any] | None = None

    def run(self, work: "Callable[[Connection[Any]], T]") -> T:
        """Do work in one transaction. It may be done twice, where a kept connection turns out to be lost.

        Raises:
            DatabaseError: No connection, or a statement was refused; nothing of the work is kept then.
        """
        import psycopg

        while True:
            kept = self._connection is not None
            connection = self._connection or self._open()
            self._connection = connection
            try:
                with connection.transaction():
                    return work(connection)
            except psycopg.Error as error:
                if not connection.closed:
                    raise self._failed(error) from error
                self._connection = None
                if not kept:
                    raise self._failed(error) from error
                _log.warning("the connection to the database was lost: %s", error)

    def close(self) -> None:
        """Close the connection; the next work makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> "Connection[Any]":
        """A connection, with the password that is known or, where that is refused, with that of this moment.

        The server's own words for a wrong password differ by version and language, so any refusal has the
        secret read again; only another value than the one that was refused is worth another attempt.
        """
        import psycopg

        if self._password is not None:
            try:
                return self._connect(self._settings, self._password)
            except psycopg.OperationalError as error:
                refused, known = error, self._password
            self._password = self._settings.password_now(self._read)
            if self._password == known:
                raise self._failed(refused) from refused
            _log.warning("the password of the database has changed")
        else:
            self._password = self._settings.password_now(self._read)
        try:
            return self._connect(self._settings, self._password)
        except psycopg.OperationalError as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> DatabaseError:
        where = f"{self._settings.database} at {self._settings.host}:{self._settings.port}"
        return DatabaseError(f"database {where}, schema {self._settings.schema}: {error}")


@cache
def aurora(settings: Settings) -> Aurora:
    """The one of this process for these settings."""
    return Aurora(settings)
