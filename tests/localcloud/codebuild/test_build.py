"""The way of a build through its phases."""

import pytest

from tidegate.localcloud.codebuild.build import Build, Context, OnFailure, Phase, PhaseType, Project, Source, Status
from tidegate.localcloud.codebuild.build import following as behind

PROJECT = Project("vpc-tests", "arn", Source("NO_SOURCE", buildspec="version: 0.2"), {}, (), "role", 1.0, 1.0)


def at(kind: PhaseType) -> Build:
    """A build that reached a phase well."""
    build = Build("vpc-tests:1", "arn", 1, PROJECT, "test", 1.0, (Phase(PhaseType.SUBMITTED, 1.0),))
    while build.current is not kind:
        build = build.leave(Status.SUCCEEDED, 2.0)
    return build


@pytest.mark.parametrize(
    ("phase", "status", "on_failure", "expected"),
    [
        (PhaseType.SUBMITTED, Status.SUCCEEDED, None, PhaseType.QUEUED),
        (PhaseType.DOWNLOAD_SOURCE, Status.FAILED, None, PhaseType.FINALIZING),
        (PhaseType.INSTALL, Status.FAILED, None, PhaseType.FINALIZING),
        (PhaseType.PRE_BUILD, Status.FAILED, OnFailure.CONTINUE, PhaseType.BUILD),
        (PhaseType.BUILD, Status.FAILED, None, PhaseType.POST_BUILD),
        (PhaseType.BUILD, Status.FAILED, OnFailure.ABORT, PhaseType.FINALIZING),
        (PhaseType.BUILD, Status.TIMED_OUT, None, PhaseType.FINALIZING),
        (PhaseType.BUILD, Status.FAULT, OnFailure.CONTINUE, PhaseType.FINALIZING),
        (PhaseType.POST_BUILD, Status.FAILED, None, PhaseType.UPLOAD_ARTIFACTS),
        (PhaseType.FINALIZING, Status.FAILED, None, PhaseType.COMPLETED),
    ],
)
def test_what_comes_behind_a_phase(
    phase: PhaseType, status: Status, on_failure: OnFailure | None, expected: PhaseType
) -> None:
    assert behind(phase, status, on_failure) is expected


def test_a_build_succeeds_only_where_every_phase_did() -> None:
    assert at(PhaseType.COMPLETED).status is Status.SUCCEEDED
    failed = at(PhaseType.PRE_BUILD).leave(Status.FAILED, 3.0, Context("C", "why"), OnFailure.CONTINUE)
    assert not failed.succeeding
    while not failed.complete:
        failed = failed.leave(Status.SUCCEEDED, 4.0)
    assert (failed.status, failed.ended) == (Status.FAILED, 4.0)


def test_a_build_that_ended_changes_no_more() -> None:
    stopped = at(PhaseType.BUILD).stop(5.0)
    assert (stopped.status, stopped.current, stopped.phases[-2].status) == (
        Status.STOPPED,
        PhaseType.COMPLETED,
        Status.STOPPED,
    )
    assert stopped.leave(Status.SUCCEEDED, 6.0) == stopped == stopped.stop(7.0)
