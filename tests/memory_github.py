"""The GitHub port in memory: what a test says that each look shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.errors import CloudError, NotFound
from tidegate.github.ports import LogTail, Protected, Quota
from tidegate.model.workflow import Awaited, Conclusion, Status, WorkflowJob, WorkflowRun

Shown = tuple[WorkflowRun, tuple[WorkflowJob, ...], tuple[Awaited, ...]]


def workflow_run(
    status: Status = Status.COMPLETED, conclusion: Conclusion = Conclusion.NONE, attempt: int = 1
) -> WorkflowRun:
    url = "https://github.com/acme/shop/actions/runs/77"
    return WorkflowRun(77, "deploy", "push", "main", "c" * 40, status, conclusion, attempt, 0.0, url)


@dataclass
class MemoryGithub:
    """A repository whose one workflow run goes through `script`, an entry a look; the last one stays.

    Attributes:
        script: What a look shows, or what it meets in place of an answer.
        dispatched: Workflow, ref and inputs of each dispatch.
        refusal: What a dispatch meets.
    """

    script: list[Shown | CloudError] = field(default_factory=list)
    logs: dict[int, LogTail | CloudError] = field(default_factory=dict)
    dispatched: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    refusal: CloudError | None = None
    quota: Quota | None = None
    repository: str = "acme/shop"
    _current: Shown | None = None

    async def run(self, run: int) -> WorkflowRun:
        del run
        now = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(now, CloudError):
            raise now
        self._current = now
        return now[0]

    async def runs(self, *, workflow: str = "", commit: str = "", most: int = 20) -> tuple[WorkflowRun, ...]:
        del workflow, commit, most
        return (await self.run(0),)

    async def jobs(self, run: int) -> tuple[WorkflowJob, ...]:
        del run
        assert self._current
        return self._current[1]

    async def awaited(self, run: int) -> tuple[Awaited, ...]:
        del run
        assert self._current
        return self._current[2]

    async def job_log(self, job: int, most_bytes: int) -> LogTail:
        del most_bytes
        found = self.logs.get(job, NotFound("no log"))
        if isinstance(found, CloudError):
            raise found
        return found

    async def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        if self.refusal:
            raise self.refusal
        self.dispatched.append((workflow, ref, dict(inputs)))

    async def environments(self) -> tuple[Protected, ...]:
        return ()

    async def secrets(self, environment: str = "") -> tuple[str, ...]:
        del environment
        return ()

    async def variables(self, environment: str = "") -> Mapping[str, str]:
        del environment
        return {}
