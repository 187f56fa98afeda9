"""What a server refuses: the phase stops, the database is as before, the message says where, without the password."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.database.migrations.databases import Acting, connected, expand, found
from tests.database.migrations.product import Product
from tidegate.database.access import Access
from tidegate.database.migrations.refusals import MigrationFailed
from tidegate.engines import Server
from tidegate.engines.account import account
from tidegate.engines.login import Login
from tidegate.errors import DatabaseError, Failure
from tidegate.model.database import Engine

PLANTED = "Pl4nted/p@ss word"


@pytest.fixture
def based(product: Product) -> Product:
    product.sql("a", "CREATE TABLE funds (id BIGINT PRIMARY KEY)", "INSERT INTO funds VALUES (1)")
    return product


@pytest.fixture
def reader(server: Server, access: Access) -> Access:
    """A user who may read, and nothing else."""
    login = Login(f"reader_{access.database}", PLANTED)
    server.create_user(login)
    if access.engine is Engine.POSTGRESQL:
        server.execute(
            f"ALTER ROLE {login.user} NOCREATEDB NOCREATEROLE; REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
            database=access.database,
        )
    else:
        server.execute(
            f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {login.user}; "
            f"GRANT SELECT ON {access.database}.* TO {login.user};"
        )
    return replace(access, user=login.user, password=login.password)


async def test_a_user_who_may_only_read_is_told_so(based: Product, access: Access, reader: Access) -> None:
    before = found(access)
    with pytest.raises(Failure, match="not allowed") as failed:
        await expand(based, reader)
    assert "grants" in failed.value.what_next
    assert found(access) == before


@pytest.mark.usefixtures("postgresql_only")
async def test_a_reader_instance_is_told_apart(based: Product, access: Access) -> None:
    with connected(access) as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {access.database} SET default_transaction_read_only = on")
        connection.commit()
    before = found(access)
    with pytest.raises(Failure, match="the database may only be read") as failed:
        await expand(based, access)
    assert "writer endpoint" in failed.value.what_next
    assert found(access) == before


async def test_a_wrong_password_is_told_without_it(based: Product, access: Access) -> None:
    with pytest.raises(DatabaseError, match="the server refused") as failed:
        await expand(based, replace(access, password=PLANTED))
    assert access.where in failed.value.where
    assert PLANTED not in f"{failed.value} {failed.value!r}"


@pytest.fixture
def tiny(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tablespace on a disk of one megabyte."""
    ids = account().ids
    if ids is None:
        pytest.skip("only root can mount a disk that is full soon")
    folder = Path(f"/tmp/tidegate-tiny-{server.port}")
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size=1m,uid={ids[0]},gid={ids[1]},mode=0700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        if mounted.returncode:
            pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
        server.execute(f"CREATE TABLESPACE tiny LOCATION '{folder}';")
        yield "tiny"
    finally:
        with contextlib.suppress(Exception):
            server.execute("DROP TABLESPACE tiny;")
        subprocess.run(["umount", str(folder)], capture_output=True, check=False)
        folder.rmdir()


@pytest.mark.usefixtures("postgresql_only")
async def test_a_full_disk_leaves_the_database_as_it_was(based: Product, access: Access, tiny: str) -> None:
    await expand(based, access)
    before = found(access)
    full = f"CREATE TABLE full_of TABLESPACE {tiny} AS SELECT generate_series(1, 500000) AS n"
    based.sql("b", "ALTER TABLE funds ADD note INT", full, after="a")
    with pytest.raises(MigrationFailed, match="revision b, statement 2: the disk is full") as failed:
        await expand(based, access)
    assert failed.value.where == "migrations/versions/b.py:9"
    assert found(access) == before


async def test_the_password_is_nowhere(based: Product, access: Access, server: Server) -> None:
    login = Login(f"owner_{access.database}", PLANTED)
    server.create_user(login)
    name = f"of_{login.user}"
    server.create_database(name, login)
    owned = replace(access, database=name, user=login.user, password=login.password)
    based.write("b", f"print({PLANTED!r})\nop.execute('ALTER TABLE funds ADD x INT')", after="a")
    based.write("c", f"raise ValueError({PLANTED!r})", after="b")
    seen: list[str] = []

    async def look(_: int) -> None:
        seen.append(_what_everybody_sees())

    journal = Acting(look)
    with pytest.raises(MigrationFailed, match="ValueError") as failed:
        await expand(based, owned, journal)
    told = "\n".join((*journal.lines, *seen, str(failed.value), failed.value.what, failed.value.what_next))
    assert "tidegate.database.migrations.worker" in told
    assert PLANTED not in told
    assert failed.value.__cause__ is None
    assert "***" in failed.value.what


def _what_everybody_sees() -> str:
    """Arguments and variables of all processes."""
    told = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            for file in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    told.append((process / file).read_bytes().decode(errors="replace").replace("\0", " "))
    return "\n".join(told)
