from pathlib import Path

import pytest

from tests.pipeline.product import ROOT


@pytest.fixture(scope="session")
def shared_cache() -> Path:
    """npm packages, Python environments and layers: kept between runs of the suite, as on a developer's machine."""
    return ROOT / ".tidegate" / "test-cache"
