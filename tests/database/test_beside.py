"""Databases beside an environment's own."""

import contextlib

import pytest

from tests.database.conftest import fresh_database
from tidegate.database import beside
from tidegate.database.access import Access, connect
from tidegate.engines import Server
from tidegate.errors import DatabaseError


@pytest.fixture(params=["postgres", "maria"])
def access(request: pytest.FixtureRequest) -> Access:
    server: Server = request.getfixturevalue(request.param)
    return fresh_database(server)


def test_made_found_and_dropped_though_somebody_is_connected(access: Access) -> None:
    assert beside.beside(access, "scratch_of_") == ()
    beside.create(access, "scratch_of_1")
    beside.create(access, "scratch_of_2")
    assert beside.beside(access, "scratch_of_") == ("scratch_of_1", "scratch_of_2")
    assert access.database in beside.beside(access, "")
    with contextlib.closing(connect(access.at("scratch_of_1"))) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        beside.drop(access, "scratch_of_1")
        connection.invalidate()
    beside.drop(access, "scratch_of_1")
    beside.drop(access, "scratch_of_2")
    assert beside.beside(access, "scratch_of_") == ()


def test_what_the_server_refuses_is_told_without_the_password(access: Access) -> None:
    beside.create(access, "scratch_twice")
    try:
        with pytest.raises(DatabaseError, match="scratch_twice") as refused:
            beside.create(access, "scratch_twice")
    finally:
        beside.drop(access, "scratch_twice")
    assert access.password not in f"{refused.value} {refused.value.what_next}"
