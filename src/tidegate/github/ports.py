"""What Tidegate asks of GitHub: one narrow port, for one repository."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tidegate.model.workflow import Awaited, WorkflowJob, WorkflowRun


@dataclass(frozen=True, slots=True)
class Protected:
    """An environment of the repository and who must review what names it.

    Attributes:
        name: Its name.
        reviewers: Users and teams; empty where nobody is asked.
    """

    name: str
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of a job's log; `dropped` counts the bytes before it."""

    text: str
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """What GitHub lets one token ask: how often still, and when that begins anew, seconds since the epoch."""

    remaining: int
    reset: float


class Github(Protocol):
    """One repository on GitHub.

    All methods may raise `errors.CloudError`: `NotFound` also for what the token may not see, `Throttled` with the
    seconds to wait in `retry_after`, `Unreachable` when no answer arrived.
    """

    @property
    def repository(self) -> str:
        """`owner/repo`."""

    @property
    def quota(self) -> Quota | None:
        """What the last answer said of it; None where it said nothing."""

    async def run(self, run: int) -> WorkflowRun:
        """A workflow run."""

    async def runs(self, *, workflow: str = "", commit: str = "", most: int = 20) -> tuple[WorkflowRun, ...]:
        """The newest workflow runs, the newest first: of one workflow (its file's name), of one commit, or of all."""

    async def jobs(self, run: int) -> tuple[WorkflowJob, ...]:
        """The jobs of a run's latest attempt, with their steps."""

    async def job_log(self, job: int, most_bytes: int) -> LogTail:
        """The end of the log of a job that ended; `NotFound` where GitHub keeps none, or not any more."""

    async def awaited(self, run: int) -> tuple[Awaited, ...]:
        """The environments whose protection rules hold a run."""

    async def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow by hand. `Unreachable` when it may have been started."""

    async def environments(self) -> tuple[Protected, ...]:
        """All environments of the repository."""

    async def secrets(self, environment: str = "") -> tuple[str, ...]:
        """Names of the secrets of an environment, or of the repository. GitHub tells no values."""

    async def variables(self, environment: str = "") -> Mapping[str, str]:
        """Variables of an environment, or of the repository."""
