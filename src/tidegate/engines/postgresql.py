"""PostgreSQL: a server that is thrown away, so nothing is flushed to the disk."""

import shutil
from pathlib import Path

from tidegate.engines.account import account
from tidegate.engines.binaries import Programs, programs
from tidegate.engines.kept import Kept
from tidegate.engines.login import Login
from tidegate.engines.server import HOST, Server, fresh_room, launch, swept
from tidegate.engines.sql import quoted, standard_text
from tidegate.engines.template import Template, template

ADMIN = "tidegate_admin"
_MAINTENANCE = "postgres"
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "shared_buffers": "32MB",
    "max_connections": "200",
    # In files of the data folder, which go with it; in /dev/shm they would stay behind a killed server.
    "dynamic_shared_memory_type": "mmap",
    # A statement that sets a password and is refused would stand in the log.
    "log_min_error_statement": "panic",
}


def postgresql(folder: Path, *, copied: Path | None = None) -> Server:
    """Start a PostgreSQL server and wait until it answers.

    Args:
        folder: Where its files lie while it runs; must not be there yet, and is removed with it. As root they lie
            among temporary files where the server's account has no way in.
        copied: What `Server.copy` wrote, to begin with; a fresh server without.

    Raises:
        EngineMissing: When there is no PostgreSQL on this computer.
        EngineFailed: When it does not start.
    """
    runner = account()
    found = programs("postgresql", runner)
    fresh = template("postgresql", found["postgres"], lambda data, secret: _initdb(found, data, secret), runner)
    room = fresh_room(folder, runner)
    data = room / "data"

    def start(port: int) -> Kept:
        room.mkdir(mode=0o700, exist_ok=True)
        if copied is None:
            fresh.copy(data)
        else:
            shutil.copytree(copied / "data", data, symlinks=True)
        data.chmod(0o700)
        runner.owns(room)
        command = [found["postgres"], "-D", str(data), "-p", str(port)]
        command += [f"--{name}={value}" for name, value in _SETTINGS.items()]
        # SIGQUIT is the immediate shutdown, which ends sessions of their own process groups too.
        return Kept(command, runner=runner, log=room / "log", ending="QUIT", remove=(room, folder))

    def ready(port: int) -> bool:
        return _says_ready(data / "postmaster.pid")

    with swept(room, folder):
        kept, port = launch(start, ready)
    password = fresh.password if copied is None else Template(copied).password
    return PostgreSQL(kept, port, Login(ADMIN, password), found)


class PostgreSQL(Server):
    """A running PostgreSQL server."""

    engine = "postgresql"

    def __init__(self, kept: Kept, port: int, admin: Login, found: Programs) -> None:
        super().__init__(kept, port, admin)
        self._programs = found

    def execute(self, sql: str, *, database: str = "", hide: str = "") -> str:
        """Run statements with `psql`, each for itself; see `Server`."""
        command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]
        # Terse messages show no line of the statement.
        options = ["--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", f"--dbname={database or _MAINTENANCE}", "--file=-"]
        return self._run([*command, *options], sql=sql, hide=hide)

    def create_database(self, name: str, owner: Login | None = None) -> None:
        """Create a database."""
        owned = f" OWNER {_name(owner.user)}" if owner else ""
        self.execute(f"CREATE DATABASE {_name(name)}{owned};")

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {_name(name)} WITH (FORCE);")

    def create_user(self, login: Login) -> None:
        """Create a user."""
        password = standard_text(login.password)
        self.execute(
            f"CREATE ROLE {_name(login.user)} LOGIN CREATEDB CREATEROLE PASSWORD {password};", hide=login.password
        )

    def set_password(self, login: Login) -> None:
        """Give a user another password."""
        password = standard_text(login.password)
        self.execute(f"ALTER ROLE {_name(login.user)} PASSWORD {password};", hide=login.password)

    def dump(self, database: str) -> str:
        """What `pg_dump` writes."""
        return self._run(["pg_dump", f"--dbname={database}"])

    def copy(self, into: Path) -> None:
        """Take a base backup while the server goes on."""
        into.mkdir(mode=0o700, parents=True)
        secret = into / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.admin.password, encoding="ascii")
        self._run(["pg_basebackup", f"--pgdata={into / 'data'}", "--checkpoint=fast", "--no-sync"])

    def _run(self, command: list[str], *, sql: str | None = None, hide: str = "") -> str:
        program = self._programs[command[0]]
        reach = [f"--host={self.host}", f"--port={self.port}", f"--username={self.admin.user}", "--no-password"]
        variables = {"PGPASSWORD": self.admin.password, "PGCLIENTENCODING": "UTF8"}
        return self._client([program, *reach, *command[1:]], variables, sql=sql, hide=hide)


def _name(name: str) -> str:
    return quoted(name, '"')


def _initdb(found: Programs, data: Path, password: Path) -> list[str]:
    return [
        found["initdb"],
        f"--pgdata={data}",
        f"--username={ADMIN}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--wal-segsize=1",
        "--no-sync",
        "--no-instructions",
    ]


def _says_ready(lines: Path) -> bool:
    """Whether the server accepts connections.

    Source: PostgreSQL's `src/include/utils/pidfile.h`: the last line of postmaster.pid, as `pg_ctl --wait` reads it.
    """
    try:
        return lines.read_text(encoding="utf-8").splitlines()[-1].strip() == "ready"
    except (OSError, IndexError):
        return False
