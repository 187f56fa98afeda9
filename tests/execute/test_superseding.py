"""A newer run passes older ones that only wait, never one that has begun; and none goes backwards by itself."""

import asyncio
from pathlib import Path

import pytest

from tests.execute.shops import Shop, all_on, answer
from tests.execute.waits import carried
from tests.execute.walks import walked
from tidegate.cloud.ports import Answer
from tidegate.errors import ConfigError, Superseded
from tidegate.execute.environment import hold
from tidegate.execute.lock import take
from tidegate.execute.put_back import put_back
from tidegate.execute.superseding import reach
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Phase
from tidegate.model.snapshot import Version


def newer(shop: Shop, letter: str) -> Workshop:
    """A run that carries a new release."""
    shop.release(letter)
    return shop.workshop()


def assert_superseded(shop: Shop, run: Workshop, by: Workshop) -> None:
    view = shop.ledger.run(run.run)
    assert (view.phase, view.reason) == (Phase.CANCELLED, f"superseded by run {by.run} in prod")
    assert view.superseded_by == by.run
    assert run.run not in {waiter.run for waiter in shop.ledger.environment("prod").queue}
    assert not {Phase.RUNNING, Phase.WAITING} & {job.phase for job in view.jobs.values()}


async def queued(shop: Shop, run: Workshop) -> "asyncio.Task[Workshop]":
    """A run that waits in line for prod, which it need not ask for."""
    shop.ledger.ask_approval(run.run, "prod")
    shop.ledger.decide_approval(run.run, "prod", "ann", "go", approved=True)
    walking = asyncio.create_task(carried(shop, run))
    while not any(waiter.run == run.run and waiter.lease_until for waiter in shop.ledger.environment("prod").queue):
        await asyncio.sleep(0)
    return walking


async def test_one_that_waits_in_line_gives_way_to_a_newer_one(asking: Shop) -> None:
    holder = asking.workshop()
    await hold(holder, "prod")
    older = newer(asking, "b")
    walking = await queued(asking, older)
    newest = newer(asking, "c")
    asking.proved(newest.release())
    taking = asyncio.create_task(hold(newest, "prod"))
    await walking
    assert_superseded(asking, older, newest)
    jobs = asking.ledger.run(older.run).jobs
    assert (jobs["deploy-prod"].phase, jobs["promote-prod"].phase) == (Phase.CANCELLED, Phase.BLOCKED)
    assert await asking.live("dev") == all_on("b"), "what it brought elsewhere stays"
    lock = asking.ledger.environment("prod").lock
    assert lock
    assert lock.run == holder.run, "the one that has begun is left alone"
    await put_back(holder, "prod", "it failed")
    await taking
    lock = asking.ledger.environment("prod").lock
    assert lock
    assert lock.run == newest.run


async def test_one_that_waits_for_an_approval_gives_way_and_is_not_approved_late(asking: Shop) -> None:
    older = await carried(asking, newer(asking, "b"))
    newest = await carried(asking, newer(asking, "c"))
    assert_superseded(asking, older, newest)
    assert asking.ledger.run(newest.run).phase is Phase.WAITING
    assert f"superseded run {older.run}, which waited for prod" in [
        note.text for note in asking.ledger.run(newest.run).notes
    ]
    with pytest.raises(ConfigError, match=f"run {older.run} cancelled: superseded by run {newest.run} in prod"):
        asking.ledger.decide_approval(older.run, "prod", "ann", "late", approved=True)
    await carried(asking, older)
    assert_superseded(asking, older, newest)
    assert await asking.live("prod") == all_on("a")


async def test_one_that_was_approved_and_is_not_taken_up_yet_gives_way_too(asking: Shop) -> None:
    older = await carried(asking, newer(asking, "b"))
    asking.ledger.decide_approval(older.run, "prod", "ann", "go", approved=True)
    newest = await carried(asking, newer(asking, "c"))
    await carried(asking, older)
    assert_superseded(asking, older, newest)
    assert await asking.live("prod") == all_on("a")


