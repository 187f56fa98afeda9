"""Real servers, started once, and databases of their own for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tidegate.database.access import Access
from tidegate.engines import Server, available, mariadb, postgresql
from tidegate.model.database import Engine

_NUMBERS = count(1)


def access_to(server: Server, database: str) -> Access:
    """As the administrator of a server of ours."""
    engine = Engine(server.engine)
    return Access(engine, server.host, server.port, database, server.admin.user, server.admin.password)


def fresh_database(server: Server) -> Access:
    """A database that nobody else has."""
    name = f"test_{next(_NUMBERS)}"
    server.create_database(name)
    return access_to(server, name)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server; the suite's packages bring one along."""
    assert available("postgresql") == ""
    with postgresql(_folder(tmp_path_factory)) as server:
        yield server


@pytest.fixture(scope="session")
def maria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A MariaDB server, where Debian's is installed."""
    if reason := available("mysql"):
        pytest.skip(reason)
    with mariadb(_folder(tmp_path_factory)) as server:
        yield server


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("engine") / "server"
