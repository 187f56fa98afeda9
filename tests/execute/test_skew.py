"""The mixed pairs of live and candidate."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import E2E, PIPELINE, Shop, all_on, digest
from tests.execute.test_way_back import broken
from tests.execute.walks import phases, walked
from tidegate.model.job import Waiver
from tidegate.model.pipeline import BrowserGate
from tidegate.model.run import JobView

FAILING = """
report=${PYTEST_ADDOPTS##*--junitxml=}
echo "<testsuite><testcase name='test_contract'><failure message='no such field'/></testcase></testsuite>" > "$report"
exit 1
"""


@pytest.fixture
def paired(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path, replace(PIPELINE, contract=BrowserGate("sh tests/contract.sh", ())))
    shop.write("tests/contract.sh", E2E)
    return shop


def job_of(shop: Shop, run: str, name: str) -> JobView:
    return shop.ledger.run(run).jobs[name]


async def test_a_first_deployment_has_nothing_to_be_mixed_with(paired: Shop) -> None:
    paired.release("a")
    run = paired.workshop()
    await walked(run)
    assert "nothing is live yet" in job_of(paired, run.run, "skew-test-dev").detail
    assert await paired.live("prod") == all_on("a")


async def test_both_mixed_pairs_are_tested_and_the_tested_pair_is_shown_again(paired: Shop) -> None:
    for letter in "ab":
        paired.release(letter)
        run = paired.workshop()
        await walked(run)
    told = [step.name for step in job_of(paired, run.run, "skew-test-prod").steps]
    assert told == [
        f"TEST → {digest('a')[:19]} with https://candidate",
        f"TEST → {digest('b')[:19]} with https://live",
        f"TEST → {digest('b')[:19]} with https://candidate",
    ]
    assert job_of(paired, run.run, "skew-test-prod").detail == "2 tests passed"
    assert await paired.live("prod") == all_on("b")


async def test_what_is_live_and_known_to_be_broken_is_not_mixed_with_what_mends_it(paired: Shop) -> None:
    paired.release("a")
    await walked(paired.workshop())
    paired.release("b")
    paired.cloud.functions.handler = broken("a")
    paired.write("tests/contract.sh", FAILING)
    run = paired.workshop(replace(paired.plan(), waiver=Waiver(("dev", "prod"), "ada", "the password was rotated")))
    await walked(run)
    told = job_of(paired, run.run, "skew-test-dev").detail
    assert told.startswith("not tested with what is live: the way back to r1 is not proven")
    assert "ada lets the run go on all the same" in told
    assert await paired.live("prod") == all_on("b")


async def test_a_broken_contract_stops_the_promotion(paired: Shop) -> None:
    paired.release("a")
    await walked(paired.workshop())
    paired.release("b")
    paired.write("tests/contract.sh", FAILING)
    run = paired.workshop()
    reports, _ = await walked(run)
    assert phases(reports)["skew-test-dev"] == "failed"
    assert phases(reports)["promote-dev"] == "blocked"
    assert "no such field" in reports["skew-test-dev"].failure["what"]
    assert [step.name for step in job_of(paired, run.run, "skew-test-dev").steps][-1].endswith("with https://candidate")
    assert await paired.live("dev") == all_on("a")


async def test_one_half_alone_makes_no_mixed_pair(paired: Shop) -> None:
    paired.release("a")
    await walked(paired.workshop())
    paired.release("b", site="a")
    reports, _ = await walked(paired.workshop(paired.plan(site=False)))
    assert phases(reports)["skew-test-dev"] == "satisfied"
    assert phases(reports)["promote-dev"] == "succeeded"
