import pytest

from tidegate.gates.command import FAILURES_SHOWN, judge_command, judge_tests, read_report
from tidegate.gates.command import TestReport as Report
from tidegate.model.verdict import Measurement, Verdict

CASES = """<testsuites><testsuite name="pytest">
<testcase classname="tests.a" name="test_ok" time="0.1"/>
<testcase classname="tests.a" name="test_bad"><failure message="assert 1 == 2&#10;more">trace</failure></testcase>
<testcase classname="tests.a" name="test_broken"><error message=""/></testcase>
<testcase classname="tests.a" name="test_later"><skipped message="no"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted() -> None:
    report = read_report(CASES.encode())
    assert (report.tests, report.skipped) == (4, 1)
    assert report.failures == ("test_bad: assert 1 == 2", "test_broken: no message")


@pytest.mark.parametrize(
    ("xml", "tests"),
    [("<testsuite/>", 0), ("<testsuites/>", 0), ("<testsuite><testcase name='a'/></testsuite>", 1)],
)
def test_small_reports(xml: str, tests: int) -> None:
    assert read_report(xml.encode()) == Report(tests, 0, ())


@pytest.mark.parametrize("xml", ["", "no xml", "<testsuite>", "<html><testcase/></html>"])
def test_what_is_no_report_is_refused(xml: str) -> None:
    with pytest.raises(ValueError, match="not a JUnit report"):
        read_report(xml.encode())


@pytest.mark.parametrize(
    ("code", "timed_out", "verdict", "detail"),
    [
        pytest.param(0, False, Verdict.SUCCESSFUL, "", id="0"),
        pytest.param(1, False, Verdict.FAILED, "exit code 1\ntail", id="1"),
        pytest.param(5, False, Verdict.FAILED, "exit code 5\ntail", id="pytest found no test"),
        pytest.param(137, False, Verdict.FAILED, "SIGKILL: somebody killed it, or memory ran out\ntail", id="killed"),
        pytest.param(127, False, Verdict.ERROR, "could not be started\ntail", id="no such command"),
        pytest.param(143, True, Verdict.ERROR, "timed out after 12 s\ntail", id="time is up"),
        pytest.param(0, True, Verdict.ERROR, "timed out after 12 s\ntail", id="time is up, however it ended"),
    ],
)
def test_exit_codes(code: int, timed_out: bool, verdict: Verdict, detail: str) -> None:
    measured = judge_command("unit tests", code, timed_out=timed_out, warn=False, seconds=12.3, tail="tail")
    assert measured == Measurement("unit tests", verdict, detail, 12.3)


def test_a_command_that_only_warns_keeps_its_verdict() -> None:
    measured = judge_command("audit", 1, timed_out=False, warn=True, seconds=1.0, tail="")
    assert (measured.verdict, measured.warn) == (Verdict.FAILED, True)


PASSED = Measurement("e2e", Verdict.SUCCESSFUL, "", 3.0)
FAILED = Measurement("e2e", Verdict.FAILED, "exit code 1\ntail", 3.0)


@pytest.mark.parametrize(
    ("command", "report", "verdict", "detail"),
    [
        pytest.param(PASSED, Report(3, 1, ()), Verdict.SUCCESSFUL, "2 passed", id="tests ran"),
        pytest.param(PASSED, Report(2, 2, ()), Verdict.INCONCLUSIVE, "no test ran (2 skipped)", id="all skipped"),
        pytest.param(PASSED, Report(0, 0, ()), Verdict.INCONCLUSIVE, "no test ran (0 skipped)", id="no test"),
        pytest.param(
            PASSED,
            None,
            Verdict.INCONCLUSIVE,
            "exit code 0 and no test report: nothing shows that a test ran",
            id="no report",
        ),
        pytest.param(
            PASSED,
            Report(2, 0, ("test_a: no",)),
            Verdict.FAILED,
            "exit code 0 although tests failed: 1 of 2 tests failed\n  test_a: no",
            id="an exit code that hides a failure",
        ),
        pytest.param(
            FAILED, Report(2, 0, ("test_a: no",)), Verdict.FAILED, "1 of 2 tests failed\n  test_a: no", id="failed"
        ),
        pytest.param(FAILED, Report(2, 0, ()), Verdict.FAILED, "exit code 1\ntail", id="failed beside the tests"),
        pytest.param(FAILED, None, Verdict.FAILED, "exit code 1\ntail", id="failed without a report"),
        pytest.param(
            Measurement("e2e", Verdict.ERROR, "timed out after 9 s"),
            Report(2, 0, ()),
            Verdict.ERROR,
            "timed out after 9 s",
            id="a report of tests that ran before the time was up",
        ),
    ],
)
def test_tests(command: Measurement, report: Report | None, verdict: Verdict, detail: str) -> None:
    judged = judge_tests(command, report)
    assert (judged.verdict, judged.detail) == (verdict, detail)
    assert (judged.name, judged.seconds, judged.warn) == (command.name, command.seconds, command.warn)


def test_many_failures_are_cut() -> None:
    failures = tuple(f"test_{place}: no" for place in range(FAILURES_SHOWN + 3))
    lines = judge_tests(FAILED, Report(20, 0, failures)).detail.splitlines()
    assert lines[0] == f"{FAILURES_SHOWN + 3} of 20 tests failed"
    assert lines[-1] == "  and 3 more"
    assert len(lines) == FAILURES_SHOWN + 2


def test_counts_are_kept_as_facts() -> None:
    assert judge_tests(PASSED, Report(5, 2, ())).facts == {"tests": 3, "skipped": 2}
