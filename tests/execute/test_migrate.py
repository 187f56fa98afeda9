"""Jobs `build-schema`, `migrate-<env>` and the schema gate."""

from pathlib import Path

import pytest

from tests.execute.databases import DatabaseShop
from tests.execute.shops import PIPELINE, all_on, digest
from tests.execute.walks import phases, walked
from tidegate.model.job import JobReport
from tidegate.model.record import SchemaMoved

GATE = "validate-aurora-schema"


@pytest.fixture
async def live(tmp_path: Path) -> DatabaseShop:
    """Code `a` with migration 1a is live everywhere."""
    shop = DatabaseShop(tmp_path)
    shop.release("a")
    reports, _ = await walked(shop.pushing("a", "1a"))
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    return shop


def failure(reports: dict[str, JobReport], job: str) -> str:
    assert phases(reports)[job] == "failed", phases(reports)
    return f"{reports[job].failure['what']} | {reports[job].failure['what_next']}"


async def test_a_first_release_is_migrated_and_judged_and_has_nothing_to_rehearse(live: DatabaseShop) -> None:
    assert live.server("dev").applied == live.server("prod").applied == ["1a"]
    assert await live.live("prod") == all_on("a")
    release = live.ledger.last_release()
    assert release
    assert release.schema
    assert (release.schema.commit, release.schema.expand, release.schema.contract) == ("commit-a", "1a", ())
    assert live.ledger.expectation(release.schema.expectation) == {"tables": ["1a"]}
    view = live.ledger.environment("prod")
    assert view.schema
    assert (view.schema.expand, view.schema.release, view.live) == ("1a", release.id, release.id)
    run = live.ledger.runs(1)[0]
    assert "no rehearsal: nothing is live yet" in live.home.log(run.id, "migrate-dev").read_text()
    assert run.jobs["migrate-dev"].detail.startswith("1 migrations applied, the last 1a")


async def test_a_migration_is_rehearsed_with_what_is_live_before_the_database_changes(live: DatabaseShop) -> None:
    run = live.pushing("b", "1a", "2b")
    order: list[object] = []
    live.cloud.wire.before("databases.expand dev 2b", lambda: order.append(list(live.cloud.functions.invoked)))
    reports, _ = await walked(run)
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert live.server("dev").applied == live.server("prod").applied == ["1a", "2b"]
    asked = [qualifier for name, qualifier, _ in order[0] if name == "api-dev"]  # type: ignore[attr-defined] # a list
    assert asked[-1] == "3", "placeholder, then the release, then the rehearsal's own version"
    assert live.cloud.functions.versions("api-dev") == ["1", "2"]
    assert live.cloud.functions.versions("worker-dev") == ["1", "2"]
    assert live.cloud.functions.variables_of("api-dev")["AURORA_DATABASE"] == "funds_dev"
    assert live.server("dev").scratch == {}
    assert live.ledger.environment("prod").live == "r3"


async def test_a_migration_that_what_is_live_cannot_live_with_is_not_applied(live: DatabaseShop) -> None:
    live.hurts["2b"] = "a"
    reports, undone = await walked(live.pushing("b", "1a", "2b"))
    told = failure(reports, "migrate-dev")
    assert "r2, which is live, does not pass its smoke tests on the expanded schema: api GET /health" in told
    assert "let expand migrations only add" in told
    assert live.server("dev").applied == ["1a"]
    assert live.server("dev").scratch == {}
    assert live.cloud.functions.versions("api-dev") == ["1", "2"]
    assert live.cloud.functions.variables_of("api-dev")["AURORA_DATABASE"] == "funds_dev"
    assert undone == []
    assert phases(reports)[GATE] == "blocked"
    assert (live.ledger.environment("dev").live, live.ledger.environment("dev").lock) == ("r2", None)


@pytest.mark.parametrize("trial", ["refused", "one_way"])
async def test_what_the_trials_refuse_is_not_applied(live: DatabaseShop, trial: str) -> None:
    getattr(live.databases.state, trial).add("2b")
    reports, _ = await walked(live.pushing("b", "1a", "2b"))
    assert "Failed: " in failure(reports, "migrate-dev")
    assert live.server("dev").applied == ["1a"]
    assert live.cloud.functions.versions("api-dev") == ["1", "2"]


async def test_a_migration_that_fails_stops_the_run_with_what_is_applied_recorded(live: DatabaseShop) -> None:
    live.databases.state.broken.add("3b")
    reports, undone = await walked(live.pushing("b", "1a", "2b", "3b"))
    assert "3b: syntax error in its third statement" in failure(reports, "migrate-dev")
    assert live.server("dev").applied == ["1a", "2b"]
    view = live.ledger.environment("dev")
    assert view.schema
    assert view.schema.expand == "2b"
    assert undone == ["the schema stays at 2b: what is live was rehearsed on it"]
    assert (view.live, view.intent, view.lock) == ("r2", None, None)
    live.databases.state.broken.clear()
    again = live.pushing("c", "1a", "2b", "3b")
    reports, _ = await walked(again)
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert live.server("prod").applied == ["1a", "2b", "3b"]


