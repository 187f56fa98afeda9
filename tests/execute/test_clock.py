"""A clock that jumps in the middle of a run."""

import itertools
from dataclasses import replace

import pytest

from tests.execute.shops import Shop, all_on
from tests.execute.walks import phases, walked
from tidegate.execute.check import check
from tidegate.execute.environment import hold
from tidegate.execute.lock import LEASE_SECONDS
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Duty, Job, Phase

DAY = 86400.0


@pytest.fixture
async def live(shop: Shop) -> Shop:
    """Release `a` is live everywhere, and release `b` is there."""
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    return shop


async def test_a_run_goes_on_however_the_clock_jumps(live: Shop) -> None:
    """Back and forth by hours and days, each time that anybody looks at it."""
    jumps = itertools.cycle([0.0, 2 * LEASE_SECONDS, -DAY, 30 * DAY, -400 * DAY, 1.0])

    def clock() -> float:
        return live.cloud.wire.now + next(jumps)

    live.ledger = Ledger(live.store, clock)
    run = replace(live.workshop(), clock=clock, ledger=live.ledger)
    reports, undone = await walked(run)
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert undone == []
    for environment in ("dev", "prod"):
        assert await live.live(environment) == all_on("b")
        assert live.ledger.environment(environment).lock is None
    assert all((job.seconds or 0.0) >= 0.0 for job in live.ledger.run(run.run).jobs.values())


@pytest.mark.parametrize("jump", [3 * LEASE_SECONDS, DAY])
async def test_a_lease_that_a_jump_ends_lets_a_newer_run_pass_and_the_older_one_changes_nothing(
    live: Shop, jump: float
) -> None:
    ahead = 0.0  # the clock of this machine, against that of the cloud

    def clock() -> float:
        return live.cloud.wire.now + ahead

    live.ledger = Ledger(live.store, clock)
    older = replace(live.workshop(), clock=clock)
    await hold(older, "dev")
    live.release("c")
    ahead = jump
    reports, _ = await walked(replace(live.workshop(), clock=clock))
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    ahead = 0.0
    before = len(live.cloud.wire.writes)
    reports, undone = await walked(older)
    assert "succeeded" not in {phases(reports)[name] for name in ("promote-dev", "promote-prod")}
    assert undone == []
    assert not any("live" in line or "APP" in line for line in live.cloud.wire.writes[before:])
    for environment in ("dev", "prod"):
        assert await live.live(environment) == all_on("c")
        assert live.ledger.environment(environment).live == "r3"


async def test_a_clock_that_jumps_back_lets_nobody_in_before_the_holder_ends(live: Shop) -> None:
    holder = live.workshop()
    await hold(holder, "dev")
    live.cloud.wire.now -= 10 * DAY
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            live.ledger.release_lock("dev", holder.run)

    await hold(replace(live.workshop(), pause=pause), "dev")
    assert len(waits) == 2


async def test_a_clock_that_jumps_ahead_leaves_the_gate_its_time(live: Shop) -> None:
    jumps = itertools.count(0.0, 30 * DAY)
    run = replace(live.workshop(), clock=lambda: next(jumps))
    report = await check(run, Job("test", Duty.CHECK))
    assert report.phase is Phase.SUCCEEDED
