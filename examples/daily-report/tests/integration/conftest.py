"""What these tests need is named by variables; without it they fail."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest

from aurora.database import CANDIDATE_SCHEMA, Aurora, Settings
from aurora.reference import ReadSecret, secret

Reach = Callable[..., Aurora]
"""From settings, and how secrets are read, to a database whose connection ends with the test."""


@pytest.fixture
def settings() -> Settings:
    """The database of the AURORA_ variables, in the schema that nothing live reads."""
    return Settings.of(os.environ, CANDIDATE_SCHEMA)


@pytest.fixture
def reach() -> Iterator[Reach]:
    reached: list[Aurora] = []

    def one(settings: Settings, read: ReadSecret = secret) -> Aurora:
        reached.append(Aurora(settings, read))
        return reached[-1]

    yield one
    for database in reached:
        database.close()


@pytest.fixture
def database(settings: Settings, reach: Reach) -> Aurora:
    return reach(settings)


@pytest.fixture
def mark(database: Aurora) -> Iterator[str]:
    """A name of this test alone, for funds and builds; what was stored under it is gone afterwards."""
    name = f"IT-{uuid.uuid4().hex[:12].upper()}"
    yield name

    def remove(connection):
        connection.execute("DELETE FROM fund_prices WHERE fund = %s", (name,))
        connection.execute("DELETE FROM funds WHERE fund = %s", (name,))
        connection.execute("DELETE FROM reports WHERE build = %s", (name,))

    database.run(remove)
