"""The GitHub port over its REST API."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote

from tidegate.errors import CloudError
from tidegate.github.access import Access
from tidegate.github.ports import LogTail, Protected, Quota
from tidegate.github.transport import Transport
from tidegate.model.workflow import Awaited, Conclusion, Status, WorkflowJob, WorkflowRun, WorkflowStep

PAGE = 100
MOST_PAGES = 10

Word = TypeVar("Word", bound=StrEnum)


class GithubApi:
    """One repository behind `ports.Github`."""

    def __init__(self, transport: Transport, repository: str) -> None:
        self._transport = transport
        self.repository = repository
        self._base = f"repos/{repository}"

    @property
    def quota(self) -> Quota | None:
        """What the last answer said of the rate limit."""
        return self._transport.quota

    async def run(self, run: int) -> WorkflowRun:
        """GET /repos/{owner}/{repo}/actions/runs/{run_id}."""
        return _run(await self._transport.get(f"{self._base}/actions/runs/{run}"))

    async def runs(self, *, workflow: str = "", commit: str = "", most: int = 20) -> tuple[WorkflowRun, ...]:
        """GET /repos/{owner}/{repo}/actions/runs, or those of one workflow. GitHub lists the newest first."""
        of = f"workflows/{quote(workflow, safe='')}/" if workflow else ""
        parameters: dict[str, str | int] = {"per_page": min(most, PAGE)}
        if commit:
            parameters["head_sha"] = commit
        found = await self._transport.pages(f"{self._base}/actions/{of}runs", "workflow_runs", parameters, 1)
        return tuple(_run(one) for one in found)

    async def jobs(self, run: int) -> tuple[WorkflowJob, ...]:
        """GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs."""
        path = f"{self._base}/actions/runs/{run}/jobs"
        parameters: dict[str, str | int] = {"filter": "latest", "per_page": PAGE}
        return tuple(_job(one) for one in await self._transport.pages(path, "jobs", parameters, MOST_PAGES))

    async def job_log(self, job: int, most_bytes: int) -> LogTail:
        """GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs, which redirects to where the log is kept."""
        return await self._transport.tail(f"{self._base}/actions/jobs/{job}/logs", most_bytes)

    async def awaited(self, run: int) -> tuple[Awaited, ...]:
        """GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments."""
        found = await self._transport.get(f"{self._base}/actions/runs/{run}/pending_deployments")
        return tuple(
            Awaited(
                _of(one, "environment", "name", str),
                tuple(_reviewer(reviewer) for reviewer in one.get("reviewers") or ()),
                bool(one.get("current_user_can_approve")),
                int(one.get("wait_timer") or 0),
            )
            for one in (found if isinstance(found, list) else ())
        )

    async def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches."""
        path = f"{self._base}/actions/workflows/{quote(workflow, safe='')}/dispatches"
        await self._transport.post(path, {"ref": ref, "inputs": dict(inputs)})

    async def environments(self) -> tuple[Protected, ...]:
        """GET /repos/{owner}/{repo}/environments."""
        found = await self._list("environments", "environments")
        return tuple(Protected(_field(one, "name", str), _reviewers(one)) for one in found)

    async def secrets(self, environment: str = "") -> tuple[str, ...]:
        """GET …/environments/{environment_name}/secrets, or …/actions/secrets: names only."""
        return tuple(_field(one, "name", str) for one in await self._list(_of_place("secrets", environment), "secrets"))

    async def variables(self, environment: str = "") -> Mapping[str, str]:
        """GET …/environments/{environment_name}/variables, or …/actions/variables."""
        found = await self._list(_of_place("variables", environment), "variables")
        return {_field(one, "name", str): _field(one, "value", str) for one in found}

    async def _list(self, path: str, key: str) -> list[Any]:
        # These lists allow fewer than 100 items a page; all allow 30.
        return await self._transport.pages(f"{self._base}/{path}", key, {"per_page": 30}, MOST_PAGES)


@contextlib.asynccontextmanager
async def open_github(access: Access, repository: str) -> AsyncIterator[GithubApi]:
    """Open the port for a repository (`owner/repo`); closed when the block ends. Nothing is asked yet."""
    transport = Transport(access)
    try:
        yield GithubApi(transport, repository)
    finally:
        await transport.close()


def _of_place(noun: str, environment: str) -> str:
    return f"environments/{quote(environment, safe='')}/{noun}" if environment else f"actions/{noun}"


def _run(found: Any) -> WorkflowRun:
    return WorkflowRun(
        id=_field(found, "id", int),
        workflow=str(found.get("name") or ""),
        event=str(found.get("event") or ""),
        branch=str(found.get("head_branch") or ""),
        commit=str(found.get("head_sha") or ""),
        status=_word(Status, found.get("status"), Status.UNKNOWN, Status.UNKNOWN),
        conclusion=_word(Conclusion, found.get("conclusion"), Conclusion.NONE, Conclusion.UNKNOWN),
        attempt=int(found.get("run_attempt") or 1),
        created=_time(found.get("created_at")) or 0.0,
        url=str(found.get("html_url") or ""),
    )


def _job(found: Any) -> WorkflowJob:
    return WorkflowJob(
        id=_field(found, "id", int),
        name=_field(found, "name", str),
        status=_word(Status, found.get("status"), Status.UNKNOWN, Status.UNKNOWN),
        conclusion=_word(Conclusion, found.get("conclusion"), Conclusion.NONE, Conclusion.UNKNOWN),
        url=str(found.get("html_url") or ""),
        started=_time(found.get("started_at")),
        ended=_time(found.get("completed_at")),
        steps=tuple(_step(step) for step in found.get("steps") or ()),
    )


def _step(found: Any) -> WorkflowStep:
    return WorkflowStep(
        _field(found, "number", int),
        _field(found, "name", str),
        _word(Status, found.get("status"), Status.UNKNOWN, Status.UNKNOWN),
        _word(Conclusion, found.get("conclusion"), Conclusion.NONE, Conclusion.UNKNOWN),
        _time(found.get("started_at")),
        _time(found.get("completed_at")),
    )


def _word(words: type[Word], said: object, unsaid: Word, unknown: Word) -> Word:
    """The word that GitHub said: `unsaid` for none, `unknown` for one that we do not have."""
    if said is None:
        return unsaid
    return next((word for word in words if word.value == said), unknown)


def _time(said: object) -> float | None:
    try:
        return datetime.fromisoformat(str(said)).timestamp() if said else None
    except ValueError:
        return None


Scalar = TypeVar("Scalar", int, str)


def _field(found: Any, name: str, kind: type[Scalar]) -> Scalar:
    """A field that the API promises.

    Raises:
        CloudError: When it is not there.
    """
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, kind):
        raise CloudError(f"the answer is not as GitHub's API describes it: no {name}", where="GitHub")
    return value


def _of(found: Any, outer: str, name: str, kind: type[Scalar]) -> Scalar:
    return _field(found.get(outer) if isinstance(found, dict) else None, name, kind)


def _reviewers(environment: Any) -> tuple[str, ...]:
    rules = environment.get("protection_rules") or ()
    asked = [one for rule in rules if rule.get("type") == "required_reviewers" for one in rule.get("reviewers") or ()]
    return tuple(_reviewer(one) for one in asked)


def _reviewer(found: Any) -> str:
    """A user by login, a team by slug."""
    who = found.get("reviewer") or {}
    return str(who.get("login") or who.get("slug") or who.get("name") or "somebody")
