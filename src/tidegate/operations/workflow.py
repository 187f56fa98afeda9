"""A workflow run of GitHub's, looked at again and again until it is over or waits for a person."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tidegate.errors import CloudError, NotFound
from tidegate.github.access import read_access
from tidegate.github.api import open_github
from tidegate.github.ports import Github, Quota
from tidegate.model.origin import GithubOrigin
from tidegate.model.workflow import (
    Awaited,
    Standing,
    Status,
    WorkflowJob,
    WorkflowRun,
    standing,
    waits_for_a_person,
)
from tidegate.operations.failed_log import MOST_BYTES, FailedLog, failed_log
from tidegate.operations.looking import Pause, looks

POLL_SECONDS = 3.0
REQUESTS_A_LOOK = 3
"""The run, its jobs, what it waits for. What did not change costs nothing, so this is the most."""
MOST_LOGS = 10
"""How many failed jobs are told with their logs; most of the time the first one is the cause."""
WAITS = 5
"""Exit code of what waits for an approval."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A workflow run as it was seen once.

    Attributes:
        run: The run.
        jobs: Its jobs, of the latest attempt.
        awaited: The environments that it waits for.
    """

    run: WorkflowRun
    jobs: tuple[WorkflowJob, ...] = ()
    awaited: tuple[Awaited, ...] = ()

    @property
    def standing(self) -> Standing:
        """What its status and its conclusion mean; over, with exit code 5, where only a person lets it go on."""
        if self.run.status is not Status.COMPLETED and waits_for_a_person(self.jobs, self.awaited):
            names = ", ".join(one.environment for one in self.awaited if one.reviewers)
            return Standing(f"waiting: a person must approve {names}", over=True, exit_code=WAITS)
        return standing(self.run.status, self.run.conclusion)


def workflow_port(origin: GithubOrigin, variables: Mapping[str, str]) -> AbstractAsyncContextManager[Github]:
    """The port for the repository of a workflow run.

    Raises:
        ConfigError: Without a token.
    """
    return open_github(read_access(variables), origin.repository)


async def sights(
    github: Github, run: int, pause: Pause = asyncio.sleep, clock: Callable[[], float] = time.time
) -> AsyncGenerator[Sight | CloudError, None]:
    """What is seen of a workflow run each time until it is over; the last sight is the one that is.

    An answer that does not come once the run was seen, or a used-up rate limit, is passed on and waited for.

    Raises:
        CloudError: When GitHub refuses, when the run cannot be seen even once, or when no answer came for a long time.
    """
    async with contextlib.aclosing(
        looks(lambda: look(github, run), lambda: interval(github.quota, clock()), pause)
    ) as found:
        async for one in found:
            yield one
            if isinstance(one, Sight) and one.standing.over:
                return


async def look(github: Github, run: int) -> Sight:
    """Look at a workflow run once. Jobs are read behind the run, so those of a completed one have ended too."""
    found = await github.run(run)
    jobs = await github.jobs(run)
    awaited = await github.awaited(run) if found.status is Status.WAITING else ()
    return Sight(found, jobs, awaited)


def interval(quota: Quota | None, now: float) -> float:
    """Seconds until the next look: as many as make what is left of the rate limit last until it begins anew."""
    if quota is None:
        return POLL_SECONDS
    left = max(0.0, quota.reset - now)
    return max(POLL_SECONDS, REQUESTS_A_LOOK * left / max(1, quota.remaining))


async def failed_logs(github: Github, jobs: tuple[WorkflowJob, ...]) -> tuple[FailedLog, ...]:
    """What the jobs that failed said last; a log that cannot be had says why instead."""
    return tuple([await _log(github, job) for job in [job for job in jobs if job.failed][:MOST_LOGS]])


async def failed_logs_of(github: Github, run: int) -> tuple[FailedLog, ...]:
    """The same for a workflow run that was not looked at.

    Raises:
        CloudError: When its jobs cannot be had.
    """
    return await failed_logs(github, await github.jobs(run))


async def _log(github: Github, job: WorkflowJob) -> FailedLog:
    try:
        return failed_log(job, await github.job_log(job.id, MOST_BYTES))
    except NotFound:
        return FailedLog(job, ("GitHub keeps no log of it",))
    except CloudError as unread:
        return FailedLog(job, (f"its log cannot be read: {unread.what}",))
