"""Taking an environment over from a process that may be alive."""

from dataclasses import replace

import pytest

from tests.execute.shops import Shop, all_on
from tests.execute.walks import walked
from tests.outage import unanswered
from tidegate.errors import Moved, Unreachable
from tidegate.execute.environment import hold
from tidegate.execute.performer import put_back_all
from tidegate.execute.pointers import observe, runtime
from tidegate.targets.step import LIVE


@pytest.fixture
async def live(shop: Shop) -> Shop:
    for letter in "ab":
        shop.release(letter)
        await walked(shop.workshop())
    return shop


async def test_a_write_of_the_earlier_holder_fails_after_a_lock_was_broken(live: Shop) -> None:
    live.release("c")
    old = live.workshop()
    await hold(old, "dev")
    stale = await observe(old, "dev")
    live.ledger.break_lock("dev", "a person", "it hangs")
    await hold(live.workshop(), "dev")
    assert stale.site
    with pytest.raises(Moved):
        await live.cloud.functions.point("api-dev", stale.functions["api"].aliases[LIVE], "2", "late")
    candidate = live.ledger.release("r1").site
    assert candidate
    with pytest.raises(Moved):
        await old.site("dev").promote(candidate.digest, stale.site.app, runtime(old, "dev", live=True))
    assert await live.live("dev") == all_on("b")


async def test_a_lock_that_was_let_go_of_needs_no_fence(live: Shop) -> None:
    live.release("c")
    before = len(live.cloud.wire.writes)
    await hold(live.workshop(), "dev")
    assert [write for write in live.cloud.wire.writes[before:] if "point" in write] == []


async def test_a_run_fences_once(live: Shop) -> None:
    live.release("c")
    await hold(live.workshop(), "dev")
    live.ledger.break_lock("dev", "a person", "it hangs")
    run = live.workshop()
    await hold(run, "dev")
    before = len(live.cloud.wire.writes)
    await hold(run, "dev")
    await hold(replace(run, guards={}), "dev")
    assert live.cloud.wire.writes[before:] == []
    told = [note.text for note in live.ledger.run(run.run).notes]
    assert len(told) == 1
    assert "took over from run" in told[0]


async def test_a_take_over_whose_fence_failed_fences_before_it_puts_back(live: Shop) -> None:
    live.release("c")
    old = live.workshop()
    await hold(old, "dev")
    stale = await observe(old, "dev")
    live.ledger.break_lock("dev", "a person", "it hangs")
    run = live.workshop()
    unanswered(live.cloud.wire, "functions.point api-dev live")
    with pytest.raises(Unreachable):
        await hold(run, "dev")
    await put_back_all(run)
    assert live.ledger.environment("dev").lock is None
    with pytest.raises(Moved):
        await live.cloud.functions.point("api-dev", stale.functions["api"].aliases[LIVE], "2", "late")
