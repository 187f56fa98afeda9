"""Jobs `test` and `e2e-test-<env>`: real commands, judged by exit code and report."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import Shop
from tidegate.errors import GateFailed
from tidegate.execute.browser import browser_test
from tidegate.execute.check import check
from tidegate.execute.gate import conclude
from tidegate.execute.local_machine import junit_option, report_at
from tidegate.execute.workshop import Workshop
from tidegate.model.job import JobReport, Phase
from tidegate.model.pipeline import CheckGate, CheckStep
from tidegate.model.verdict import Measurement, Verdict

REPORT = 'report=${{PYTEST_ADDOPTS##*--junitxml=}}; echo "<testsuite>{}</testsuite>" > "$report"\n'
PASSED = REPORT.format("<testcase name='a'/>")
SKIPPED = REPORT.format("<testcase name='a'><skipped/></testcase>")


def shop_with(shop: Shop, *steps: CheckStep, timeout: float = 60.0) -> Workshop:
    shop.pipeline = replace(shop.pipeline, check=CheckGate((), (), steps, timeout))
    shop.release("a")
    return shop.workshop()


async def checked(run: Workshop) -> JobReport:
    return await check(run, run.plan.by_name()["test"])


async def test_every_step_runs_in_the_checked_out_tree(shop: Shop) -> None:
    run = shop_with(shop, CheckStep("one", "echo in $PWD"), CheckStep("two", "ls tests && touch made"))
    report = await checked(run)
    assert (report.phase, report.detail) == (Phase.SUCCEEDED, "2 checks passed")
    assert f"in {shop.source}" in shop.log(run, "test")
    assert "$ ls tests && touch made" in shop.log(run, "test")
    assert (shop.source / "made").exists()


async def test_one_run_tells_all_that_is_wrong(shop: Shop) -> None:
    run = shop_with(shop, CheckStep("one", "echo first; exit 3"), CheckStep("two", "echo second; exit 4"))
    with pytest.raises(GateFailed) as raised:
        await checked(run)
    assert raised.value.what.startswith("Failed: one: exit code 3")
    assert "second" in shop.log(run, "test")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        pytest.param("no-such-command-here", "Error: step: could not be started", id="no such command"),
        pytest.param("false; true", "Failed: step: exit code 1", id="a failure in the middle"),
        pytest.param("kill -9 $$", "Failed: step: SIGKILL", id="killed"),
    ],
)
async def test_commands_that_do_not_pass(shop: Shop, command: str, says: str) -> None:
    with pytest.raises(GateFailed) as raised:
        await checked(shop_with(shop, CheckStep("step", command)))
    assert raised.value.what.startswith(says)


async def test_a_warning_is_told_and_does_not_fail(shop: Shop) -> None:
    run = shop_with(shop, CheckStep("unit", "true"), CheckStep("audit", "exit 1", warn=True))
    report = await checked(run)
    assert report.phase is Phase.SUCCEEDED
    assert "warned: audit" in report.detail


async def test_warnings_alone_are_no_evidence(shop: Shop) -> None:
    with pytest.raises(GateFailed, match="Inconclusive: nothing was measured"):
        await checked(shop_with(shop, CheckStep("audit", "true", warn=True)))


async def test_the_time_is_for_all_steps_together(shop: Shop) -> None:
    steps = (CheckStep("slow", "sleep 60"), CheckStep("late", "touch late"))
    with pytest.raises(GateFailed, match="Error: slow: timed out after 0 s"):
        await checked(shop_with(shop, *steps, timeout=0.3))
    assert not (shop.source / "late").exists()


def e2e(shop: Shop, script: str, *, shards: int = 1) -> Workshop:
    assert shop.pipeline.browser
    shop.pipeline = replace(shop.pipeline, browser=replace(shop.pipeline.browser, shards=shards))
    shop.write("tests/e2e.sh", script)
    shop.release("a")
    return shop.workshop()


async def browsed(run: Workshop) -> JobReport:
    return await browser_test(run, run.plan.by_name()["e2e-test-dev"])


async def test_shards_learn_which_part_is_theirs(shop: Shop) -> None:
    run = e2e(shop, 'echo "$E2E_SHARD_INDEX/$E2E_SHARD_TOTAL $E2E_BASE_URL $E2E_ARTIFACTS"\n' + PASSED, shards=2)
    report = await browsed(run)
    assert report.phase is Phase.SUCCEEDED
    log = shop.log(run, "e2e-test-dev")
    reports = shop.home.reports(run.run, "e2e-test-dev")
    for number in (1, 2):
        assert f"{number}/2 https://test-dev.cloudfront.test {reports.resolve()}" in log
        assert (reports / f"shard-{number}.xml").exists()
    measurements = report.outcome["measurements"]
    assert isinstance(measurements, list)
    assert [one["tests"] for one in measurements] == [1, 1]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param("true\n", "Inconclusive: end-to-end tests, shard 1 of 1: exit code 0 and no", id="no report"),
        pytest.param(SKIPPED, "Inconclusive: end-to-end tests, shard 1 of 1: no test ran (1 skipped)", id="skipped"),
        pytest.param(REPORT.format(""), "Inconclusive: end-to-end tests, shard 1 of 1: no test ran", id="no test"),
        pytest.param('echo x > "${PYTEST_ADDOPTS##*=}"\n', "Inconclusive: ", id="a report that is none"),
        pytest.param("exit 2\n", "Failed: end-to-end tests, shard 1 of 1: exit code 2", id="fails without a report"),
    ],
)
async def test_no_evidence_is_not_success(shop: Shop, script: str, says: str) -> None:
    with pytest.raises(GateFailed) as raised:
        await browsed(e2e(shop, script))
    assert raised.value.what.startswith(says)


async def test_one_shard_that_fails_fails_the_gate(shop: Shop) -> None:
    script = PASSED + 'test "$E2E_SHARD_INDEX" = 1\n'
    with pytest.raises(GateFailed, match="Failed: end-to-end tests, shard 2 of 2"):
        await browsed(e2e(shop, script, shards=2))


async def test_a_report_of_an_earlier_attempt_is_no_evidence(shop: Shop) -> None:
    run = e2e(shop, PASSED)
    await browsed(run)
    shop.write("tests/e2e.sh", "true\n")
    with pytest.raises(GateFailed, match="no test report"):
        await browsed(run)


def test_conclusions_keep_what_was_measured() -> None:
    measured = [
        Measurement("a", Verdict.SUCCESSFUL, seconds=1.23456, facts={"tests": 3}),
        Measurement("b", Verdict.INCONCLUSIVE, warn=True),
    ]
    assert conclude("job", measured).outcome == {
        "measurements": [
            {"name": "a", "verdict": "Successful", "seconds": 1.235, "tests": 3},
            {"name": "b", "verdict": "Inconclusive", "seconds": 0.0},
        ]
    }


def test_a_gate_without_measurements_is_inconclusive() -> None:
    with pytest.raises(GateFailed, match="Inconclusive: nothing was measured, so nothing is known"):
        conclude("job", [])


def test_reports_and_their_places(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "r.xml"
    assert junit_option(path) == f"--junitxml='{path}'"
    assert report_at(path) is None
    path.parent.mkdir()
    path.write_text("no xml", encoding="utf-8")
    assert report_at(path) is None
