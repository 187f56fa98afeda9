"""Gates that run commands: exit codes and test reports as measurements."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace

from tidegate.model.ending import told_ending
from tidegate.model.verdict import Measurement, Verdict

FAILURES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TestReport:
    """Counts of a JUnit report; `failures` holds one line a failed test."""

    tests: int
    skipped: int
    failures: tuple[str, ...]


def read_report(xml: bytes) -> TestReport:
    """Read a JUnit XML report, as pytest and most runners write it.

    Raises:
        ValueError: When it is not a JUnit report.
    """
    try:
        root = ET.fromstring(xml)  # noqa: S314 - written by the gate's own command, moments ago
    except ET.ParseError as error:
        raise ValueError(f"not a JUnit report: {error}") from error
    if root.tag not in {"testsuites", "testsuite"}:
        raise ValueError(f"not a JUnit report: its root is <{root.tag}>")
    cases = list(root.iter("testcase"))
    failures = [
        f"{case.get('name', '')}: {(problem.get('message') or 'no message').splitlines()[0][:200]}"
        for case in cases
        for problem in (*case.findall("failure"), *case.findall("error"))
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return TestReport(len(cases), skipped, tuple(failures))


def judge_command(name: str, code: int, *, timed_out: bool, warn: bool, seconds: float, tail: str) -> Measurement:
    """Judge a command by its exit code."""
    if timed_out:
        return Measurement(name, Verdict.ERROR, f"timed out after {seconds:.0f} s\n{tail}", seconds, warn)
    if code == 127:
        return Measurement(name, Verdict.ERROR, f"could not be started\n{tail}", seconds, warn)
    if code != 0:
        return Measurement(name, Verdict.FAILED, f"{told_ending(code)}\n{tail}", seconds, warn)
    return Measurement(name, Verdict.SUCCESSFUL, "", seconds, warn)


def judge_tests(command: Measurement, report: TestReport | None) -> Measurement:
    """Judge a test command by its exit code and by its report: success without an executed test is no success."""
    if command.verdict is not Verdict.SUCCESSFUL:
        return Measurement(command.name, command.verdict, _failed(command, report), command.seconds, command.warn)
    if report is None:
        detail = "exit code 0 and no test report: nothing shows that a test ran"
        return Measurement(command.name, Verdict.INCONCLUSIVE, detail, command.seconds, command.warn)
    if report.failures:
        failed = replace(command, verdict=Verdict.FAILED, detail="exit code 0 although tests failed")
        return replace(failed, detail=f"{failed.detail}: {_failed(failed, report)}")
    ran = report.tests - report.skipped
    if ran == 0:
        detail = f"no test ran ({report.skipped} skipped)"
        return Measurement(command.name, Verdict.INCONCLUSIVE, detail, command.seconds, command.warn)
    facts = {"tests": ran, "skipped": report.skipped}
    return Measurement(command.name, Verdict.SUCCESSFUL, f"{ran} passed", command.seconds, command.warn, facts)


def _failed(command: Measurement, report: TestReport | None) -> str:
    """What failed: the tests by name where the report knows them, else the tail of the command's output."""
    if report is None or not report.failures or command.verdict is not Verdict.FAILED:
        return command.detail
    shown = report.failures[:FAILURES_SHOWN]
    more = [f"and {len(report.failures) - len(shown)} more"] if len(report.failures) > len(shown) else []
    return "\n  ".join([f"{len(report.failures)} of {report.tests} tests failed", *shown, *more])
