"""A running server: databases, users, copies. What differs by engine is in `postgresql` and `mariadb`."""

import contextlib
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tidegate.engines.account import Account
from tidegate.engines.errors import EngineFailed
from tidegate.engines.kept import Kept
from tidegate.engines.login import Login

HOST = "127.0.0.1"
START_LIMIT_SECONDS = 60.0
_ATTEMPTS = 5
_LOOK_SECONDS = 0.01


class Server(ABC):
    """A server of our own on 127.0.0.1. Leaving it as a context manager stops it and removes its folder.

    Attributes:
        engine: `postgresql` or `mysql`.
        host: 127.0.0.1.
        port: Its TCP port.
        admin: Who may do everything.
    """

    engine: str

    def __init__(self, kept: Kept, port: int, admin: Login) -> None:
        self._kept = kept
        self.host = HOST
        self.port = port
        self.admin = admin

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._kept.wait(0) is None

    def stop(self) -> None:
        """End it at once, whatever it does; when this returns, no process and no file of it is left."""
        self._kept.stop()

    @abstractmethod
    def execute(self, sql: str, *, database: str = "", hide: str = "") -> str:
        """Run statements as the administrator; what they answer, a row a line, columns apart by tabs.

        Args:
            sql: Statements, each ended by a semicolon.
            database: Where they run; the server's own database when empty.
            hide: A secret among them, which no error shows.

        Raises:
            EngineFailed: When one of them is refused; those behind it did not run.
        """

    @abstractmethod
    def create_database(self, name: str, owner: Login | None = None) -> None:
        """Create a database, for the administrator or for a user that exists."""

    @abstractmethod
    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""

    @abstractmethod
    def create_user(self, login: Login) -> None:
        """Create a user who may create databases and further users, as the master user of a cluster may."""

    @abstractmethod
    def set_password(self, login: Login) -> None:
        """Give a user another password."""

    @abstractmethod
    def dump(self, database: str) -> str:
        """All of one database as SQL: schema and rows."""

    @abstractmethod
    def copy(self, into: Path) -> None:
        """Write a copy of everything that the server holds to a folder that is not there yet.

        `postgresql` and `mariadb` start a server from it. What is written meanwhile may be missing in it.
        """

    def _client(
        self, command: Sequence[str], variables: Mapping[str, str], *, sql: str | None = None, hide: str = ""
    ) -> str:
        """Run a client program; its output."""
        ended = subprocess.run(
            command,
            input=sql,
            stdin=subprocess.DEVNULL if sql is None else None,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            env={"LC_ALL": "C", **variables},
            check=False,
        )
        if ended.returncode != 0:
            said = ended.stderr.replace(hide, "***") if hide else ended.stderr
            # MariaDB's client shows the statement first.
            told = [line for line in said.splitlines() if "ERROR" in line] or said.splitlines()
            raise EngineFailed(f"the database server refused: {' '.join(told)}", where=Path(command[0]).name)
        return ended.stdout


def fresh_room(folder: Path, runner: Account) -> Path:
    """Make the folder that a server lives in, and say where its files go; see `Account.room`.

    Raises:
        EngineFailed: When the folder is there already, since it would be removed with the server.
    """
    with swept():
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise EngineFailed(
                "a database server needs a folder that is not there yet",
                where=str(folder),
                what_next="name another folder, or remove this one",
            ) from None
        return runner.room(folder)


@contextlib.contextmanager
def swept(*folders: Path) -> Iterator[None]:
    """Remove folders when a server cannot be started in them.

    Raises:
        EngineFailed: For an error of the file system, such as a full disk.
    """
    try:
        yield
    except BaseException as error:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise EngineFailed(
                f"a database server could not be prepared: {error.strerror}",
                where=str(error.filename or ""),
                what_next="free some space, or choose another TMPDIR",
            ) from error
        raise


def launch(start: Callable[[int], Kept], ready: Callable[[int], bool]) -> tuple[Kept, int]:
    """Start a server on a free port and wait until it answers.

    Args:
        start: Starts it on a port.
        ready: Whether it answers there.

    Returns:
        The running server and its port.

    Raises:
        EngineFailed: When it ends, or does not answer within `START_LIMIT_SECONDS`.
    """
    for attempt in range(_ATTEMPTS):
        port = _free_port()
        kept = start(port)
        try:
            failure = _until_ready(kept, partial(ready, port))
        except BaseException:
            kept.stop()
            raise
        if failure is None:
            return kept, port
        kept.stop()
        # Another process may take the port between our look and the server's.
        if "in use" not in failure or attempt == _ATTEMPTS - 1:
            raise EngineFailed("a database server did not start", where=failure)
    raise AssertionError


def _until_ready(kept: Kept, ready: Callable[[], bool]) -> str | None:
    """None once it answers, or why it never will."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while not ready():
        if kept.wait(_LOOK_SECONDS) is not None:
            return kept.tail()
        if time.monotonic() > deadline:
            return f"no answer within {START_LIMIT_SECONDS:.0f} s: {kept.tail()}"
    return None


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