async def test_code_that_fails_goes_back_and_leaves_the_expanded_schema(live: DatabaseShop) -> None:
    live.release("b")
    live.hurts["2b"] = "b"
    reports, undone = await walked(live.pushing("b", "1a", "2b"))
    assert phases(reports)["deploy-dev"] == "failed"
    assert live.server("dev").applied == ["1a", "2b"]
    assert live.server("prod").applied == ["1a"]
    assert undone == ["the schema stays at 2b: what is live was rehearsed on it"]
    assert await live.live("dev") == all_on("a")


async def test_the_second_run_is_empty(live: DatabaseShop) -> None:
    before = list(live.cloud.wire.writes)
    reports, _ = await walked(live.pushing("a", "1a"))
    assert reports["migrate-dev"].detail == "nothing to apply: the schema stands at 1a"
    assert [line for line in live.cloud.wire.writes[len(before) :] if line.startswith("databases")] == []
    assert live.server("prod").applied == ["1a"]


async def test_a_difference_keeps_the_code_out(live: DatabaseShop) -> None:
    reports, _ = await walked(live.pushing("b", "1a", expected=("1a", "9z")))
    told = failure(reports, GATE)
    assert "the schema is not what the code expects: 1 difference\n9z: expected, not found; 9z would mend it" in told
    assert phases(reports)["deploy-dev"] == "blocked"
    run = live.ledger.runs(1)[0].id
    assert "9z: expected, not found" in live.home.log(run, GATE).read_text()


async def test_no_answer_is_a_failure(live: DatabaseShop) -> None:
    run = live.pushing("a", "1a", expected=("1a", "2"))
    live.databases.state.down.add("dev")
    reports, _ = await walked(run)
    assert "the database does not answer" in failure(reports, "migrate-dev")
    assert await live.live("dev") == all_on("a")


async def test_a_database_that_is_ahead_of_the_code_is_refused(live: DatabaseShop) -> None:
    live.server("dev").applied.append("somebody's")
    reports, _ = await walked(live.pushing("b", "1a", "2b"))
    assert "ahead of the code: somebody's" in failure(reports, "migrate-dev")
    assert live.server("dev").applied == ["1a", "somebody's"]


async def test_a_product_whose_live_release_used_no_database_has_nothing_to_rehearse(live: DatabaseShop) -> None:
    live.editions["commit-a"] = PIPELINE
    live.hurts["2b"] = "a"
    reports, _ = await walked(live.pushing("b", "1a", "2b"))
    assert phases(reports)["migrate-dev"] == "succeeded"
    run = live.ledger.runs(1)[0].id
    assert "no rehearsal: no function of r2 uses the database" in live.home.log(run, "migrate-dev").read_text()


async def test_what_others_set_during_a_rehearsal_stays(live: DatabaseShop) -> None:
    live.cloud.wire.before(
        "functions.publish api-dev", lambda: live.cloud.functions.set("api-dev", {"SET": "by others"})
    )
    reports, _ = await walked(live.pushing("b", "1a", "2b"))
    found = live.cloud.functions.variables_of("api-dev")
    assert (found["AURORA_DATABASE"], found["SET"]) == ("funds_dev", "by others")
    assert live.server("dev").scratch == {}
    assert phases(reports)["migrate-dev"] in {"succeeded", "failed"}


@pytest.mark.parametrize("call", ["functions.set_variables", "functions.publish", "functions.update_code"])
@pytest.mark.parametrize("lost", ["answer", "request"])
async def test_a_lost_answer_leaves_nothing_of_a_rehearsal(live: DatabaseShop, call: str, lost: str) -> None:
    live.cloud.functions.put("api-dev", digest("f"))  # $LATEST holds what a run before this one left there
    getattr(live.cloud.wire, f"lose_{lost}")(f"{call} api-dev")
    reports, _ = await walked(live.pushing("b", "1a", "2b"))
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert live.cloud.functions.variables_of("api-dev")["AURORA_DATABASE"] == "funds_dev"
    assert live.cloud.functions.versions("api-dev") == ["1", "2"]
    assert live.server("dev").scratch == {}


async def test_no_return_to_code_that_needs_what_a_contract_took_away(live: DatabaseShop) -> None:
    live.release("b")
    await walked(live.pushing("b", "1a", "2b", contract=["c1"]))
    assert live.ledger.environment("prod").live == "r4"
    lock = live.ledger.acquire("prod", "9", "ada", "contract", 60.0)
    moved = SchemaMoved("9", "r4", "contract", ("c1",), "2b", ("c1",), 0.0, by="ada")
    live.ledger.schema_moved("prod", moved)
    live.ledger.release_lock("prod", lock.run)
    before = list(live.cloud.wire.writes)
    reports, undone = await walked(live.rolling_back("r2"))
    assert "r2 cannot come back to prod" in failure(reports, "rollback-prod")
    assert live.cloud.wire.writes == before
    assert undone == []
    view = live.ledger.environment("prod")
    assert (view.live, view.pinned, view.lock, view.intent) == ("r4", None, None, None)
    reports, _ = await walked(live.rolling_back("r2", "dev"))
    assert phases(reports)["rollback-dev"] == "succeeded"
    assert live.server("dev").applied == ["1a", "2b"], "code goes back, the schema stays"
