"""Workflow run: what GitHub Actions says of a run of a workflow and of its jobs, and what to make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Status(StrEnum):
    """How far a workflow run, a job or a step is (GitHub REST API, "Workflow runs")."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    WAITING = "waiting"
    REQUESTED = "requested"
    PENDING = "pending"
    UNKNOWN = "unknown"
    """A word that GitHub has and we do not."""


class Conclusion(StrEnum):
    """How something ended (GitHub REST API, "Workflow runs"). A status alone says nothing of that."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    ACTION_REQUIRED = "action_required"
    STALE = "stale"
    STARTUP_FAILURE = "startup_failure"
    NONE = "none"
    """Nothing is said: it has not ended, or nobody knows how."""
    UNKNOWN = "unknown"
    """A word that GitHub has and we do not."""


FAILING = frozenset({Conclusion.FAILURE, Conclusion.TIMED_OUT, Conclusion.STARTUP_FAILURE})
"""Conclusions of a job whose log says what went wrong."""


_ENDINGS = {
    Conclusion.SUCCESS: ("success", 0),
    Conclusion.FAILURE: ("failure", 1),
    Conclusion.CANCELLED: ("cancelled", 130),
    Conclusion.TIMED_OUT: ("timed out", 1),
    Conclusion.ACTION_REQUIRED: ("action required: a person must let it run", 5),
    Conclusion.STARTUP_FAILURE: ("startup failure: the workflow file could not be run", 1),
    Conclusion.SKIPPED: ("skipped: nothing of it ran", 1),
    Conclusion.NEUTRAL: ("neutral: neither success nor failure", 1),
    Conclusion.STALE: ("stale: nothing was heard of it, so GitHub gave it up", 1),
    Conclusion.NONE: ("completed without a conclusion", 1),
    Conclusion.UNKNOWN: ("completed with a conclusion that Tidegate does not know", 1),
}
"""What is told of each conclusion, and its exit code."""


@dataclass(frozen=True, slots=True)
class WorkflowStep:
    """A step of a job. Times are seconds since the epoch, whole ones as GitHub gives them; None where it gives none."""

    number: int
    name: str
    status: Status
    conclusion: Conclusion
    started: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """A job of a workflow run, of its latest attempt."""

    id: int
    name: str
    status: Status
    conclusion: Conclusion
    url: str = ""
    started: float | None = None
    ended: float | None = None
    steps: tuple[WorkflowStep, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether its log says what went wrong."""
        return self.status is Status.COMPLETED and self.conclusion in FAILING

    @property
    def failed_step(self) -> WorkflowStep | None:
        """The first step that failed; None when GitHub names none, as where a runner was lost."""
        return next((step for step in self.steps if step.conclusion in FAILING), None)

    @property
    def step(self) -> WorkflowStep | None:
        """The step that is under way."""
        return next((step for step in self.steps if step.status is Status.IN_PROGRESS), None)


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of a workflow.

    Attributes:
        id: It stays the same when jobs are run again; `attempt` counts those.
        workflow: Name of the workflow.
        event: What triggered it: `push`, `pull_request`, `workflow_dispatch`, …
        commit: The commit that it runs at.
        created: Seconds since the epoch.
        url: Its page, for people.
    """

    id: int
    workflow: str
    event: str
    branch: str
    commit: str
    status: Status
    conclusion: Conclusion
    attempt: int = 1
    created: float = 0.0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An environment of GitHub's that a workflow run waits for ("pending deployments").

    Attributes:
        environment: Its name.
        reviewers: Who may approve; empty where no person is asked.
        may_approve: Whether the token's owner is one of them.
        wait_minutes: How long GitHub itself lets it wait.
    """

    environment: str
    reviewers: tuple[str, ...] = ()
    may_approve: bool = False
    wait_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a status and a conclusion together mean.

    Attributes:
        told: For people.
        over: Whether it goes no further by itself.
        exit_code: As `docs/cli.md` lists them; 0 for nothing but success, and while it is not over.
    """

    told: str
    over: bool
    exit_code: int


def standing(status: Status, conclusion: Conclusion) -> Standing:
    """Judge status and conclusion together. Whatever is not known to be a success is none."""
    match status:
        case Status.COMPLETED:
            told, code = _ENDINGS[conclusion]
            return Standing(told, over=True, exit_code=code)
        case Status.QUEUED | Status.REQUESTED | Status.PENDING:
            return Standing(f"{status.value}: it has not begun", over=False, exit_code=0)
        case Status.IN_PROGRESS:
            return Standing("in progress", over=False, exit_code=0)
        case Status.WAITING:
            return Standing("waiting: an environment's protection rules hold it", over=False, exit_code=0)
        case Status.UNKNOWN:
            return Standing("in a state that Tidegate does not know", over=False, exit_code=0)
        case _:
            assert_never(status)


def waits_for_a_person(jobs: Iterable[WorkflowJob], awaited: Iterable[Awaited]) -> bool:
    """Whether nothing of a run goes on before a person approved."""
    moving = {Status.QUEUED, Status.IN_PROGRESS, Status.REQUESTED}
    return any(one.reviewers for one in awaited) and not any(job.status in moving for job in jobs)
