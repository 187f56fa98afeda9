"""A person puts an earlier release back: one pointer write a target, and a pin."""

from dataclasses import replace

import pytest

from tests.execute.shops import PIPELINE as WHOLE
from tests.execute.shops import Shop, all_on, digest
from tests.execute.walks import NEVER, MortalStore, dies_behind, killed, phases, walked
from tests.outage import unanswered
from tidegate.errors import LedgerError, Locked
from tidegate.execute.environment import hold
from tidegate.execute.rollback import roll_back
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport

PIPELINE = replace(WHOLE, browser=None)


async def rolled_back(run: Workshop) -> JobReport:
    return await roll_back(run, run.plan.jobs[0])


@pytest.fixture
async def two_live(shop: Shop) -> Shop:
    for letter in "ab":
        shop.release(letter)
        await walked(shop.workshop())
    return shop


async def test_one_write_a_target_and_a_pin(two_live: Shop) -> None:
    before = len(two_live.cloud.wire.writes)
    report = await rolled_back(two_live.rolling_back("r1"))
    assert report.detail == "3 pointers moved"
    # What the smoke tests of the way back put below candidate/ is no target's.
    assert sorted(write for write in two_live.cloud.wire.writes[before:] if "candidate/" not in write) == [
        "edges.point kvs/APP-prod",
        "functions.point api-prod live",
        "functions.point worker-prod live",
    ]
    assert await two_live.live("prod") == all_on("a")
    assert await two_live.live("dev") == all_on("b")
    view = two_live.ledger.environment("prod")
    assert (view.live, view.lock) == ("r1", None)
    assert view.pinned is not None
    assert view.pinned.reason == "it was slow"


async def test_no_run_undoes_it(two_live: Shop) -> None:
    await rolled_back(two_live.rolling_back("r1"))
    two_live.release("c")
    reports, _ = await walked(two_live.workshop())
    assert reports["deploy-prod"].failure["what"].startswith("prod is pinned by ")
    assert await two_live.live("prod") == all_on("a")
    assert await two_live.live("dev") == all_on("c")


async def test_forward_again_on_purpose(two_live: Shop) -> None:
    await rolled_back(two_live.rolling_back("r1"))
    await rolled_back(two_live.rolling_back("r2"))
    assert await two_live.live("prod") == all_on("b")


async def test_a_release_that_never_was_live_is_refused(two_live: Shop) -> None:
    two_live.release("c")
    before = list(two_live.cloud.wire.writes)
    with pytest.raises(LedgerError, match="r3 was never live in prod"):
        await rolled_back(two_live.rolling_back("r3"))
    assert two_live.cloud.wire.writes == before


async def test_an_environment_that_a_run_holds_is_refused(two_live: Shop) -> None:
    two_live.proved(two_live.release("c"))
    run = two_live.workshop()
    await hold(run, "prod")
    with pytest.raises(Locked, match=f"prod is held by run {run.run}"):
        await rolled_back(two_live.rolling_back("r1"))
    assert await two_live.live("prod") == all_on("b")


async def test_a_holder_that_is_gone_must_be_resumed_first(two_live: Shop) -> None:
    two_live.proved(two_live.release("c"))
    run = two_live.workshop()
    await hold(run, "prod")
    two_live.living.discard(run.run)
    with pytest.raises(Locked, match="its process is gone") as raised:
        await rolled_back(two_live.rolling_back("r1"))
    assert f"`tidegate resume {run.run}`" in raised.value.what_next


async def test_a_rollback_that_fails_half_way_is_put_back(two_live: Shop) -> None:
    unanswered(two_live.cloud.wire, "functions.point worker-prod live")
    reports, undone = await walked(two_live.rolling_back("r1"))
    assert reports["rollback-prod"].failure
    assert sorted(undone) == ["APP → sha256:bbbbbbbbbbbb", "api-prod: live → 3"]
    assert await two_live.live("prod") == all_on("b")
    view = two_live.ledger.environment("prod")
    assert (view.live, view.lock, view.intent) == ("r2", None, None)
    assert view.pinned is not None  # a person wanted automation to stop here
    await rolled_back(two_live.rolling_back("r1"))
    assert await two_live.live("prod") == all_on("a")


async def test_a_rollback_that_is_killed_is_taken_up(shop: Shop) -> None:
    moment, again = 0, True
    while again:
        moment += 1
        product = Shop(shop.folder / str(moment), PIPELINE)
        product.store = MortalStore(product)
        product.ledger = Ledger(product.store, lambda: 0.0)
        for letter in "ab":
            product.proved(product.release(letter))
            await walked(product.workshop(product.plan(only=("prod",))))
        run = product.rolling_back("r1")
        again = await killed(run, product, moment)
        product.ledger = Ledger(product.store, lambda: 0.0)
        reports, _ = await walked(replace(run, ledger=product.ledger))
        view = product.ledger.environment("prod")
        assert reports["rollback-prod"].phase.lets_pass, moment
        assert await product.live("prod") == all_on("a"), moment
        assert (view.live, view.lock, view.intent) == ("r1", None, None), moment
        assert view.pinned is not None, moment
    assert moment > 15


async def test_no_run_undoes_one_that_was_killed_and_whose_lock_was_broken(two_live: Shop) -> None:
    run = two_live.rolling_back("r1")
    dies_behind(two_live.cloud.wire, "functions.point api-prod live")
    assert await killed(run, two_live, NEVER)
    two_live.living.discard(run.run)
    two_live.ledger.break_lock("prod", "ann", "its machine is gone")
    standing = await two_live.live("prod")
    assert standing == {"api": "a", "worker": "b", "site": "b"}
    two_live.release("c")
    reports, _ = await walked(two_live.workshop())
    assert "is pinned by" in reports["deploy-prod"].failure["what"]
    assert await two_live.live("prod") == standing


async def test_what_a_run_left_half_way_goes_back_before_a_rollback_begins(two_live: Shop) -> None:
    wire = two_live.cloud.wire
    two_live.release("c")
    run = two_live.workshop()
    dies_behind(wire, "functions.point api-dev live")
    assert await killed(run, two_live, NEVER)
    assert (await two_live.live("dev")) == {"api": "c", "worker": "b", "site": "b"}
    two_live.living.discard(run.run)
    two_live.ledger.break_lock("dev", "ann", "its machine is gone")
    # The last write of the take-over's fence: what comes behind it is the rollback's.
    wire.behind("functions.point worker-dev candidate", lambda: unanswered(wire, "functions.point api-dev live"))
    reports, _ = await walked(two_live.rolling_back("r1", "dev"))
    assert phases(reports) == {"rollback-dev": "failed"}
    assert await two_live.live("dev") == all_on("b")
    view = two_live.ledger.environment("dev")
    assert (view.live, view.lock, view.intent) == ("r2", None, None)


async def test_a_rollback_taken_up_whose_way_is_gone_is_put_back(two_live: Shop) -> None:
    wire = two_live.cloud.wire
    run = two_live.rolling_back("r1", "dev")
    dies_behind(wire, "functions.point api-dev live")
    assert await killed(run, two_live, NEVER)
    assert (await two_live.live("dev")) == {"api": "a", "worker": "b", "site": "b"}
    two_live.cloud.images.delete(digest("a"))
    reports, undone = await walked(run)
    assert phases(reports) == {"rollback-dev": "failed"}
    assert undone == ["api-dev: live → 3"]
    assert await two_live.live("dev") == all_on("b")
    view = two_live.ledger.environment("dev")
    assert (view.live, view.lock, view.intent) == ("r2", None, None)
