from pathlib import Path

import pytest

from tests.execute.shops import Shop
from tests.execute.waits import PIPELINE, TWO_ENDS, approved, carried


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
async def asking(tmp_path: Path) -> Shop:
    """Release `a` is live everywhere, and runs wait before prod."""
    shop = Shop(tmp_path, PIPELINE)
    shop.release("a")
    await approved(shop, await carried(shop, shop.workshop()))
    return shop


@pytest.fixture
def two_ends(tmp_path: Path) -> Shop:
    """Release `a`, which is live nowhere; runs wait before prod, and not before asia."""
    shop = Shop(tmp_path, TWO_ENDS)
    shop.release("a")
    return shop
