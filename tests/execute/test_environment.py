"""An environment under its lock: begun with a recorded way back, ended live on the release, or put back."""

from dataclasses import replace

import pytest

from tests.execute.shops import NOTHING, Shop, all_on
from tests.outage import unanswered
from tidegate.errors import Failure, Locked, NotFound
from tidegate.execute.deploy import deploy
from tidegate.execute.environment import hold, settle
from tidegate.execute.pointers import observe, pointers_of
from tidegate.execute.promote import promote
from tidegate.execute.put_back import Known, put_back, return_to
from tidegate.execute.site import deploy_site, promote_site, upload_site
from tidegate.execute.workshop import Workshop
from tidegate.model.pipeline import Strategy

WAY_BACK = {"functions": {"api": "1", "worker": "1"}, "app": ""}


async def show(shop: Workshop, environment: str = "dev") -> None:
    """Bring candidate and TEST to the run's release."""
    jobs = shop.plan.by_name()
    await hold(shop, environment)
    await deploy(shop, jobs[f"deploy-{environment}"])
    await upload_site(shop, jobs[f"deploy-{environment}-frontend"])
    await deploy_site(shop, jobs[f"deploy-{environment}-frontend"])


async def flip(shop: Workshop, environment: str = "dev") -> None:
    await promote(shop, shop.plan.by_name()[f"promote-{environment}"])
    await promote_site(shop, shop.plan.by_name()[f"promote-{environment}-frontend"])


async def carried(shop: Shop, letter: str) -> None:
    shop.release(letter)
    run = shop.workshop()
    await show(run)
    await flip(run)
    await settle(run, "dev")


