"""A run that must be approved waits without a process and without the environment, until a person decided."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import NOTHING, Shop, all_on, answer
from tests.execute.shops import PIPELINE as WHOLE
from tests.execute.walks import MortalStore, killed
from tidegate.cloud.ports import Answer
from tidegate.errors import ConfigError
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.pipeline import Environment
from tidegate.model.run import RunView
from tidegate.model.snapshot import Version
from tidegate.operations.run import _kept, _walk

PIPELINE = replace(
    WHOLE,
    browser=None,
    environments={
        **WHOLE.environments,
        "prod": replace(WHOLE.environments["prod"], approval=True, approvers=("ann", "bob")),
    },
)


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    """Release `a` is live everywhere, and runs wait before prod."""
    shop = Shop(tmp_path, PIPELINE)
    shop.release("a")
    await approved(shop, await carried(shop, shop.workshop()))
    return shop


async def carried(shop: Shop, run: Workshop) -> Workshop:
    """Carry a run as a process does, from where it stands to where it ends or waits."""
    view = shop.ledger.run(run.run)
    shop.ledger.run_started(run.run, 1, "host")
    shop.living.add(run.run)
    await _walk(run, _kept(shop.ledger, view, run.pipeline))
    shop.living.discard(run.run)
    return replace(run, guards={})


async def approved(shop: Shop, run: Workshop) -> RunView:
    shop.ledger.decide_approval(run.run, "prod", "ann", "looks good", approved=True)
    await carried(shop, run)
    return shop.ledger.run(run.run)


def phases(view: RunView) -> dict[str, Phase]:
    return {name: job.phase for name, job in view.jobs.items() if job.applies}


async def test_it_waits_before_the_environment_with_nothing_held(shop: Shop) -> None:
    shop.release("b")
    run = await carried(shop, shop.workshop())
    view = shop.ledger.run(run.run)
    assert (view.phase, view.reason, view.ended) == (Phase.WAITING, "waits for approval of prod", None)
    assert (view.jobs["approve-prod"].phase, view.jobs["approve-prod"].detail) == (
        Phase.WAITING,
        "waits for approval by ann, bob",
    )
    prod = {name: phase for name, phase in phases(view).items() if "prod" in name and name != "approve-prod"}
    assert set(prod.values()) == {Phase.PENDING}
    assert await shop.live("dev") == all_on("b")
    assert await shop.live("prod") == all_on("a")
    assert [shop.ledger.environment(name).lock for name in ("dev", "prod")] == [None, None]


async def test_it_goes_on_once_a_person_approved(shop: Shop) -> None:
    shop.release("b")
    run = await carried(shop, shop.workshop())
    before = len(shop.cloud.wire.writes)
    view = await approved(shop, run)
    assert (view.phase, view.reason) == (Phase.SUCCEEDED, "live in dev, prod")
    assert view.jobs["approve-prod"].detail == "approved by ann: looks good"
    assert view.jobs["approve-prod"].outcome["by"] == "ann"
    assert await shop.live("prod") == all_on("b")
    assert not any("dev" in write for write in shop.cloud.wire.writes[before:]), "dev is not touched again"
    assert shop.ledger.environment("prod").queue == ()


async def test_it_waits_on_when_it_is_taken_up_undecided(shop: Shop) -> None:
    shop.release("b")
    run = await carried(shop, shop.workshop())
    asked = shop.ledger.run(run.run).approvals["prod"].asked
    shop.cloud.wire.now += 9 * 24 * 3600
    await carried(shop, run)
    view = shop.ledger.run(run.run)
    assert (view.phase, view.approvals["prod"].asked) == (Phase.WAITING, asked)
    assert len(view.attempts) == 3
    assert (await approved(shop, run)).phase is Phase.SUCCEEDED
    assert await shop.live("prod") == all_on("b")


async def test_a_rejected_run_fails_and_leaves_users_alone(shop: Shop) -> None:
    shop.release("b")
    run = await carried(shop, shop.workshop())
    shop.ledger.decide_approval(run.run, "prod", "bob", "not on a Friday", approved=False)
    await carried(shop, run)
    view = shop.ledger.run(run.run)
    assert (view.phase, view.reason) == (Phase.FAILED, "approve-prod: rejected by bob: not on a Friday")
    assert phases(view)["promote-prod"] is Phase.BLOCKED
    assert (await shop.live("dev"), await shop.live("prod")) == (all_on("b"), all_on("a"))
    assert shop.ledger.environment("prod").queue == ()


@pytest.fixture
def two_ends(tmp_path: Path) -> Shop:
    """Behind dev there are prod, which must be approved, and asia, which need not."""
    environments = {**PIPELINE.environments, "asia": Environment("asia", "dev")}
    shop = Shop(tmp_path, replace(PIPELINE, environments=environments))
    shop.release("a")
    return shop


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


async def test_a_rollback_needs_no_approval(shop: Shop) -> None:
    shop.release("b")
    await approved(shop, await carried(shop, shop.workshop()))
    back = await carried(shop, shop.rolling_back("r1"))
    assert shop.ledger.run(back.run).phase is Phase.SUCCEEDED
    assert await shop.live("prod") == all_on("a")
