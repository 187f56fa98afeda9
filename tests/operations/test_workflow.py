"""A workflow run that is looked at again and again, whatever happens on the way."""

import pytest

from tests.memory_github import MemoryGithub, Shown, workflow_run
from tidegate.errors import CloudError, NotFound, Throttled, Unreachable
from tidegate.github.ports import LogTail, Quota
from tidegate.model.workflow import Awaited, Conclusion, Status, WorkflowJob
from tidegate.operations.looking import MOST_LOST
from tidegate.operations.workflow import MOST_LOGS, POLL_SECONDS, Sight, failed_logs, interval, sights

NOW = 1000.0
RUNNING: Shown = (workflow_run(Status.IN_PROGRESS), (), ())
ANN = Awaited("prod-approval", ("ann",))


def job(number: int, status: Status, conclusion: Conclusion = Conclusion.NONE) -> WorkflowJob:
    return WorkflowJob(number, f"job {number}", status, conclusion)


def ended(conclusion: Conclusion) -> Shown:
    return workflow_run(Status.COMPLETED, conclusion), (), ()


async def seen(github: MemoryGithub) -> tuple[list[Sight | CloudError], list[float]]:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    return [one async for one in sights(github, 77, pause, lambda: NOW)], waited


async def test_a_run_is_looked_at_until_it_is_completed() -> None:
    queued: Shown = (workflow_run(Status.QUEUED), (), ())
    found, waited = await seen(MemoryGithub([queued, RUNNING, ended(Conclusion.FAILURE)]))
    assert [(one.standing.over, one.standing.exit_code) for one in found if isinstance(one, Sight)] == [
        (False, 0),
        (False, 0),
        (True, 1),
    ]
    assert waited == [POLL_SECONDS, POLL_SECONDS]


async def test_watching_goes_on_through_a_loss_of_the_network_and_a_used_up_limit() -> None:
    limited = Throttled("rate limit")
    limited.retry_after = 1800.0
    script: list[Shown | CloudError] = [
        RUNNING,
        Unreachable("no route"),
        Unreachable("no route"),
        limited,
        ended(Conclusion.SUCCESS),
    ]
    found, waited = await seen(MemoryGithub(script))
    assert [type(one) for one in found] == [Sight, Unreachable, Unreachable, Throttled, Sight]
    assert waited == [POLL_SECONDS, 15.0, 15.0, 1800.0]


@pytest.mark.parametrize("error", [NotFound("no run"), CloudError("expired"), Unreachable("x"), Throttled("x")])
async def test_what_was_never_seen_is_an_error(error: CloudError) -> None:
    with pytest.raises(type(error)):
        await seen(MemoryGithub([error]))


@pytest.mark.parametrize("error", [NotFound("the run was deleted"), CloudError("the token expired")])
async def test_a_refusal_ends_the_watching(error: CloudError) -> None:
    with pytest.raises(type(error)):
        await seen(MemoryGithub([RUNNING, error]))


async def test_a_network_that_stays_away_ends_the_watching_at_last() -> None:
    with pytest.raises(Unreachable):
        await seen(MemoryGithub([RUNNING, Unreachable("gone")]))
    lost: list[Shown | CloudError] = [Unreachable("gone")] * MOST_LOST
    found, _ = await seen(MemoryGithub([RUNNING, *lost, ended(Conclusion.SUCCESS)]))
    assert len(found) == MOST_LOST + 2


async def test_a_run_that_only_a_person_lets_go_on_is_left_waiting() -> None:
    waiting: Shown = (workflow_run(Status.WAITING), (job(1, Status.WAITING),), (ANN,))
    found, _ = await seen(MemoryGithub([RUNNING, waiting, ended(Conclusion.SUCCESS)]))
    last = found[-1]
    assert isinstance(last, Sight)
    assert (last.standing.exit_code, last.standing.told) == (5, "waiting: a person must approve prod-approval")
    busy: Shown = (workflow_run(Status.WAITING), (job(1, Status.WAITING), job(2, Status.IN_PROGRESS)), (ANN,))
    found, _ = await seen(MemoryGithub([busy, ended(Conclusion.SUCCESS)]))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("quota", "seconds"),
    [
        (None, POLL_SECONDS),
        (Quota(5000, NOW + 3600), POLL_SECONDS),
        (Quota(300, NOW + 3600), 36.0),
        (Quota(0, NOW + 600), 1800.0),
        (Quota(0, NOW - 5), POLL_SECONDS),
    ],
)
def test_what_is_left_of_the_rate_limit_lasts_until_it_begins_anew(quota: Quota | None, seconds: float) -> None:
    assert interval(quota, NOW) == seconds


async def test_logs_of_the_jobs_that_failed() -> None:
    failed = [job(number, Status.COMPLETED, Conclusion.FAILURE) for number in (1, 2, 3)]
    jobs = (job(4, Status.COMPLETED, Conclusion.SKIPPED), *failed, job(5, Status.COMPLETED, Conclusion.SUCCESS))
    github = MemoryGithub(logs={1: LogTail("boom"), 2: Unreachable("no answer")})
    logs = await failed_logs(github, jobs)
    assert [(log.job.id, log.lines) for log in logs] == [
        (1, ("boom",)),
        (2, ("its log cannot be read: no answer",)),
        (3, ("GitHub keeps no log of it",)),
    ]


async def test_of_very_many_failed_jobs_only_the_first_logs_are_read() -> None:
    github = MemoryGithub(logs={number: LogTail("boom") for number in range(MOST_LOGS)})
    jobs = tuple(job(number, Status.COMPLETED, Conclusion.TIMED_OUT) for number in range(MOST_LOGS + 90))
    logs = await failed_logs(github, jobs)
    assert [log.lines for log in logs] == [("boom",)] * MOST_LOGS
