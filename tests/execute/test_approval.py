"""A run that must be approved waits without a process and without the environment, until a person decided."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import NOTHING, Shop, all_on, answer
from tests.execute.waits import PIPELINE, approved, carried
from tests.execute.walks import MortalStore, killed
from tidegate.cloud.ports import Answer
from tidegate.errors import ConfigError
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.model.snapshot import Version


def phases(view: RunView) -> dict[str, Phase]:
    return {name: job.phase for name, job in view.jobs.items() if job.applies}


async def test_it_waits_before_the_environment_with_nothing_held(asking: Shop) -> None:
    asking.release("b")
    run = await carried(asking, asking.workshop())
    view = asking.ledger.run(run.run)
    assert (view.phase, view.reason, view.ended) == (Phase.WAITING, "waits for approval of prod", None)
    assert (view.jobs["approve-prod"].phase, view.jobs["approve-prod"].detail) == (
        Phase.WAITING,
        "waits for approval by ann, bob",
    )
    prod = {name: phase for name, phase in phases(view).items() if "prod" in name and name != "approve-prod"}
    assert set(prod.values()) == {Phase.PENDING}
    assert await asking.live("dev") == all_on("b")
    assert await asking.live("prod") == all_on("a")
    assert [asking.ledger.environment(name).lock for name in ("dev", "prod")] == [None, None]


async def test_it_goes_on_once_a_person_approved(asking: Shop) -> None:
    asking.release("b")
    run = await carried(asking, asking.workshop())
    before = len(asking.cloud.wire.writes)
    view = await approved(asking, run)
    assert (view.phase, view.reason) == (Phase.SUCCEEDED, "live in dev, prod")
    assert view.jobs["approve-prod"].detail == "approved by ann: looks good"
    assert view.jobs["approve-prod"].outcome["by"] == "ann"
    assert await asking.live("prod") == all_on("b")
    assert not any("dev" in write for write in asking.cloud.wire.writes[before:]), "dev is not touched again"
    assert asking.ledger.environment("prod").queue == ()


async def test_it_waits_on_when_it_is_taken_up_undecided(asking: Shop) -> None:
    asking.release("b")
    run = await carried(asking, asking.workshop())
    asked = asking.ledger.run(run.run).approvals["prod"].asked
    asking.cloud.wire.now += 9 * 24 * 3600
    await carried(asking, run)
    view = asking.ledger.run(run.run)
    assert (view.phase, view.approvals["prod"].asked) == (Phase.WAITING, asked)
    assert len(view.attempts) == 3
    assert (await approved(asking, run)).phase is Phase.SUCCEEDED
    assert await asking.live("prod") == all_on("b")


async def test_it_is_approved_after_the_process_that_took_it_up_died(asking: Shop) -> None:
    asking.release("b")
    run = await carried(asking, asking.workshop())
    asking.ledger.run_started(run.run, 1, "host")
    assert asking.ledger.run(run.run).phase is Phase.RUNNING
    assert (await approved(asking, run)).phase is Phase.SUCCEEDED
    assert await asking.live("prod") == all_on("b")


async def test_a_rejected_run_fails_and_leaves_users_alone(asking: Shop) -> None:
    asking.release("b")
    run = await carried(asking, asking.workshop())
    asking.ledger.decide_approval(run.run, "prod", "bob", "not on a Friday", approved=False)
    await carried(asking, run)
    view = asking.ledger.run(run.run)
    assert (view.phase, view.reason) == (Phase.FAILED, "approve-prod: rejected by bob: not on a Friday")
    assert phases(view)["promote-prod"] is Phase.BLOCKED
    assert (await asking.live("dev"), await asking.live("prod")) == (all_on("b"), all_on("a"))
    assert asking.ledger.environment("prod").queue == ()


async def test_other_branches_go_on_to_their_end(two_ends: Shop) -> None:
    run = await carried(two_ends, two_ends.workshop())
    assert two_ends.ledger.run(run.run).phase is Phase.WAITING
    assert (await two_ends.live("asia"), await two_ends.live("prod")) == (all_on("a"), NOTHING)
    assert (await approved(two_ends, run)).phase is Phase.SUCCEEDED
    assert await two_ends.live("prod") == all_on("a")


async def test_a_decision_while_the_walk_goes_on_is_taken_up_by_it(two_ends: Shop) -> None:
    run = two_ends.workshop()

    def decide(name: str, version: Version, payload: object) -> Answer:
        if name.endswith("-asia") and two_ends.ledger.run(run.run).undecided:
            two_ends.ledger.decide_approval(run.run, "prod", "ann", "now", approved=True)
        return answer(name, version, payload)

    two_ends.cloud.functions.handler = decide
    await carried(two_ends, run)
    view = two_ends.ledger.run(run.run)
    assert (view.phase, len(view.attempts)) == (Phase.SUCCEEDED, 2)
    assert await two_ends.live("prod") == all_on("a")


async def test_a_failure_elsewhere_comes_before_the_wait(two_ends: Shop) -> None:
    def unhealthy(name: str, version: Version, payload: object) -> Answer:
        broken = Answer({"statusCode": 500, "body": ""})
        return broken if name.endswith("-asia") else answer(name, version, payload)

    two_ends.cloud.functions.handler = unhealthy
    run = await carried(two_ends, two_ends.workshop())
    view = two_ends.ledger.run(run.run)
    assert view.phase is Phase.FAILED
    assert view.reason.startswith("deploy-asia: ")
    assert view.jobs["approve-prod"].phase is Phase.CANCELLED
    assert await two_ends.live("dev") == all_on("a"), "what is live is left alone"
    with pytest.raises(ConfigError, match=f"run {run.run} failed: deploy-asia"):
        two_ends.ledger.decide_approval(run.run, "prod", "ann", "late", approved=True)
    two_ends.cloud.functions.handler = answer
    await carried(two_ends, run)
    assert two_ends.ledger.run(run.run).phase is Phase.WAITING


def _mortal(folder: Path) -> Shop:
    shop = Shop(folder, PIPELINE)
    shop.store = MortalStore(shop)
    shop.ledger = Ledger(shop.store, lambda: 1000.0)
    return shop


async def test_a_run_that_is_killed_on_its_way_to_the_wait_is_taken_up(tmp_path: Path) -> None:
    moment, again, waits = 0, True, 0
    while again:
        moment += 7
        shop = _mortal(tmp_path / str(moment))
        shop.release("a")
        run = shop.workshop()
        again = await killed(run, shop, moment)
        shop.ledger = Ledger(shop.store, lambda: 1000.0)
        waits += bool(shop.ledger.run(run.run).undecided)
        run = await carried(shop, replace(run, ledger=shop.ledger, guards={}))
        view = shop.ledger.run(run.run)
        assert (view.phase, view.undecided) == (Phase.WAITING, ("prod",)), moment
        assert await shop.live("prod") == NOTHING, moment
        assert shop.ledger.environment("prod").lock is None, moment
        assert (await approved(shop, run)).phase is Phase.SUCCEEDED, moment
        assert await shop.live("prod") == all_on("a"), moment
    assert moment > 60
    assert waits > 0


async def test_a_rollback_needs_no_approval(asking: Shop) -> None:
    asking.release("b")
    await approved(asking, await carried(asking, asking.workshop()))
    back = await carried(asking, asking.rolling_back("r1"))
    assert asking.ledger.run(back.run).phase is Phase.SUCCEEDED
    assert await asking.live("prod") == all_on("a")


async def test_nobody_is_asked_about_a_release_that_may_not_go_there(asking: Shop) -> None:
    asking.release("b")
    run = await carried(asking, asking.workshop(asking.plan(only=("prod",))))
    view = asking.ledger.run(run.run)
    assert (view.phase, view.approvals) == (Phase.FAILED, {})
    assert "r2 may not go to prod: r2 is not proven in dev" in view.reason


async def test_nobody_is_asked_about_an_environment_that_is_pinned(asking: Shop) -> None:
    asking.release("b")
    asking.ledger.pin("prod", "ann", "the fair")
    run = await carried(asking, asking.workshop())
    view = asking.ledger.run(run.run)
    assert (view.phase, view.approvals) == (Phase.FAILED, {})
    assert "prod is pinned by ann: the fair" in view.reason
