"""kill -9 of the child in which migrations run, and of Tidegate itself: the next run ends the same.

What a dead Tidegate leaves is a dead child, so that every third step is enough there.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from tests.database.migrations.databases import Acting, connected, expand, found, kill_workers
from tests.database.migrations.product import Product
from tidegate.cloud.patience import Patience
from tidegate.database.access import Access
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.database.migrations.wire import access_message
from tidegate.engines import Server
from tidegate.model.database import Engine

ROOT = Path(__file__).parents[3]
RUNS = Patience(attempts=200, first_seconds=0.05, longest_seconds=0.2)
"""A server takes a moment to notice that whoever held the lock is gone."""
_NUMBERS = count(1)

Kill = Callable[[Product, Access, int], Awaitable[None]]


@pytest.fixture
def steps(product: Product) -> Product:
    """Statements in a transaction, one that must be outside of it, and rows that may be changed once only."""
    product.sql("a", "CREATE TABLE funds (id BIGINT PRIMARY KEY, price BIGINT)", "INSERT INTO funds VALUES (1, 1)")
    if product.engine is Engine.POSTGRESQL:
        alone = "CREATE INDEX CONCURRENTLY priced ON funds (price)"
        block = f"with op.get_context().autocommit_block():\n    op.execute({alone!r})"
        product.write("b", block, after="a")
    else:
        product.sql("b", "CREATE INDEX priced ON funds (price)", after="a")
    changes = ("ALTER TABLE funds ADD note BIGINT", "UPDATE funds SET price = price + 1", "ALTER TABLE funds ADD n INT")
    product.sql("c", *changes, after="b")
    return product


async def kill_child(product: Product, access: Access, at: int) -> None:
    async def kill(entry: int) -> None:
        if entry == at:
            kill_workers()

    with pytest.raises(MigrationFailed) as failed:
        await expand(product, access, Acting(kill))
    assert failed.value.kind == "died"
    assert access.password not in str(failed.value)


async def kill_parent(product: Product, access: Access, at: int) -> None:
    asked = {"access": access_message(access), "root": str(product.root), "entry": at}
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.database.migrations.dying"],
        cwd=ROOT,
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -9, ended.stderr.decode()


@pytest.mark.parametrize(("kill", "every"), [(kill_child, 1), (kill_parent, 3)])
async def test_killed_at_any_step_the_next_run_ends_the_same(
    steps: Product, access: Access, server: Server, kill: Kill, every: int
) -> None:
    async def nothing(_: int) -> None:
        pass

    undisturbed = Acting(nothing)
    await expand(steps, access, undisturbed)
    expected = found(access), _rows(access)
    assert undisturbed.entries > 6
    for entry in range(1, undisturbed.entries + 1, every):
        name = f"killed{next(_NUMBERS)}"
        server.create_database(name)
        there = access.at(name)
        await kill(steps, there, entry)
        await expand(steps, there, runs=RUNS)
        assert (found(there), _rows(there)) == expected, f"killed at entry {entry}: {undisturbed.lines[entry - 1]}"
    assert await expand(steps, there) == ()


def _rows(access: Access) -> list[tuple[object, ...]]:
    with connected(access) as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT id, price FROM funds")]
