"""How a build of CodeBuild is judged."""

import pytest

from tidegate.gates.build import judge_build, mending
from tidegate.model.build import Build, BuildPhase, BuildStatus
from tidegate.model.verdict import Verdict

DONE = BuildPhase("INSTALL", "SUCCEEDED")
SAID = ("COMMAND_EXECUTION_ERROR", "Error while executing command: pytest. Reason: exit status 1")


def build(status: BuildStatus, *phases: BuildPhase) -> Build:
    return Build("tests:1", "tests", status, (DONE, *phases))


CASES = [
    (build(BuildStatus.SUCCEEDED, BuildPhase("COMPLETED")), Verdict.SUCCESSFUL, "", ""),
    (
        build(BuildStatus.FAILED, BuildPhase("BUILD", "FAILED", *SAID), BuildPhase("COMPLETED")),
        Verdict.FAILED,
        "the tests failed in BUILD of tests:1: Error while executing command: pytest. Reason: exit status 1",
        "mend what failed, and push",
    ),
    (
        build(BuildStatus.FAILED, BuildPhase("POST_BUILD", "FAILED", *SAID)),
        Verdict.FAILED,
        "the tests failed in POST_BUILD",
        "push",
    ),
    (
        build(BuildStatus.FAILED, BuildPhase("INSTALL", "FAILED", *SAID)),
        Verdict.ERROR,
        "the tests did not run: INSTALL of tests:1 failed: Error while",
        "buildspec or role",
    ),
    (
        build(BuildStatus.FAILED, BuildPhase("PROVISIONING", "FAILED", "CLIENT_ERROR")),
        Verdict.ERROR,
        "the tests did not run: PROVISIONING of tests:1 failed: CLIENT_ERROR",
        "role",
    ),
    (
        build(BuildStatus.FAULT, BuildPhase("PROVISIONING", "FAULT")),
        Verdict.ERROR,
        "a fault of CodeBuild's, not of the tests, ended tests:1 in PROVISIONING",
        "Health Dashboard",
    ),
    (
        build(BuildStatus.TIMED_OUT, BuildPhase("BUILD", "TIMED_OUT", "BUILD_TIMED_OUT", "Build has timed out. ")),
        Verdict.ERROR,
        "CodeBuild ended tests:1: its time was up in BUILD: Build has timed out.",
        "vpc-tests.timeout",
    ),
    (
        build(BuildStatus.STOPPED, BuildPhase("BUILD", "STOPPED"), BuildPhase("COMPLETED")),
        Verdict.INCONCLUSIVE,
        "somebody stopped tests:1 in BUILD",
        "find out who",
    ),
    (
        build(BuildStatus.IN_PROGRESS, BuildPhase("BUILD")),
        Verdict.ERROR,
        "timed out: tests:1 was still in BUILD after 1200 s",
        "vpc-tests.timeout",
    ),
]


@pytest.mark.parametrize(("found", "verdict", "detail", "next_step"), CASES)
def test_each_end_is_told_apart(found: Build, verdict: Verdict, detail: str, next_step: str) -> None:
    measured = judge_build("tests inside the VPC", found, 1200.0)
    assert measured.verdict is verdict
    assert measured.detail.startswith(detail)
    assert bool(measured.detail) is bool(detail)
    assert measured.facts == {"build": "tests:1", "status": found.status.value}
    assert next_step in mending("vpc-integration-tests", found)


def test_every_status_is_judged() -> None:
    assert {case[0].status for case in CASES} == set(BuildStatus)