async def test_the_intent_and_the_way_back_are_recorded_before_any_write(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await hold(run, "dev")
    view = shop.ledger.environment("dev")
    assert view.lock is not None
    assert view.intent is not None
    assert view.way_back is not None
    assert (view.lock.run, view.intent.run, view.intent.release) == (run.run, run.run, "r1")
    assert view.way_back.pointers == WAY_BACK
    assert shop.cloud.wire.writes == []


async def test_the_way_back_is_recorded_once_a_run(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await show(run)
    await flip(run)
    seq = shop.ledger.environment("dev").seq
    await hold(run, "dev")
    view = shop.ledger.environment("dev")
    assert view.seq == seq
    assert view.way_back is not None
    assert view.way_back.pointers == WAY_BACK


async def test_live_on_the_release_the_environment_is_let_go_of(shop: Shop) -> None:
    await carried(shop, "a")
    view = shop.ledger.environment("dev")
    assert (view.live, view.lock, view.intent) == ("r1", None, None)
    assert view.pointers["r1"] == {"functions": {"api": "2", "worker": "2"}, "app": f"sha256:{'a' * 64}"}
    assert await shop.live("dev") == all_on("a")
    assert await shop.live("prod") == NOTHING


async def test_what_is_not_served_is_not_recorded_as_live(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await show(run)
    with pytest.raises(Failure, match="promoted, but api-dev does not serve r1"):
        await settle(run, "dev")
    await promote(run, run.plan.by_name()["promote-dev"])
    with pytest.raises(Failure, match="promoted, but APP of dev does not serve r1"):
        await settle(run, "dev")
    view = shop.ledger.environment("dev")
    assert view.live == ""
    assert view.lock is not None


async def test_a_pinned_environment_is_refused(shop: Shop) -> None:
    shop.release("a")
    shop.ledger.pin("dev", "ann", "the fair")
    with pytest.raises(Locked) as raised:
        await hold(shop.workshop(), "dev")
    assert raised.value.what == "dev is pinned by ann: the fair"
    assert "tidegate unpin dev" in raised.value.what_next
    assert shop.ledger.environment("dev").lock is None


async def test_a_pin_stops_a_run_that_holds_the_environment(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await show(run)
    shop.ledger.pin("dev", "ann", "stop")
    with pytest.raises(Locked, match="pinned by ann"):
        await hold(run, "dev")


async def test_a_holder_that_lives_is_waited_for(shop: Shop) -> None:
    shop.release("a")
    first, second = shop.workshop(), shop.workshop()
    await hold(first, "dev")
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            await put_back(first, "dev", "it failed")

    await hold(replace(second, pause=pause), "dev")
    lock = shop.ledger.environment("dev").lock
    assert lock is not None
    assert (lock.run, len(waits)) == (second.run, 3)
    assert [note.text for note in shop.ledger.run(second.run).notes] == ["waits for dev"]


async def test_an_environment_that_is_pinned_while_a_run_waits_is_refused(shop: Shop) -> None:
    shop.release("a")
    first, second = shop.workshop(), shop.workshop()
    await hold(first, "dev")

    async def pause(_: float) -> None:
        shop.ledger.pin("dev", "ann", "rolled back")
        await put_back(first, "dev", "it failed")

    with pytest.raises(Locked, match="pinned by ann"):
        await hold(replace(second, pause=pause), "dev")
    assert shop.ledger.environment("dev").intent is None


async def test_a_dead_holder_must_be_resumed_first(shop: Shop) -> None:
    shop.release("a")
    first, second = shop.workshop(), shop.workshop()
    await hold(first, "dev")
    shop.living.discard(first.run)
    with pytest.raises(Locked) as raised:
        await hold(second, "dev")
    assert raised.value.what == f"run {first.run} holds dev and its process is gone"
    assert f"`tidegate resume {first.run}`" in raised.value.what_next
    lock = shop.ledger.environment("dev").lock
    assert lock is not None
    assert lock.run == first.run


async def test_put_back_returns_only_what_moved(shop: Shop) -> None:
    await carried(shop, "a")
    shop.release("b")
    run = shop.workshop()
    await show(run)
    await promote(run, run.plan.by_name()["promote-dev"])
    before = len(shop.cloud.wire.writes)
    undone = await put_back(run, "dev", "it failed")
    assert sorted(undone) == ["api-dev: live → 2", "worker-dev: live → 2"]
    assert sorted(shop.cloud.wire.writes[before:]) == [
        "functions.point api-dev live",
        "functions.point worker-dev live",
    ]
    assert await shop.live("dev") == all_on("a")
    view = shop.ledger.environment("dev")
    assert (view.live, view.lock, view.intent) == ("r1", None, None)
    assert view.history[-1].kind == "put-back"
    assert view.history[-1].reason == "it failed"


async def test_put_back_before_any_promotion_writes_nothing(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await show(run)
    before = list(shop.cloud.wire.writes)
    assert await put_back(run, "dev", "it failed") == []
    assert shop.cloud.wire.writes == before
    assert shop.ledger.environment("dev").lock is None


async def test_put_back_of_a_first_deployment_is_to_the_placeholder(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await show(run)
    await flip(run)
    assert len(await put_back(run, "dev", "it failed")) == 3
    assert await shop.live("dev") == NOTHING


async def test_put_back_that_breaks_off_keeps_the_environment_and_the_way_back(shop: Shop) -> None:
    await carried(shop, "a")
    shop.release("b")
    run = shop.workshop()
    await show(run)
    await flip(run)
    unanswered(shop.cloud.wire, "functions.point worker-dev live")
    with pytest.raises(Failure):
        await put_back(run, "dev", "it failed")
    view = shop.ledger.environment("dev")
    assert view.lock is not None
    assert view.way_back is not None
    await put_back(run, "dev", "it failed")
    assert await shop.live("dev") == all_on("a")


async def test_a_share_of_requests_goes_back_too(shop: Shop) -> None:
    await carried(shop, "a")
    run = shop.workshop(holding="dev")
    shop.cloud.functions.move("api-dev", "live", "2", {"1": 0.5})
    pointers = {"functions": {"api": "2", "worker": "2"}, "app": f"sha256:{'a' * 64}"}
    returned = await return_to(run, "dev", pointers, "back", Known(pointers, run.release()))
    assert (returned.moved, returned.strangers) == (("api-dev: live → 2",), ())
    assert (await observe(run, "dev")).functions["api"].aliases["live"].weights == {}


async def test_an_alias_that_was_deleted_meanwhile_is_told(shop: Shop) -> None:
    shop.cloud.functions.create("api-dev", "sha256:x", aliases=("candidate",))
    shop.release("a")
    run = shop.workshop(holding="dev")
    with pytest.raises(NotFound, match="alias live does not exist"):
        await return_to(run, "dev", WAY_BACK, "back", Known(WAY_BACK, run.release()))


async def test_the_bucket_of_both_distributions_is_put_back_though_app_never_moved(shop: Shop) -> None:
    assert shop.pipeline.site
    shop = Shop(shop.folder, replace(shop.pipeline, site=replace(shop.pipeline.site, strategy=Strategy.INVALIDATION)))
    await carried(shop, "a")
    shop.release("b")
    run = shop.workshop()
    await show(run)
    assert (await shop.live("dev"))["site"] == "b"
    assert await put_back(run, "dev", "it failed") == [f"APP → sha256:{'a' * 12}"]
    assert await shop.live("dev") == all_on("a")


async def test_functions_that_an_environment_lacks_have_no_way_back(shop: Shop) -> None:
    shop.release("a")
    assert pointers_of(await observe(shop.workshop(), "dev")) == WAY_BACK
