import asyncio

import pytest

from tests.database.migrations.databases import TWICE, Acting, connected, expand, found
from tests.database.migrations.product import Product, Written
from tidegate.cloud.patience import Patience
from tidegate.database.access import Access
from tidegate.database.migrations.applying import take_back
from tidegate.database.migrations.outline import standing
from tidegate.database.migrations.refusals import Ahead, MigrationFailed, NotLossless
from tidegate.model.database import Engine

SOON = Patience(attempts=1000, first_seconds=0.01, longest_seconds=0.05)
TABLE = "CREATE TABLE funds (id BIGINT PRIMARY KEY, price NUMERIC(10, 2))"
ALONE = "with op.get_context().autocommit_block():\n    op.execute({!r})"
INDEX = "CREATE INDEX CONCURRENTLY priced ON funds (price)"


@pytest.fixture
def based(product: Product) -> Product:
    product.sql("a", TABLE, down="DROP TABLE funds")
    return product


async def test_what_is_lacking_is_applied_in_order_and_the_second_run_is_empty(based: Product, access: Access) -> None:
    based.sql("b", "ALTER TABLE funds ADD note VARCHAR(40)", after="a")
    journal = Written()
    assert await expand(based, access, journal) == ("a", "b")
    whole = [line for line in journal.lines if "statement" not in line]
    assert whole == ["begin migrate a", "done migrate a", "begin migrate b", "done migrate b"]
    before, again = found(access), Written()
    assert (await expand(based, access, again), again.lines, found(access)) == ((), [], before)


async def test_a_syntax_error_in_the_third_statement_stops_the_phase_and_says_where(
    based: Product, access: Access
) -> None:
    await expand(based, access)
    before = found(access)
    good = ("ALTER TABLE funds ADD x INT", "ALTER TABLE funds ADD y INT")
    based.sql("b", *good, "ALTER TABLE funds AD z INT", after="a")
    based.sql("c", "ALTER TABLE funds ADD n INT", after="b")
    with pytest.raises(MigrationFailed, match="revision b, statement 3") as failed:
        await expand(based, access)
    assert failed.value.where == "migrations/versions/b.py:10"
    assert (failed.value.revision, failed.value.statement) == ("b", 3)
    if access.engine is Engine.POSTGRESQL:
        assert failed.value.what.endswith("the database is as before")
        assert found(access) == before
    else:
        assert "statements 1 to 2 of it are carried out" in failed.value.what
    based.sql("b", *good, "ALTER TABLE funds ADD z INT", after="a")
    assert await expand(based, access) == ("b", "c")
    assert "tidegate_migration_step" not in found(access)


async def test_a_connection_that_is_lost_in_the_middle_leaves_nothing_of_the_revision(
    based: Product, access: Access
) -> None:
    await expand(based, access)
    with connected(access) as connection:
        connection.exec_driver_sql("INSERT INTO funds VALUES (1, NULL)")
        connection.commit()
    terminate = "SELECT pg_terminate_backend(pg_backend_pid())"
    lost = terminate if access.engine is Engine.POSTGRESQL else "KILL CONNECTION_ID()"
    based.sql("b", "UPDATE funds SET price = 1", lost, after="a")
    with pytest.raises(MigrationFailed, match="revision b, statement 2: the connection was lost") as failed:
        await expand(based, access)
    assert "run it again" in failed.value.what_next
    assert failed.value.what.endswith("the database is as before")
    with connected(access) as connection:
        assert connection.exec_driver_sql("SELECT price FROM funds").scalar() is None
    based.sql("b", "UPDATE funds SET price = 1", "UPDATE funds SET price = 2", after="a")
    assert await expand(based, access) == ("b",)


async def test_a_lock_that_is_not_obtained_ends_in_bounded_time_and_says_who_holds_it(
    based: Product, access: Access
) -> None:
    await expand(based, access)
    based.sql("b", "ALTER TABLE funds ADD note INT", after="a")
    journal, before = Written(), found(access)
    with connected(access) as somebody:
        somebody.exec_driver_sql("INSERT INTO funds VALUES (1, 1)")
        with pytest.raises(MigrationFailed, match="a lock was not obtained in time") as failed:
            await expand(based, access, journal, locks=TWICE)
        assert "(2 tries)" in failed.value.what
        assert access.user in failed.value.what.partition("held: ")[2]
        assert journal.lines.count("begin migrate b") == 2
        somebody.rollback()
    if access.engine is Engine.POSTGRESQL:
        assert found(access) == before
    assert await expand(based, access) == ("b",)


