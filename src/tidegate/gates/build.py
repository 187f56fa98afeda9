"""Gates that CodeBuild runs: how a build ended as a measurement, and what to do about it."""

from typing import assert_never

from tidegate.model.build import Build, BuildPhase, BuildStatus
from tidegate.model.verdict import Measurement, Verdict

_TESTING = frozenset({"BUILD", "POST_BUILD"})
"""The phases in which a buildspec tests; those before them make ready for it."""


def judge_build(name: str, build: Build, seconds: float) -> Measurement:
    """Judge a build that ended, or whose time is up.

    Only a failed command of the phases that test says something of the candidate. Whatever else went wrong, nothing is
    known of it: that is an error, and no failed test.

    Args:
        name: What was measured.
        build: As it was seen last.
        seconds: How long it was waited for.
    """
    verdict, detail = _judged(build, build.culprit or BuildPhase(build.current), seconds)
    return Measurement(name, verdict, detail, seconds, facts={"build": build.id, "status": build.status.value})


def _judged(build: Build, phase: BuildPhase, seconds: float) -> tuple[Verdict, str]:  # noqa: PLR0911 - one a status
    said = phase.message.strip() or phase.code
    because = f": {said}" if said else ""
    match build.status:
        case BuildStatus.SUCCEEDED:
            return Verdict.SUCCESSFUL, ""
        case BuildStatus.FAILED if phase.name in _TESTING:
            return Verdict.FAILED, f"the tests failed in {phase.name} of {build.id}{because}"
        case BuildStatus.FAILED:
            return Verdict.ERROR, f"the tests did not run: {phase.name or 'a phase'} of {build.id} failed{because}"
        case BuildStatus.TIMED_OUT:
            return Verdict.ERROR, f"CodeBuild ended {build.id}: its time was up in {phase.name}{because}"
        case BuildStatus.FAULT:
            return Verdict.ERROR, f"a fault of CodeBuild's, not of the tests, ended {build.id} in {phase.name}{because}"
        case BuildStatus.STOPPED:
            return Verdict.INCONCLUSIVE, f"somebody stopped {build.id} in {phase.name}"
        case BuildStatus.IN_PROGRESS:
            return Verdict.ERROR, f"timed out: {build.id} was still in {phase.name} after {seconds:.0f} s"
        case _:
            assert_never(build.status)


def mending(job: str, build: Build) -> str:
    """What a reader can do about a build that did not succeed."""
    logs = f"`tidegate logs --job {job}` shows all of it"
    again = "`tidegate resume` starts another build"
    match build.status:
        case BuildStatus.FAILED if build.culprit and build.culprit.name in _TESTING:
            return f"{logs}; mend what failed, and push"
        case BuildStatus.FAILED:
            return f"{logs}; mend the project's source, buildspec or role, then {again}"
        case BuildStatus.TIMED_OUT | BuildStatus.IN_PROGRESS:
            return f"{logs}; database.vpc-tests.timeout in tidegate.yaml is the limit; {again}"
        case BuildStatus.FAULT:
            return f"{again}; the AWS Health Dashboard tells of outages"
        case BuildStatus.STOPPED:
            return f"find out who stopped it and why; {again}"
        case BuildStatus.SUCCEEDED:
            return ""
        case _:
            assert_never(build.status)
