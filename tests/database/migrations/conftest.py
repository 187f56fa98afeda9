from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.database.migrations.product import Product
from tidegate.database.access import Access
from tidegate.engines import Server, available, mariadb, postgresql
from tidegate.model.database import Engine

_STARTS = {Engine.POSTGRESQL: postgresql, Engine.MYSQL: mariadb}
_NUMBERS = count(1)


@pytest.fixture(scope="session", params=list(Engine))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    engine: Engine = request.param
    if reason := available(engine.value):
        pytest.skip(reason)
    with _STARTS[engine](tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def access(server: Server) -> Access:
    """An empty database."""
    name = f"app{next(_NUMBERS)}"
    server.create_database(name)
    admin = server.admin
    return Access(Engine(server.engine), server.host, server.port, name, admin.user, admin.password)


@pytest.fixture
def postgresql_only(server: Server) -> None:
    if server.engine != "postgresql":
        pytest.skip("of PostgreSQL alone")


@pytest.fixture
def product(tmp_path: Path, access: Access) -> Product:
    return Product(tmp_path, access.engine)
