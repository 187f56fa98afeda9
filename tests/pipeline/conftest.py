from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.product import ROOT, Product, product_on_stage


@pytest.fixture(scope="session")
def shared_cache() -> Path:
    """npm packages, Python environments and layers: kept between runs of the suite, as on a developer's machine."""
    return ROOT / ".tidegate" / "test-cache"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    """The example product on a stage that the tests of a module share, in their order."""
    with product_on_stage(tmp_path_factory.mktemp("stage"), shared_cache) as one:
        yield one
