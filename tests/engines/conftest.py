"""Every test has a folder, and the engines whose servers are on this computer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tidegate.engines import Server, available, mariadb, postgresql

Start = Callable[..., Server]
STARTS: dict[str, Start] = {"postgresql": postgresql, "mysql": mariadb}


@pytest.fixture(params=sorted(STARTS))
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine."""
    name = str(request.param)
    if reason := available(name):
        pytest.skip(reason)
    return name


@pytest.fixture
def start(engine: str) -> Start:
    """Starts a server of the engine in a folder."""
    return STARTS[engine]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "server"
