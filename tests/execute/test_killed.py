"""A run is killed at every moment there is, and taken up again: it ends on one release, and nothing happens twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import PIPELINE, Shop, all_on
from tests.execute.walks import MortalStore, killed, phases, walked
from tests.outage import unanswered
from tidegate.cloud.ports import Answer
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.pipeline import Order, Strategy
from tidegate.model.snapshot import Version

KINDS = [
    (Order.TOGETHER, Strategy.POINTER, False, 1),
    (Order.TOGETHER, Strategy.POINTER, True, 1),
    (Order.TOGETHER, Strategy.INVALIDATION, False, 7),
    (Order.BACKEND_FIRST, Strategy.POINTER, False, 7),
    (Order.BACKEND_FIRST, Strategy.INVALIDATION, True, 7),
]
"""Order, strategy, whether the ledger defers, as one in a bucket does, and every how many moments a run is killed: each
moment of the default, a sample of the others."""


def product(folder: Path, order: Order, strategy: Strategy, *, defers: bool) -> Shop:
    """The product without its browser tests, whose store is mortal."""
    assert PIPELINE.site
    shop = Shop(folder, replace(PIPELINE, order=order, browser=None, site=replace(PIPELINE.site, strategy=strategy)))
    shop.store = MortalStore(shop)
    shop.ledger = Ledger(shop.store, lambda: shop.cloud.wire.now, defers=defers)
    return shop


def taken_up(shop: Shop, run: Workshop, *, defers: bool) -> Workshop:
    """The same run in another process: what was in memory is gone."""
    shop.ledger = Ledger(shop.store, lambda: shop.cloud.wire.now, defers=defers)
    return replace(run, ledger=shop.ledger, guards={})


async def begun(folder: Path, order: Order, strategy: Strategy, *, defers: bool) -> tuple[Shop, Workshop]:
    """Release `a` is live everywhere; a run of release `b` is about to be walked."""
    shop = product(folder, order, strategy, defers=defers)
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    return shop, shop.workshop()


@pytest.mark.parametrize(("order", "strategy", "defers", "stride"), KINDS)
async def test_a_run_that_is_killed_ends_on_one_release_when_it_is_taken_up(
    tmp_path: Path, order: Order, strategy: Strategy, defers: bool, stride: int
) -> None:
    moment = 0
    while True:
        moment += stride
        shop, run = await begun(tmp_path / str(moment), order, strategy, defers=defers)
        if not await killed(run, shop, moment):
            break
        for environment in ("dev", "prod"):
            assert set((await shop.live(environment)).values()) <= {"a", "b"}, moment
        reports, undone = await walked(taken_up(shop, run, defers=defers))
        assert set(phases(reports).values()) == {"succeeded", "satisfied"}, moment
        assert undone == [], moment
        for environment in ("dev", "prod"):
            assert await shop.live(environment) == all_on("b"), moment
            view = shop.ledger.environment(environment)
            assert (view.live, view.lock, view.intent) == ("r2", None, None), moment
            for name in ("api", "worker"):
                assert shop.cloud.functions.versions(f"{name}-{environment}") == ["1", "2", "3"], moment
        assert [release.id for release in shop.ledger.releases()] == ["r2", "r1"], moment
    assert moment > 100


@pytest.mark.parametrize(("order", "strategy", "defers", "stride"), KINDS)
async def test_a_run_that_is_killed_and_then_fails_puts_everything_back(
    tmp_path: Path, order: Order, strategy: Strategy, defers: bool, stride: int
) -> None:
    def unhealthy(name: str, version: Version, payload: object) -> Answer:
        return Answer({"statusCode": 500, "body": ""})

    moment = 0
    while True:
        moment += stride + 2
        shop, run = await begun(tmp_path / str(moment), order, strategy, defers=defers)
        if not await killed(run, shop, moment):
            break
        shop.cloud.functions.handler = unhealthy
        reports, _ = await walked(taken_up(shop, run, defers=defers))
        for environment in ("dev", "prod"):
            view = shop.ledger.environment(environment)
            assert await shop.live(environment) == all_on("b" if view.live == "r2" else "a"), moment
            assert (view.lock, view.intent) == (None, None), moment
        if any(report.phase is Phase.FAILED for report in reports.values()):
            assert shop.ledger.environment("prod").live == "r1", moment
    assert moment > 100


@pytest.mark.parametrize("defers", [False, True])
@pytest.mark.parametrize("strategy", Strategy)
async def test_putting_back_that_is_killed_is_taken_up(tmp_path: Path, strategy: Strategy, defers: bool) -> None:
    moment = 0
    while True:
        moment += 5
        shop, run = await begun(tmp_path / str(moment), Order.TOGETHER, strategy, defers=defers)
        call = "edges.point kvs/APP-dev" if strategy is Strategy.POINTER else "edges.invalidate APP-dev"
        unanswered(shop.cloud.wire, call)
        if not await killed(run, shop, moment):
            break
        await walked(taken_up(shop, run, defers=defers))
        for environment in ("dev", "prod"):
            view = shop.ledger.environment(environment)
            assert await shop.live(environment) == all_on("b" if view.live == "r2" else "a"), moment
            assert (view.lock, view.intent) == (None, None), moment
    assert moment > 100
