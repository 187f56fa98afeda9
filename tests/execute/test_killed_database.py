"""A run with a migration is killed at every moment there is, and taken up again or put back: nothing of it is left."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.databases import DATABASE, DatabaseShop
from tests.execute.shops import all_on
from tests.execute.walks import MortalStore, killed, phases, walked
from tidegate.execute.performer import put_back_all
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger


async def begun(folder: Path, *, defers: bool = False) -> tuple[DatabaseShop, Workshop]:
    """Code `a` with migration 1a is live; a run of code `b` with two more migrations is about to be walked."""
    shop = DatabaseShop(folder, replace(DATABASE, environments={"dev": DATABASE.environments["dev"]}))
    shop.store = MortalStore(shop)
    shop.ledger = Ledger(shop.store, lambda: shop.cloud.wire.now, defers=defers)
    shop.release("a")
    await walked(shop.pushing("a", "1a"))
    shop.release("b")
    return shop, shop.pushing("b", "1a", "2b", "3b")


def taken_up(shop: DatabaseShop, run: Workshop, *, defers: bool = False) -> Workshop:
    """The same run in another process: what was in memory is gone."""
    shop.ledger = Ledger(shop.store, lambda: shop.cloud.wire.now, defers=defers)
    return replace(run, ledger=shop.ledger, guards={})


def nothing_left(shop: DatabaseShop, moment: int, versions: list[str]) -> None:
    assert shop.server("dev").scratch == {}, moment
    assert shop.cloud.functions.variables_of("api-dev")["AURORA_DATABASE"] == "funds_dev", moment
    assert [one for one in shop.cloud.functions.versions("worker-dev") if one not in versions] == []
    assert [one for one in shop.cloud.functions.described("api-dev").values() if "rehearsal" in one] == [], moment


@pytest.mark.parametrize(("defers", "stride"), [(False, 1), (True, 5)])
async def test_a_run_that_is_killed_ends_on_one_release_and_one_schema(
    tmp_path: Path, stride: int, *, defers: bool
) -> None:
    moment = 0
    while True:
        moment += stride
        shop, run = await begun(tmp_path / str(moment), defers=defers)
        if not await killed(run, shop, moment):
            break
        reports, undone = await walked(taken_up(shop, run, defers=defers))
        assert set(phases(reports).values()) == {"succeeded", "satisfied"}, moment
        assert undone == [], moment
        assert shop.server("dev").applied == ["1a", "2b", "3b"], moment
        assert await shop.live("dev") == all_on("b"), moment
        view = shop.ledger.environment("dev")
        assert (view.live, view.lock, view.intent) == ("r4", None, None), moment
        assert view.schema
        assert view.schema.expand == "3b", moment
        nothing_left(shop, moment, ["1", "2", "3"])
    assert moment > 80


async def test_what_a_killed_rehearsal_left_is_removed_when_the_run_is_put_back(tmp_path: Path) -> None:
    moment = 0
    while True:
        moment += 1
        shop, run = await begun(tmp_path / str(moment))
        if not await killed(run, shop, moment):
            break
        applied = list(shop.server("dev").applied)
        again = taken_up(shop, run)
        await put_back_all(again)
        assert shop.server("dev").applied == applied, moment
        nothing_left(shop, moment, ["1", "2", "3"])
        assert shop.ledger.environment("dev").intent is None, moment
    assert moment > 80


async def test_a_candidate_never_has_the_database_of_a_rehearsal(tmp_path: Path) -> None:
    """Whoever left it there: what is published next has its own."""
    shop, _ = await begun(tmp_path)
    shop.cloud.functions.set("api-dev", {"AURORA_DATABASE": "tidegate_rehearsal_99"})
    reports, _ = await walked(shop.pushing("c", "1a"))
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert shop.cloud.functions.variables_of("api-dev")["AURORA_DATABASE"] == "funds_dev"
