"""Whole runs: what reaches users, what is put back, and how what went wrong is told."""

from dataclasses import replace

import pytest

from tests.execute.shops import NOTHING, Shop, all_on, answer, digest, ordered
from tests.execute.walks import phases, walked
from tidegate.cloud.ports import Answer
from tidegate.model.job import Phase
from tidegate.model.pipeline import Order, Strategy
from tidegate.model.snapshot import Version
from tidegate.targets.site_pointer import prefix_of

FAILING_E2E = """
report=${PYTEST_ADDOPTS##*--junitxml=}
echo "<testsuite><testcase name='test_page'><failure message='no title'/></testcase></testsuite>" > "$report"
exit 1
"""


def succeeded(reports: dict[str, str]) -> list[str]:
    return [name for name, phase in reports.items() if phase == Phase.SUCCEEDED]


async def test_a_run_reaches_every_environment(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    reports, undone = await walked(run)
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert undone == []
    for environment in ("dev", "prod"):
        assert await shop.live(environment) == all_on("a")
        view = shop.ledger.environment(environment)
        assert (view.live, view.lock, view.intent) == ("r1", None, None)
    assert {name: job.phase for name, job in shop.ledger.run(run.run).jobs.items()} == {
        name: report.phase for name, report in reports.items()
    }


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("order", Order)
async def test_end_to_end_tests_that_fail_leave_users_on_the_old_release(
    shop: Shop, order: Order, strategy: Strategy
) -> None:
    assert shop.pipeline.site
    pipeline = replace(ordered(shop.pipeline, order), site=replace(shop.pipeline.site, strategy=strategy))
    shop = Shop(shop.folder, pipeline)
    shop.release("a")
    await walked(shop.workshop())
    shop.write("tests/e2e.sh", FAILING_E2E)
    shop.release("b")
    run, before = shop.workshop(), len(shop.cloud.wire.writes)
    reports, _ = await walked(run)
    assert reports["e2e-test-dev"].phase is Phase.FAILED
    assert reports["e2e-test-dev"].failure["what"].startswith("Failed: end-to-end tests, shard 1 of 1: ")
    assert "test_page: no title" in reports["e2e-test-dev"].failure["what"]
    assert {report.phase for name, report in reports.items() if "prod" in name} == {Phase.BLOCKED}
    assert not any(line.endswith("-prod live") for line in shop.cloud.wire.writes[before:])
    for environment in ("dev", "prod"):
        assert await shop.live(environment) == all_on("a")
        assert shop.ledger.environment(environment).live == "r1"
        assert shop.ledger.environment(environment).lock is None


async def test_the_pair_is_tested_on_test_with_the_candidate_api(shop: Shop) -> None:
    shop.write("tests/e2e.sh", 'echo "at $E2E_BASE_URL, $E2E_SHARD_INDEX of $E2E_SHARD_TOTAL"' + "\nexit 3\n")
    shop.release("a")
    run = shop.workshop()
    await walked(run)
    assert "at https://test-dev.cloudfront.test, 1 of 1" in shop.log(run, "e2e-test-dev")
    runtime = shop.cloud.edges.distributions["TEST-dev"].store
    key = (await shop.cloud.edges.pointers(runtime))[0]["runtime"]
    assert shop.cloud.buckets.objects["web-dev", key].body == (b'{"apiUrl": "https://candidate", "environment": "dev"}')
    assert await shop.live("dev") == NOTHING


async def test_half_of_a_release_is_carried_where_only_half_lags(shop: Shop) -> None:
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b", site="a")
    reports, _ = await walked(shop.workshop(shop.plan(site=False)))
    assert "deploy-dev-frontend" not in succeeded(phases(reports))
    assert await shop.live("prod") == {"api": "b", "worker": "b", "site": "a"}
    assert shop.ledger.environment("prod").live == "r2"


async def test_environments_that_serve_it_are_left_alone(shop: Shop) -> None:
    shop.proved(shop.release("a"))
    reports, _ = await walked(shop.workshop(shop.plan(only=("prod",))))
    assert not any("dev" in name for name in succeeded(phases(reports)))
    assert await shop.live("dev") == NOTHING
    assert await shop.live("prod") == all_on("a")


async def test_a_plan_of_nothing_changes_nothing(shop: Shop) -> None:
    shop.release("a")
    reports, undone = await walked(shop.workshop(shop.plan(backend=False, site=False)))
    assert set(phases(reports).values()) == {"satisfied"}
    assert (undone, shop.cloud.wire.writes) == ([], [])


async def test_an_error_that_nobody_foresaw_is_told_in_a_line_and_traced_in_the_log(shop: Shop) -> None:
    def broken(name: str, version: Version, payload: object) -> Answer:
        return Answer({"a": 1 / 0}) if name == "api-dev" else answer(name, version, payload)

    shop.cloud.functions.handler = broken
    shop.release("a")
    run = shop.workshop()
    reports, _ = await walked(run)
    failure = reports["deploy-dev"].failure
    assert failure["what"] == "unexpected ZeroDivisionError: division by zero"
    assert failure["where"] == "deploy-dev"
    assert failure["what_next"] == "`tidegate logs --job deploy-dev` has the details"
    assert "Traceback (most recent call last)" in shop.log(run, "deploy-dev")
    assert await shop.live("dev") == NOTHING
    assert shop.ledger.environment("dev").lock is None


async def test_a_missing_file_is_told_by_its_name(shop: Shop) -> None:
    (shop.source / "tests/job.json").unlink()
    shop.release("a")
    run = shop.workshop()
    reports, _ = await walked(run)
    assert reports["deploy-dev"].failure["what"] == "No such file or directory"
    assert reports["deploy-dev"].failure["where"].endswith("tests/job.json")
    assert "Traceback" not in shop.log(run, "deploy-dev")


async def test_a_site_that_is_nowhere_fails_before_anything_moves(shop: Shop) -> None:
    shop.release("a")
    for file in (shop.home.bundles / ("a" * 64)).glob("*.json"):
        file.unlink()
    reports, _ = await walked(shop.workshop())
    failure = reports["deploy-dev-frontend"].failure
    assert failure["what"] == "the site's files are neither on this machine nor in the bucket"
    assert await shop.live("dev") == NOTHING


async def test_a_site_that_is_in_the_bucket_needs_no_files_here(shop: Shop) -> None:
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    await walked(shop.workshop())
    last = shop.ledger.add_release(replace(shop.ledger.release("r1"), run="9"))
    for file in (shop.home.bundles / ("a" * 64)).glob("*.json"):
        file.unlink()
    await walked(shop.workshop())
    assert last.site is not None
    assert last.site.digest == digest("a")
    assert await shop.live("prod") == all_on("a")


async def test_an_edge_that_never_serves_the_page_fails_and_is_put_back(shop: Shop) -> None:
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    page = ("web-dev", f"{prefix_of(digest('b'))}/index.html")
    shop.cloud.wire.behind("edges.point kvs/APP-dev", lambda: shop.cloud.buckets.objects.pop(page))
    reports, undone = await walked(shop.workshop())
    failure = reports["promote-dev-frontend"].failure
    assert failure["what"].startswith("the edge does not serve the release's page after 12")
    assert failure["where"] == "https://app-dev.cloudfront.test"
    assert sorted(undone) == ["APP → sha256:aaaaaaaaaaaa", "api-dev: live → 2", "worker-dev: live → 2"]
    assert await shop.live("dev") == all_on("a")


async def test_users_that_are_answered_wrongly_after_the_promotion_get_the_old_release_back(shop: Shop) -> None:
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    run = shop.workshop()

    def behind_the_candidate(name: str, version: Version, payload: object) -> Answer:
        asked_as_live = shop.cloud.functions.invoked[-1][1] == "live"
        if version.digest == digest("b") and asked_as_live:
            return Answer({"statusCode": 502, "body": ""})
        return answer(name, version, payload)

    shop.cloud.functions.handler = behind_the_candidate
    reports, undone = await walked(run)
    assert reports["promote-dev-frontend"].phase is Phase.FAILED
    assert "after its promotion, api GET /health" in reports["promote-dev-frontend"].failure["what"]
    assert sorted(line.partition(":")[0] for line in undone) == ["APP → sha256", "api-dev", "worker-dev"]
    assert await shop.live("dev") == all_on("a")
    view = shop.ledger.environment("dev")
    assert (view.live, view.lock, view.intent) == ("r1", None, None)
    assert {name for name, _, _ in shop.cloud.functions.invoked[-1:]} == {"api-dev"}


async def test_a_plan_that_another_run_overtook_changes_nothing(shop: Shop) -> None:
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    await walked(shop.workshop())
    writes = len(shop.cloud.wire.writes)
    shop.release("c", site="a")
    reports, undone = await walked(shop.workshop(shop.plan(site=False)))
    assert reports["deploy-dev"].phase is Phase.FAILED
    assert "dev changed since this run was planned: APP of dev does not serve r3" in reports["deploy-dev"].detail
    assert (undone, shop.cloud.wire.writes[writes:]) == ([], [])
