import pytest

from tidegate.model.job import Phase
from tidegate.model.run import Attempt, JobView, RunView, StepView

FIRST = Attempt(7, "laptop", 1.0, "boot:1")
SECOND = Attempt(8, "laptop", 2.0, "boot:2")


def run(phase: Phase, *attempts: Attempt) -> RunView:
    return RunView("1", "c", "main", None, "push", 0.0, phase=phase, attempts=attempts)


@pytest.mark.parametrize(
    ("view", "alive", "shown"),
    [
        (run(Phase.RUNNING, FIRST), True, "running"),
        (run(Phase.RUNNING, FIRST), False, "interrupted"),
        (run(Phase.PENDING), False, "pending"),
        (run(Phase.SUCCEEDED, FIRST), False, "succeeded"),
        (run(Phase.FAILED, FIRST, SECOND), False, "failed"),
    ],
)
def test_a_run_that_runs_while_its_process_is_gone_is_interrupted(view: RunView, alive: bool, shown: str) -> None:
    judged = view.judged(lambda _: alive)
    assert judged.shown == shown
    assert judged.interrupted == (shown == "interrupted")
    assert judged.phase is view.phase
    assert judged.judged(lambda _: True).interrupted is False


def test_the_last_attempt_is_judged() -> None:
    asked: list[Attempt] = []

    def alive(attempt: Attempt) -> bool:
        asked.append(attempt)
        return attempt == SECOND

    assert run(Phase.RUNNING, FIRST, SECOND).judged(alive).shown == "running"
    assert asked == [SECOND]


@pytest.mark.parametrize(
    ("started", "ended", "seconds"),
    [(None, None, None), (1.0, None, None), (None, 5.0, None), (1.0, 5.5, 4.5), (9.0, 2.0, 0.0)],
)
def test_seconds_of_a_job(started: float | None, ended: float | None, seconds: float | None) -> None:
    assert JobView("build", started=started, ended=ended).seconds == seconds


def test_a_step_is_found_by_name() -> None:
    job = JobView("build", steps=(StepView("one", 1.0), StepView("two", 2.0)))
    assert job.step("two") == StepView("two", 2.0)
    assert job.step("three") is None
