"""MariaDB, for Aurora's MySQL flavour: a server that is thrown away, so nothing is flushed to the disk."""

import contextlib
import re
import socket
from pathlib import Path

from tidegate.engines.account import account
from tidegate.engines.binaries import Programs, programs
from tidegate.engines.kept import Kept
from tidegate.engines.login import Login
from tidegate.engines.server import HOST, Server, fresh_room, launch, swept
from tidegate.engines.sql import escaped_text, quoted
from tidegate.engines.template import template

ADMIN = "tidegate_admin"
_OWN = ("information_schema", "mysql", "performance_schema", "sys")
_SETTINGS = {
    "bind-address": HOST,
    "socket": "socket",  # Relative to the data folder: a whole path may be too long for a socket.
    "pid-file": "pid",
    "skip-name-resolve": "1",
    "default-time-zone": "+00:00",
    "character-set-server": "utf8mb4",
    "innodb-flush-method": "nosync",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "0",
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "16M",
    "max-connections": "200",
}


def mariadb(folder: Path, *, copied: Path | None = None) -> Server:
    """Start a MariaDB server and wait until it answers.

    Args:
        folder: Where its files lie while it runs; must not be there yet, and is removed with it. As root they lie
            among temporary files where the server's account has no way in.
        copied: What `Server.copy` wrote, to begin with; a fresh server without.

    Raises:
        EngineMissing: When there is no MariaDB on this computer.
        EngineFailed: When it does not start.
    """
    runner = account()
    found = programs("mysql", runner)
    fresh = template("mariadb", found["mariadbd"], lambda data, secret: _install(found, data), runner)
    admin = Login(ADMIN, fresh.password)
    room = fresh_room(folder, runner)
    data = room / "data"

    def start(port: int) -> Kept:
        room.mkdir(mode=0o700, exist_ok=True)
        fresh.copy(data)
        first = room / "first.sql"
        first.touch(mode=0o600)
        first.write_text(_first(admin), encoding="utf-8")
        runner.owns(room)
        command = [found["mariadbd"], "--no-defaults", f"--datadir={data}", f"--tmpdir={room}"]
        command += [f"--port={port}", f"--init-file={first}"]
        command += [f"--{name}={value}" for name, value in _SETTINGS.items()]
        return Kept(command, runner=runner, log=room / "log", ending="KILL", remove=(room, folder))

    def ready(port: int) -> bool:
        # The pid file comes after the port is bound, so that what greets there is this server.
        return (data / "pid").exists() and _greets(port)

    with swept(room, folder):
        kept, port = launch(start, ready)
    server = MariaDB(kept, port, admin, found)
    if copied is not None:
        try:
            server.restore(copied)
        except BaseException:
            server.stop()
            raise
    return server


class MariaDB(Server):
    """A running MariaDB server."""

    engine = "mysql"

    def __init__(self, kept: Kept, port: int, admin: Login, found: Programs) -> None:
        super().__init__(kept, port, admin)
        self._programs = found

    def execute(self, sql: str, *, database: str = "", hide: str = "") -> str:
        """Run statements with the client `mariadb`; see `Server`."""
        command = ["mariadb", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"]
        chosen = [f"--database={database}"] if database else []
        return self._run([*command, *chosen], sql=sql, hide=hide)

    def create_database(self, name: str, owner: Login | None = None) -> None:
        """Create a database."""
        # Who may create databases has rights on all of them; see `create_user`.
        self.execute(f"CREATE DATABASE {_name(name)};")

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {_name(name)};")

    def create_user(self, login: Login) -> None:
        """Create a user."""
        user = escaped_text(login.user)
        self.execute(
            f"CREATE USER {user}@'%' IDENTIFIED BY {escaped_text(login.password)};"
            f"GRANT ALL PRIVILEGES ON *.* TO {user}@'%' WITH GRANT OPTION;",
            hide=login.password,
        )

    def set_password(self, login: Login) -> None:
        """Give a user another password."""
        user, password = escaped_text(login.user), escaped_text(login.password)
        self.execute(f"ALTER USER {user}@'%' IDENTIFIED BY {password};", hide=login.password)

    def dump(self, database: str) -> str:
        """What `mariadb-dump` writes."""
        return self._run(["mariadb-dump", *_WHOLE, database])

    def copy(self, into: Path) -> None:
        """Dump all databases of the server's users, and the users, while the server goes on."""
        into.mkdir(mode=0o700, parents=True)
        listed = self.execute("SHOW DATABASES;").splitlines()
        databases = [name for name in listed if name not in _OWN]
        users = self._run(["mariadb-dump", "--system=users", "--insert-ignore"])
        rows = self._run(["mariadb-dump", *_WHOLE, "--databases", *databases]) if databases else ""
        target = into / "all.sql"
        target.touch(mode=0o600)
        target.write_text(users + rows, encoding="utf-8", errors="surrogateescape")

    def restore(self, copied: Path) -> None:
        """Bring everything of a copy into a fresh server."""
        self.execute((copied / "all.sql").read_text(encoding="utf-8", errors="surrogateescape"))

    def _run(self, command: list[str], *, sql: str | None = None, hide: str = "") -> str:
        program = self._programs[command[0]]
        reach = ["--no-defaults", f"--host={self.host}", f"--port={self.port}", f"--user={self.admin.user}"]
        variables = {"MYSQL_PWD": self.admin.password}
        return self._client([program, *reach, *command[1:]], variables, sql=sql, hide=hide)


_WHOLE = (
    *("--single-transaction", "--routines", "--triggers", "--events", "--hex-blob"),
    *("--skip-comments", "--default-character-set=utf8mb4"),
)


def _name(name: str) -> str:
    return quoted(name, "`")


def _first(admin: Login) -> str:
    """What a server runs before anybody can connect: an administrator with a password, and nobody without one."""
    user, password = escaped_text(admin.user), escaped_text(admin.password)
    statements = (
        "DELETE FROM mysql.global_priv WHERE User IN ('', 'root')",
        "FLUSH PRIVILEGES",
        f"CREATE USER {user}@'%' IDENTIFIED BY {password}",
        f"GRANT ALL PRIVILEGES ON *.* TO {user}@'%' WITH GRANT OPTION",
    )
    return "".join(f"{statement};\n" for statement in statements)


def _install(found: Programs, data: Path) -> list[str]:
    return [
        found["mariadb-install-db"],
        "--no-defaults",
        f"--datadir={data}",
        # A starting server removes the temporary tables of others from a folder that they share.
        f"--tmpdir={data.parent}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        f"--innodb-log-file-size={_SETTINGS['innodb-log-file-size']}",
    ]


def _greets(port: int) -> bool:
    """Whether a server sends its handshake (MariaDB's protocol: packet 0 begins with the protocol's version, 10)."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1.0) as connection:
        return re.match(rb"...\x00\x0a", connection.recv(5), re.DOTALL) is not None
    return False