async def test_a_lock_that_comes_free_between_two_tries_is_no_failure(based: Product, access: Access) -> None:
    await expand(based, access)
    based.sql("b", "ALTER TABLE funds ADD note INT", after="a")
    with connected(access) as somebody:
        somebody.exec_driver_sql("INSERT INTO funds VALUES (1, 1)")

        async def leave(_: float) -> None:
            await asyncio.to_thread(somebody.rollback)

        assert await expand(based, access, locks=Patience(attempts=2, pause=leave)) == ("b",)


async def test_two_runs_at_once_never_interleave(based: Product, access: Access) -> None:
    based.sql("b", "ALTER TABLE funds ADD note VARCHAR(40)", after="a")
    waits = asyncio.Event()

    async def until_the_other_waits(entry: int) -> None:
        if entry == 1:
            begun.set()
            await waits.wait()

    class Waiting(Written):
        async def noted(self, text: str) -> None:
            await super().noted(text)
            waits.set()

    begun = asyncio.Event()
    first, second = Acting(until_the_other_waits), Waiting()

    async def later() -> tuple[str, ...]:
        await begun.wait()
        return await expand(based, access, second, runs=SOON)

    applied, left = await asyncio.gather(expand(based, access, first), later())
    assert (applied, left) == (("a", "b"), ())
    assert len(second.lines) == 1
    assert second.lines[0].startswith("waits for migrations that run already")


async def test_a_run_does_not_wait_for_ever_for_another_one(based: Product, access: Access) -> None:
    refused: list[MigrationFailed] = []

    async def another(entry: int) -> None:
        if entry == 1:
            with pytest.raises(MigrationFailed) as failed:
                await expand(based, access, runs=TWICE)
            refused.append(failed.value)

    assert await expand(based, access, Acting(another)) == ("a",)
    assert refused[0].what.startswith("migrations of this database run already")
    if access.engine is Engine.POSTGRESQL:
        assert "tidegate, process" in refused[0].what


async def test_a_database_that_is_ahead_is_left_alone(based: Product, access: Access) -> None:
    based.sql("b", "ALTER TABLE funds ADD note INT", after="a")
    await expand(based, access)
    (based.root / "migrations/versions/b.py").unlink()
    before = found(access)
    with pytest.raises(Ahead, match="it has revision b"):
        await expand(based, access)
    assert found(access) == before


@pytest.mark.usefixtures("postgresql_only")
async def test_an_index_that_was_left_invalid_is_dropped_and_built(based: Product, access: Access) -> None:
    await expand(based, access)
    based.write("b", ALONE.format(INDEX), after="a")
    with connected(access) as somebody:
        somebody.exec_driver_sql("INSERT INTO funds VALUES (1, 1)")
        with pytest.raises(MigrationFailed, match="a lock was not obtained in time"):
            await expand(based, access)
        assert _valid(access) == [False]
        somebody.rollback()
    journal = Written()
    assert await expand(based, access, journal) == ("b",)
    assert _valid(access) == [True]
    assert "b: dropped index priced, which an earlier try left INVALID" in journal.lines


@pytest.mark.usefixtures("postgresql_only")
async def test_statements_beside_an_own_transaction_are_refused_before_anything_is_half_done(
    based: Product, access: Access
) -> None:
    await expand(based, access)
    before = found(access)
    based.write("b", f"op.execute('ALTER TABLE funds ADD x INT')\n{ALONE.format(INDEX)}", after="a")
    with pytest.raises(MigrationFailed, match="statements outside of its autocommit_block"):
        await expand(based, access)
    assert found(access) == before


async def test_only_what_declares_itself_lossless_is_taken_back(based: Product, access: Access) -> None:
    column = ("ALTER TABLE funds ADD note INT",)
    based.sql("b", *column, after="a", down="ALTER TABLE funds DROP COLUMN note", more="lossless = True\n")
    await expand(based, access)
    b, a = based.revisions("b", "a")
    with pytest.raises(MigrationFailed, match="the last revision is b, no longer a"):
        await take_back(based.root, based.spec, access, a, Written())
    await take_back(based.root, based.spec, access, b, Written())
    assert (await standing(based.root, based.spec, access)).applied == {"a"}
    with pytest.raises(NotLossless, match="revision a does not declare"):
        await take_back(based.root, based.spec, access, a, Written())


def _valid(access: Access) -> list[bool]:
    with connected(access) as connection:
        query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('priced')"
        return list(connection.exec_driver_sql(query).scalars())