async def test_one_whose_process_still_walks_ends_with_its_walk(two_ends: Shop) -> None:
    older, newest = two_ends.workshop(), two_ends.workshop()

    def meanwhile(name: str, version: Version, payload: object) -> Answer:
        if name.endswith("-asia") and two_ends.ledger.run(older.run).undecided:
            reach(newest, "prod")
        return answer(name, version, payload)

    two_ends.cloud.functions.handler = meanwhile
    await carried(two_ends, older)
    assert_superseded(two_ends, older, newest)
    assert await two_ends.live("asia") == all_on("a"), "its other branch is not disturbed"


async def test_whoever_is_killed_between_superseding_and_saying_so_says_so_later(asking: Shop) -> None:
    older = await carried(asking, newer(asking, "b"))
    newest = newer(asking, "c")
    assert asking.ledger.supersede_older("prod", newest.run) == (older.run,)
    assert asking.ledger.run(older.run).phase is Phase.WAITING
    await carried(asking, newest)
    assert_superseded(asking, older, newest)


async def test_a_run_that_has_begun_is_never_superseded(asking: Shop) -> None:
    older = newer(asking, "b")
    asking.proved(older.release())
    await hold(older, "prod")
    reach(newer(asking, "c"), "prod")
    view = asking.ledger.environment("prod")
    assert view.lock
    assert (view.lock.run, dict(view.superseded)) == (older.run, {})


async def test_no_run_goes_backwards_by_itself(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    await walked(shop.workshop(shop.plan(only=("dev",))))
    older = shop.workshop(shop.plan(only=("prod",)))
    newest = newer(shop, "c")
    await walked(newest)
    before = list(shop.cloud.wire.writes)
    await carried(shop, older)
    view = shop.ledger.run(older.run)
    made = shop.ledger.releases(1)[0].run
    assert (view.phase, view.reason) == (Phase.CANCELLED, f"superseded by run {made} in prod")
    # What is uploaded ahead of its turn is under a prefix of its own, that no pointer names.
    assert [write for write in shop.cloud.wire.writes[len(before) :] if not write.startswith("buckets.")] == []
    assert await shop.live("prod") == all_on("c")
    assert shop.ledger.environment("prod").lock is None


async def test_the_same_content_is_not_backwards(shop: Shop) -> None:
    shop.release("a")
    await walked(shop.workshop(shop.plan(only=("dev",))))
    older = shop.workshop(shop.plan(only=("prod",)))
    await walked(newer(shop, "a"))
    assert shop.ledger.environment("prod").live == "r2"
    await carried(shop, older)
    assert shop.ledger.run(older.run).phase is Phase.SUCCEEDED


async def test_a_rollback_neither_supersedes_nor_is_superseded(asking: Shop) -> None:
    await _live(asking, "b")
    waiting = await carried(asking, newer(asking, "c"))
    back = await carried(asking, asking.rolling_back("r1"))
    assert asking.ledger.run(back.run).phase is Phase.SUCCEEDED
    assert asking.ledger.run(waiting.run).phase is Phase.WAITING
    assert await asking.live("prod") == all_on("a")


async def test_a_run_that_carries_no_push_keeps_its_place_in_line(asking: Shop) -> None:
    holder = asking.workshop()
    await hold(holder, "prod")
    verifying = asking.rolling_back("r1")
    taking = asyncio.create_task(take(verifying, "prod", "verify r1"))
    while not asking.ledger.environment("prod").queue:
        await asyncio.sleep(0)
    reach(newer(asking, "b"), "prod")
    await put_back(holder, "prod", "it failed")
    await taking
    lock = asking.ledger.environment("prod").lock
    assert lock
    assert lock.run == verifying.run


async def _live(shop: Shop, letter: str) -> None:
    run = await carried(shop, newer(shop, letter))
    shop.ledger.decide_approval(run.run, "prod", "ann", "go", approved=True)
    await carried(shop, run)


async def test_a_superseded_run_that_is_taken_up_ends_the_same_way(asking: Shop) -> None:
    older = newer(asking, "b")
    asking.proved(older.release())
    asking.ledger.supersede("prod", older.run, "99")
    with pytest.raises(Superseded, match="superseded by run 99 in prod"):
        await hold(older, "prod")
    assert asking.ledger.environment("prod").lock is None
