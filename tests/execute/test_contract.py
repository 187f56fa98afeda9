"""Jobs `contract-<env>`: what only earlier releases need goes once nobody can return to them, and not before."""

from pathlib import Path

import pytest

from tests.execute.databases import DatabaseShop
from tests.execute.walks import phases, walked
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Duty, Job, JobReport, Plan

DAY = 24 * 3600.0


@pytest.fixture
async def live(tmp_path: Path) -> DatabaseShop:
    """Release `b`, whose commit brings contract migration 9b, is live everywhere; before it, `a` was."""
    shop = DatabaseShop(tmp_path)
    shop.release("a")
    await walked(shop.pushing("a", "1a"))
    shop.release("b")
    reports, _ = await walked(shop.pushing("b", "1a", contract=["9b"]))
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    for name in shop.pipeline.environments:
        shop.cloud.clusters.create(f"db-{name}")
    return shop


def contraction(shop: DatabaseShop, environment: str = "prod") -> Workshop:
    view = shop.ledger.environment(environment)
    job = Job(f"contract-{environment}", Duty.CONTRACT, environment=environment)
    return shop.opened(Plan(shop.ledger.release(view.live).commit, None, (job,), carries=view.live))


def told(reports: dict[str, JobReport]) -> str:
    assert phases(reports) == {"contract-prod": "failed"}
    return str(reports["contract-prod"].failure["what"])


def pass_by(shop: DatabaseShop, seconds: float) -> None:
    shop.cloud.wire.now += seconds


async def test_within_the_rollback_window_nothing_is_taken_away(live: DatabaseShop) -> None:
    reports, _ = await walked(contraction(live))
    assert "contract 9b must wait: " in told(reports)
    assert live.server("prod").applied == ["1a"]
    assert live.ledger.environment("prod").lock is None
    assert await live.cloud.ports.clusters.snapshots("db-prod") == ()


async def test_behind_it_a_snapshot_is_taken_and_then_it_is_applied_once(live: DatabaseShop) -> None:
    pass_by(live, 2 * DAY)
    run = contraction(live)
    order: list[list[str]] = []

    def taken() -> list[str]:
        return [one.status.value for one in live.cloud.state.clusters.rds.snapshots()]

    live.cloud.wire.before("databases.contract prod 9b", lambda: order.append(taken()))
    reports, _ = await walked(run)
    assert phases(reports) == {"contract-prod": "succeeded"}
    assert order == [["available"]], "the snapshot comes first, whole"
    assert live.server("prod").applied == ["1a", "9b"]
    assert live.server("dev").applied == ["1a"]
    view = live.ledger.environment("prod")
    assert view.schema
    assert (view.schema.contract, view.lock, view.intent) == (("9b",), None, None)
    [snapshot] = await live.cloud.ports.clusters.snapshots("db-prod")
    assert snapshot.name == f"tidegate-prod-run-{run.run}"
    reports, _ = await walked(contraction(live))
    assert reports["contract-prod"].detail.startswith("nothing to contract")
    assert live.server("prod").applied == ["1a", "9b"]


async def test_what_is_live_is_rehearsed_without_what_would_go(live: DatabaseShop) -> None:
    pass_by(live, 2 * DAY)
    live.hurts["9b"] = "b"
    reports, _ = await walked(contraction(live))
    assert "does not pass its smoke tests" in told(reports)
    assert live.server("prod").applied == ["1a"]
    assert live.server("prod").scratch == {}
    assert await live.cloud.ports.clusters.snapshots("db-prod") == ()
    assert live.ledger.environment("prod").lock is None


async def test_one_that_fails_says_so_and_lets_go_and_is_applied_by_the_next_run(live: DatabaseShop) -> None:
    pass_by(live, 2 * DAY)
    live.databases.state.broken.add("9b")
    reports, _ = await walked(contraction(live))
    assert "9b: syntax error in its third statement" in told(reports)
    view = live.ledger.environment("prod")
    assert view.schema
    assert (view.schema.contract, view.lock) == ((), None)
    live.databases.state.broken.clear()
    reports, _ = await walked(contraction(live))
    assert phases(reports) == {"contract-prod": "succeeded"}


async def test_what_the_trials_refuse_is_not_applied(live: DatabaseShop) -> None:
    pass_by(live, 2 * DAY)
    live.databases.state.refused.add("9b")
    reports, _ = await walked(contraction(live))
    assert "Failed" in told(reports)
    assert live.server("prod").applied == ["1a"]


async def test_without_a_snapshot_nothing_is_taken_away(live: DatabaseShop) -> None:
    pass_by(live, 2 * DAY)
    run = contraction(live)
    live.cloud.state.clusters.broken.add(f"tidegate-prod-run-{run.run}")
    reports, _ = await walked(run)
    assert "is failed after" in told(reports)
    assert live.server("prod").applied == ["1a"]
    assert live.ledger.environment("prod").lock is None
