"""Everything that may differ is planted in a real PostgreSQL, found, and mended by what the difference says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.database.conftest import access_to
from tests.database.drift import Drift
from tests.database.drift_postgresql import BESIDE_METADATA, DRIFTS, METADATA, SEEDED
from tests.database.missed import block, said, table, with_block
from tidegate.database.access import Access, connect
from tidegate.database.catalog import read
from tidegate.database.compare import compare
from tidegate.database.difference import Difference, Weight
from tidegate.engines import Server
from tidegate.model.database import Engine
from tidegate.model.schema import Schema

BASE = "drift_base"
PAGE = Path(__file__).parents[2] / "docs" / "database.md"


def execute(access: Access, *statements: str) -> None:
    """Each statement for itself, as `CREATE INDEX CONCURRENTLY` needs it."""
    with connect(access).execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def schema_of(access: Access) -> Schema:
    with connect(access) as connection:
        return read(connection, Engine.POSTGRESQL)


@pytest.fixture(scope="module")
def base(postgres: Server) -> Access:
    postgres.create_database(BASE)
    access = access_to(postgres, BASE)
    with connect(access) as connection:
        METADATA.create_all(connection)
        connection.exec_driver_sql(BESIDE_METADATA)
        connection.exec_driver_sql(SEEDED)
        connection.commit()
    return access


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
def copy(postgres: Server, base: Access) -> Iterator[Access]:
    postgres.execute(f"CREATE DATABASE drift_copy TEMPLATE {BASE};")
    yield base.at("drift_copy")
    postgres.drop_database("drift_copy")


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
    execute(copy, drift.sql)
    seen[drift.name] = bool(said(copy, METADATA) - equal)
    differences = compare(expected, schema_of(copy))
    assert (drift.kind, drift.where) in {(one.kind, one.where) for one in differences}
    assert any(one.weight is not Weight.NOTED for one in differences)
    for one in differences:
        assert one.line
    if drift.mended:
        mend(copy, differences)
        left = compare(expected, schema_of(copy))
        assert [one.line for one in left if one.weight is not Weight.NOTED] == []


def test_an_equal_schema_has_none(expected: Schema, copy: Access) -> None:
    assert compare(expected, schema_of(copy)) == ()


def test_enough_is_planted() -> None:
    assert len({drift.name for drift in DRIFTS}) == len(DRIFTS)
    assert len({drift.kind for drift in DRIFTS}) >= 20


def test_the_page_says_what_compare_metadata_misses(seen: dict[str, bool]) -> None:
    assert seen.keys() == {drift.name for drift in DRIFTS}, "run the whole file: the tests above plant what this tells"
    written = table(DRIFTS, seen)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(with_block(PAGE.read_text(encoding="utf-8"), "drift: postgresql", written), encoding="utf-8")
    assert block(PAGE.read_text(encoding="utf-8"), "drift: postgresql") == written, "run it with WRITE_DOCS=1"
