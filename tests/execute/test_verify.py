"""What is live is tested again: what fails is no longer eligible downstream, and no pointer moves."""

from dataclasses import replace

import pytest

from tests.execute.shops import Shop, all_on, answer, digest
from tests.execute.test_way_back import broken
from tests.execute.walks import MortalStore, killed, phases, walked
from tidegate.cloud.ports import Answer
from tidegate.ledger.ledger import Ledger
from tidegate.model.snapshot import Version

FAILING = """
report=${PYTEST_ADDOPTS##*--junitxml=}
echo "<testsuite><testcase name='test_page'><failure message='no title'/></testcase></testsuite>" > "$report"
exit 1
"""


@pytest.fixture
async def live(shop: Shop) -> Shop:
    shop.release("a")
    await walked(shop.workshop())
    return shop


def pointed(shop: Shop) -> list[str]:
    return [write for write in shop.cloud.wire.writes if "point" in write or "publish" in write]


async def test_what_passes_stays_eligible_and_is_recorded(live: Shop) -> None:
    before = pointed(live)
    run = live.verifying("dev")
    reports, _ = await walked(run)
    assert phases(reports) == {"verify-dev": "succeeded"}
    assert reports["verify-dev"].detail == "r1: 1 tests passed"
    view = live.ledger.environment("dev")
    assert (view.withdrawn, view.lock, view.live) == ({}, None, "r1")
    last = view.history[-1]
    assert (last.kind, last.run, last.reason) == ("re-verified", run.run, "passed: smoke tests, end-to-end tests")
    assert pointed(live) == before
    assert "smoke api GET /health at 2: Successful" in live.log(run, "verify-dev")


async def test_what_fails_is_no_longer_eligible_downstream(live: Shop) -> None:
    before = pointed(live)
    live.cloud.functions.handler = broken("a")
    run = live.verifying("dev")
    reports, undone = await walked(run)
    assert "access denied" in reports["verify-dev"].failure["what"]
    view = live.ledger.environment("dev")
    assert "access denied" in view.withdrawn["r1"].reason
    assert view.withdrawn["r1"].run == run.run
    assert (view.lock, view.live, undone, pointed(live)) == (None, "r1", [], before)
    assert [note.text for note in live.ledger.run(run.run).notes] == [
        "r1 is no longer eligible for what comes after dev"
    ]
    assert await live.live("dev") == all_on("a")
    live.cloud.functions.handler = answer
    await walked(live.verifying("dev"))
    assert live.ledger.environment("dev").withdrawn == {}, "the same tests passed"


async def test_the_pair_is_tested_where_test_shows_what_is_live(live: Shop) -> None:
    live.write("tests/e2e.sh", FAILING)
    await walked(live.verifying("dev"))
    view = live.ledger.environment("dev")
    assert "no title" in view.withdrawn["r1"].reason
    assert view.withdrawn["r1"].gates == ("smoke tests", "end-to-end tests")


@pytest.mark.parametrize("half", ["functions", "site"])
async def test_another_pair_at_test_says_nothing_of_what_is_live(live: Shop, half: str) -> None:
    live.write("tests/e2e.sh", FAILING)
    if half == "functions":
        live.cloud.functions.move("api-dev", "candidate", "1")
    else:
        live.cloud.edges.move("TEST-dev", release=f"releases/{'f' * 64}")
    reports, _ = await walked(live.verifying("dev"))
    assert reports["verify-dev"].detail.endswith("; no end-to-end tests: TEST does not show the pair that is live")
    view = live.ledger.environment("dev")
    assert (view.withdrawn, view.history[-1].reason) == ({}, "passed: smoke tests")


async def test_a_test_that_could_not_be_made_takes_nothing_away(live: Shop) -> None:
    live.write("tests/e2e.sh", "exit 127")
    reports, _ = await walked(live.verifying("dev"))
    assert reports["verify-dev"].failure["what"].startswith("Error: ")
    view = live.ledger.environment("dev")
    assert (view.withdrawn, view.lock) == ({}, None)


async def test_what_a_stranger_put_there_says_nothing_of_the_release(live: Shop) -> None:
    live.cloud.functions.move("api-dev", "live", "1")
    reports, _ = await walked(live.verifying("dev"))
    assert reports["verify-dev"].failure["what"] == "r1 is not what is live: api-dev does not serve r1"
    view = live.ledger.environment("dev")
    assert (view.withdrawn, view.lock) == ({}, None)


async def test_a_pinned_environment_is_verified_too(live: Shop) -> None:
    live.ledger.pin("dev", "ada", "audit")
    reports, _ = await walked(live.verifying("dev"))
    assert phases(reports) == {"verify-dev": "succeeded"}


@pytest.mark.parametrize("lives", [False, True])
async def test_what_stands_half_way_is_not_verified(live: Shop, *, lives: bool) -> None:
    run = live.ledger.open_run("c", "main", None, "died").id
    live.living |= {run} if lives else set()
    live.ledger.acquire("dev", run, "gone", "deploy r2", 0.0)
    live.ledger.record_intent("dev", run, "r2", {"functions": {"api": "1"}, "app": ""})
    reports, undone = await walked(live.verifying("dev"))
    failure = reports["verify-dev"].failure
    assert failure["what"] == f"dev stands half-way: run {run} did not settle r2"
    assert f"`tidegate resume {run}`" in failure["what_next"]
    view = live.ledger.environment("dev")
    assert view.intent, "it is that run's to settle"
    assert (view.intent.run, view.lock is None, undone) == (run, lives, [])
    assert await live.live("dev") == all_on("a")


async def test_what_went_live_meanwhile_is_not_taken_for_the_release(live: Shop) -> None:
    run = live.verifying("dev")
    live.proved(live.release("b"))
    reports, _ = await walked(run)
    assert reports["verify-dev"].failure["what"] == "r1 is not what is live: r2 went live meanwhile"
    assert live.ledger.environment("dev").withdrawn == {}


async def test_an_idle_version_is_woken_first(live: Shop) -> None:
    version = live.cloud.functions.idle("api-dev", "live")
    await walked(live.verifying("dev"))
    assert ("api-dev", version, {}) in live.cloud.functions.invoked


async def test_a_verification_that_is_killed_is_taken_up(shop: Shop) -> None:
    def unwell(name: str, version: Version, payload: object) -> Answer:
        failed = version.digest == digest("a")
        return Answer({"errorMessage": "denied"}, error="Unhandled") if failed else answer(name, version, payload)

    moment, again = 0, True
    while again:
        moment += 1
        product = Shop(shop.folder / str(moment), replace(shop.pipeline, browser=None))
        product.store = MortalStore(product)
        product.ledger = Ledger(product.store, lambda: 0.0)
        product.release("a")
        await walked(product.workshop(product.plan(only=("dev",))))
        product.cloud.functions.handler = unwell
        run = product.verifying("dev")
        again = await killed(run, product, moment)
        product.ledger = Ledger(product.store, lambda: 0.0)
        await walked(replace(run, ledger=product.ledger))
        view = product.ledger.environment("dev")
        assert "denied" in view.withdrawn["r1"].reason, moment
        assert (view.lock, view.intent, view.live) == (None, None, "r1"), moment
    assert moment > 5
