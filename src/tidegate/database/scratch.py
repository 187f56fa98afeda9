"""Scratch: a database on a server of our own, of the same engine, that is thrown away."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tidegate.database.access import Access
from tidegate.engines import Server, mariadb, postgresql
from tidegate.engines.account import account
from tidegate.engines.binaries import programs
from tidegate.model.database import Engine

NAME = "scratch"


@dataclass(frozen=True, slots=True)
class Scratch:
    """An empty database.

    Attributes:
        access: As its administrator.
        dump: pg_dump of the server's own version; empty where there is none.
    """

    access: Access
    dump: str = ""


@contextlib.asynccontextmanager
async def scratch(engine: Engine) -> AsyncIterator[Scratch]:
    """An empty database that goes, with its server, when the block is left or when we are gone.

    Raises:
        EngineMissing: When the engine's programs are not on this computer.
        EngineFailed: When its server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="tidegate-scratch-") as room:
        server = await asyncio.to_thread(_start, engine, Path(room) / "server")
        try:
            await asyncio.to_thread(server.create_database, NAME)
            admin = server.admin
            access = Access(engine, server.host, server.port, NAME, admin.user, admin.password)
            yield Scratch(access, programs(engine.value, account())["pg_dump"] if engine is Engine.POSTGRESQL else "")
        finally:
            await asyncio.to_thread(server.stop)


def _start(engine: Engine, folder: Path) -> Server:
    match engine:
        case Engine.POSTGRESQL:
            return postgresql(folder)
        case Engine.MYSQL:
            return mariadb(folder)
