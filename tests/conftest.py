"""The order of the suite: what takes minutes begins first. No example of a property has a deadline."""

from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("tidegate", deadline=None)
settings.load_profile("tidegate")

LONG = ("pipeline", "soak", "simulation", "database", "workflows")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in LONG)
