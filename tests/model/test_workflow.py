import pytest

from tidegate.model.workflow import Awaited, Conclusion, Status, WorkflowJob, standing, waits_for_a_person

ENDINGS = [
    (Conclusion.SUCCESS, "success", 0),
    (Conclusion.FAILURE, "failure", 1),
    (Conclusion.CANCELLED, "cancelled", 130),
    (Conclusion.TIMED_OUT, "timed out", 1),
    (Conclusion.ACTION_REQUIRED, "a person must let it run", 5),
    (Conclusion.STARTUP_FAILURE, "workflow file could not be run", 1),
    (Conclusion.SKIPPED, "nothing of it ran", 1),
    (Conclusion.NEUTRAL, "neither success nor failure", 1),
    (Conclusion.STALE, "gave it up", 1),
    (Conclusion.NONE, "without a conclusion", 1),
    (Conclusion.UNKNOWN, "does not know", 1),
]


@pytest.mark.parametrize(("conclusion", "told", "code"), ENDINGS)
def test_what_is_completed_is_judged_by_its_conclusion(conclusion: Conclusion, told: str, code: int) -> None:
    found = standing(Status.COMPLETED, conclusion)
    assert told in found.told
    assert (found.over, found.exit_code) == (True, code)


def test_every_conclusion_is_in_the_table() -> None:
    assert {conclusion for conclusion, _, _ in ENDINGS} == set(Conclusion)
    assert [conclusion for conclusion, _, code in ENDINGS if code == 0] == [Conclusion.SUCCESS]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.COMPLETED])
@pytest.mark.parametrize("conclusion", Conclusion)
def test_a_conclusion_counts_for_nothing_before_the_end(status: Status, conclusion: Conclusion) -> None:
    assert not standing(status, conclusion).over


def job(status: Status) -> WorkflowJob:
    return WorkflowJob(1, "a", status, Conclusion.NONE)


ANN = Awaited("prod", ("ann",))


@pytest.mark.parametrize(
    ("statuses", "awaited", "waits"),
    [
        ([Status.WAITING], [ANN], True),
        ([Status.COMPLETED, Status.WAITING, Status.PENDING], [ANN], True),
        ([Status.IN_PROGRESS, Status.WAITING], [ANN], False),
        ([Status.QUEUED, Status.WAITING], [ANN], False),
        ([Status.WAITING], [Awaited("slow", wait_minutes=5)], False),
        ([Status.WAITING], [], False),
    ],
)
def test_a_run_waits_for_a_person_when_nothing_else_goes_on(
    statuses: list[Status], awaited: list[Awaited], waits: bool
) -> None:
    assert waits_for_a_person([job(status) for status in statuses], awaited) is waits
