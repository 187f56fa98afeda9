"""What applies to MySQL is planted in a real MariaDB, found, and mended by what the difference says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.database.conftest import fresh_database
from tests.database.drift import Drift
from tests.database.drift_mysql import BESIDE_METADATA, DRIFTS, METADATA
from tests.database.missed import block, said, table, with_block
from tidegate.database.access import Access, connect
from tidegate.database.catalog import read
from tidegate.database.compare import compare
from tidegate.database.difference import Difference, Weight
from tidegate.engines import Server
from tidegate.model.database import Engine
from tidegate.model.schema import Schema

PAGE = Path(__file__).parents[2] / "docs" / "database.md"


def execute(access: Access, *statements: str) -> None:
    with connect(access) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def schema_of(access: Access) -> Schema:
    with connect(access) as connection:
        return read(connection, Engine.MYSQL)


def made(server: Server) -> Access:
    """MySQL has no templates: each database is made anew."""
    access = fresh_database(server)
    with connect(access) as connection:
        METADATA.create_all(connection)
    execute(access, *BESIDE_METADATA)
    return access


@pytest.fixture(scope="module")
def base(maria: Server) -> Access:
    return made(maria)


@pytest.fixture(scope="module")
def expected(base: Access) -> Schema:
    return schema_of(base)


@pytest.fixture(scope="module")
def equal(base: Access) -> frozenset[str]:
    """What Alembic says of a database in which nothing was planted."""
    return said(base, METADATA)


@pytest.fixture(scope="module")
def seen() -> dict[str, bool]:
    """What was planted, and whether Alembic saw it."""
    return {}


@pytest.fixture
def copy(maria: Server) -> Iterator[Access]:
    access = made(maria)
    yield access
    maria.drop_database(access.database)


def mend(access: Access, differences: tuple[Difference, ...]) -> None:
    """Apply remedies as far as they go: one may need what another one makes."""
    waiting = [statement for one in differences for statement in one.remedy]
    for _ in range(3):
        left = []
        for statement in waiting:
            try:
                execute(access, statement)
            except sa.exc.DBAPIError:
                left.append(statement)
        waiting = left


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.name)
def test_what_is_planted_is_found_and_mended(
    drift: Drift, expected: Schema, copy: Access, equal: frozenset[str], seen: dict[str, bool]
) -> None:
    execute(copy, *drift.sql.split(";"))
    seen[drift.name] = bool(said(copy, METADATA) - equal)
    differences = compare(expected, schema_of(copy))
    assert (drift.kind, drift.where) in {(one.kind, one.where) for one in differences}
    assert any(one.weight is not Weight.NOTED for one in differences)
    if drift.mended:
        mend(copy, differences)
        left = compare(expected, schema_of(copy))
        assert [one.line for one in left if one.weight is not Weight.NOTED] == []


def test_an_equal_schema_has_none(expected: Schema, copy: Access) -> None:
    assert compare(expected, schema_of(copy)) == ()


def test_the_page_says_what_compare_metadata_misses(seen: dict[str, bool]) -> None:
    assert seen.keys() == {drift.name for drift in DRIFTS}, "run the whole file: the tests above plant what this tells"
    written = table(DRIFTS, seen)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(with_block(PAGE.read_text(encoding="utf-8"), "drift: mysql", written), encoding="utf-8")
    assert block(PAGE.read_text(encoding="utf-8"), "drift: mysql") == written, "run it with WRITE_DOCS=1"
