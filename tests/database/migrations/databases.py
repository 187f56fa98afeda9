"""What tests look at in a real database, and journals that do something at a step."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy

from tests.database.migrations.product import Product, Written
from tidegate.cloud.patience import Patience
from tidegate.database.access import Access, connect
from tidegate.database.catalog.read import read
from tidegate.database.migrations.applying import apply
from tidegate.database.migrations.child import WORKER
from tidegate.database.migrations.journal import Journal, MigrationStep
from tidegate.database.migrations.revision import MigrationPhase
from tidegate.database.schema_json import encode


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


ONCE = Patience(attempts=1)
TWICE = Patience(attempts=2, pause=_at_once)


async def expand(product: Product, access: Access, journal: Journal | None = None, **more: Any) -> tuple[str, ...]:
    """Apply the expand phase."""
    return await apply(
        product.root, product.spec, access, MigrationPhase.EXPAND, journal or Written(), **{"locks": ONCE, **more}
    )


@contextlib.contextmanager
def connected(access: Access) -> Iterator[sqlalchemy.Connection]:
    """A connection of somebody else's."""
    with contextlib.closing(connect(access)) as connection:
        yield connection


def found(access: Access) -> str:
    """All of a database's schema, Alembic's own table and progress among it, and its version."""
    with connected(access) as connection:
        schema = encode(read(connection, access.engine))
        names = sqlalchemy.inspect(connection).get_table_names()
        heads: list[str] = []
        if "alembic_version" in names:
            heads = sorted(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
    return f"{sorted(names)} {heads} {schema}"


def kill_workers() -> None:
    """kill -9 of the children in which migrations run."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _is_worker_of_ours(process):
            os.kill(int(process.name), signal.SIGKILL)


def _is_worker_of_ours(process: Path) -> bool:
    try:
        mine = f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
        return mine and WORKER.encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False


class Acting(Written):
    """A journal that calls somebody at each of its entries, before the child hears that it was written."""

    def __init__(self, act: Callable[[int], Awaitable[None]]) -> None:
        super().__init__()
        self._act = act
        self.entries = 0

    async def intended(self, step: MigrationStep) -> None:
        await super().intended(step)
        await self._entry()

    async def done(self, step: MigrationStep) -> None:
        await super().done(step)
        await self._entry()

    async def _entry(self) -> None:
        self.entries += 1
        await self._act(self.entries)
