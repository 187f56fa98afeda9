"""Prod only gets what dev proved: checked before anything is changed, and won anew where it is lost."""

from dataclasses import replace

import pytest

from tests.execute.shops import Shop, all_on
from tests.execute.walks import phases, walked
from tests.outage import unanswered
from tidegate.errors import GateFailed
from tidegate.execute.environment import hold
from tidegate.model.job import Plan


def applied(plan: Plan) -> set[str]:
    return {job.environment for job in plan.jobs if job.applies and job.environment}


def found_bad(shop: Shop, environment: str) -> None:
    """Let the ledger know that what is live failed its re-verification."""
    live = shop.ledger.environment(environment).live
    run = shop.ledger.open_run("c", "main", None, "verify").id
    shop.ledger.acquire(environment, run, "me", "verify", 60.0)
    shop.ledger.reverified(environment, run, live, ("smoke tests",), "status 500")
    shop.ledger.release_lock(environment, run)


@pytest.fixture
async def half(shop: Shop) -> Shop:
    """Release r1 is live everywhere, r2 in dev only."""
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    await walked(shop.workshop(shop.plan(only=("dev",))))
    return shop


async def test_what_dev_did_not_prove_is_refused_before_anything_is_changed(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop(shop.plan(only=("prod",)))
    with pytest.raises(GateFailed, match="r1 may not go to prod: r1 is not proven in dev"):
        await hold(run, "prod")
    assert shop.cloud.wire.writes == []
    view = shop.ledger.environment("prod")
    assert (view.lock, view.intent) == (None, None)


async def test_what_dev_proved_and_took_away_is_refused(half: Shop) -> None:
    found_bad(half, "dev")
    reports, undone = await walked(half.workshop(half.plan(only=("prod",))))
    failure = reports["deploy-prod"].failure
    assert failure["what"].startswith("r2 may not go to prod: r2 is no longer proven in dev: run ")
    assert failure["what"].endswith(" found it bad (status 500)")
    assert "`tidegate run` carries it through dev anew" in failure["what_next"]
    assert (await half.live("prod"), undone) == (all_on("a"), [])


async def test_what_was_taken_away_half_way_through_prod_is_put_back(half: Shop) -> None:
    run = half.workshop(half.plan(only=("prod",)))
    half.cloud.wire.before("functions.point worker-prod live", lambda: found_bad(half, "dev"))
    reports, _ = await walked(run)
    assert reports["promote-prod-frontend"].failure["what"].startswith("r2 may not go to prod")
    assert await half.live("prod") == all_on("a")
    assert half.ledger.environment("prod").lock is None


async def test_a_run_that_is_taken_up_again_is_refused_too(half: Shop) -> None:
    run = half.workshop(half.plan(only=("prod",)))
    unanswered(half.cloud.wire, "functions.point worker-prod live")
    await walked(run)
    found_bad(half, "dev")
    reports, _ = await walked(run)
    assert reports["deploy-prod"].failure["what"].startswith("r2 may not go to prod")
    assert await half.live("prod") == all_on("a")


async def test_what_dev_has_moved_on_from_stays_proven(half: Shop) -> None:
    run = half.workshop(half.plan(only=("prod",)))
    half.proved(half.release("c"))
    reports, _ = await walked(replace(run, plan=replace(run.plan, carries="r2")))
    assert set(phases(reports).values()) <= {"succeeded", "satisfied"}
    assert half.ledger.environment("prod").live == "r2"


async def test_a_rollback_within_prod_asks_dev_nothing(half: Shop) -> None:
    await walked(half.workshop())
    found_bad(half, "dev")
    run = half.ledger.open_run("c", "main", None, "verify").id
    half.ledger.acquire("dev", run, "me", "verify", 60.0)
    half.ledger.reverified("dev", run, "r1", ("smoke tests",), "status 500")
    half.ledger.release_lock("dev", run)
    reports, _ = await walked(half.rolling_back("r1"))
    assert phases(reports) == {"rollback-prod": "succeeded"}
    assert await half.live("prod") == all_on("a")


async def test_the_same_push_again_wins_the_evidence_anew_and_then_plans_nothing(half: Shop) -> None:
    found_bad(half, "dev")
    plan = await half.pushed_again()
    assert applied(plan) == {"dev", "prod"}
    assert plan.by_name()["deploy-dev"].reason.startswith("r2 is no longer proven in dev")
    before = list(half.cloud.wire.writes)
    reports, _ = await walked(half.workshop(plan))
    assert set(phases(reports).values()) <= {"succeeded", "satisfied"}
    moved = [write for write in half.cloud.wire.writes[len(before) :] if "point" in write]
    assert [write for write in moved if "-dev" in write] == ["edges.point kvs/TEST-dev"], "dev serves it already"
    assert await half.live("prod") == all_on("b")
    assert (await half.pushed_again()).empty


async def test_the_same_bytes_as_what_is_live_are_proven_as_a_release_of_their_own(half: Shop) -> None:
    half.release("b")
    plan = await half.pushed_again()
    assert applied(plan) == {"dev", "prod"}
    assert plan.by_name()["deploy-dev"].reason == "r3 is not proven in dev"
    await walked(half.workshop(plan))
    assert [half.ledger.environment(name).live for name in ("dev", "prod")] == ["r3", "r3"]
    assert (await half.pushed_again()).empty


async def test_a_release_that_a_person_rolled_back_from_is_pushed_again(half: Shop) -> None:
    await walked(half.workshop())
    await walked(half.rolling_back("r1", "dev"))
    run = half.workshop(await half.pushed_again())
    reports, _ = await walked(run)
    assert reports["deploy-dev"].failure["what"].startswith("dev is pinned")
    half.ledger.unpin("dev", "ada")
    plan = await half.pushed_again()
    assert applied(plan) == {"dev"}, "prod serves it, and proved it"
    reports, _ = await walked(half.workshop(plan))
    assert await half.live("dev") == all_on("b")
    assert half.ledger.environment("dev").withdrawn == {}


async def test_of_two_runs_each_carries_what_it_saw_proven(half: Shop) -> None:
    first = half.workshop(half.plan(only=("prod",)))
    half.release("c")
    await walked(half.workshop(half.plan(only=("dev",))))
    reports, _ = await walked(replace(first, plan=replace(first.plan, carries="r2")))
    assert set(phases(reports).values()) <= {"succeeded", "satisfied"}
    assert half.ledger.environment("dev").reached == {"r1", "r2", "r3"}


async def test_a_first_deployment_lacks_nothing_in_the_first_environment(shop: Shop) -> None:
    shop.release("a")
    plan = await shop.pushed_again()
    assert applied(plan) == {"dev", "prod"}
    assert plan.by_name()["deploy-dev"].reason == "api-dev does not serve r1"
    reports, _ = await walked(shop.workshop(plan))
    assert set(phases(reports).values()) <= {"succeeded", "satisfied"}
    assert (await shop.pushed_again()).empty
