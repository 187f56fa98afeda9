"""The order of the suite: what takes minutes begins first, so that no process is left with it at the end."""

from pathlib import Path

import pytest

LONG = ("pipeline", "soak", "simulation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in LONG)
