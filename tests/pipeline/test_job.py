"""Jobs in processes of their own, on the embedded cloud with the small product."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.product import Product, product_on_stage
from tests.pipeline.runners import Runners
from tests.soak.shop import Edition, Flaw, write_shop
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("shop")
    with product_on_stage(folder, shared_cache, example=write_shop(folder / "product")) as one:
        yield one


def change(product: Product, number: int, flaw: Flaw = Flaw.NONE) -> str:
    for path, text in Edition(number, number, flaw).files().items():
        product.write(path, text)
    return product.commit(f"Edition {number}")


def test_a_release_goes_through_every_environment_a_process_a_job(shop: Product, tmp_path: Path) -> None:
    runners = Runners(shop, tmp_path, 11)
    done = runners.all()
    assert {name: one.log for name, one in done.items() if one.code} == {}
    run = shop.run(runners.run)
    assert (run.phase, run.origin) == (Phase.SUCCEEDED, "github:acme/shop:11")
    assert shop.live() == {"dev": "r1", "prod": "r1"}
