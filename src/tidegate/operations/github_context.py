"""GithubContext: what GitHub tells a job about itself, in variables and the file of the event that started it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tidegate.errors import ConfigError
from tidegate.model.origin import GithubOrigin
from tidegate.process import secrets_in

NOWHERE = "0" * 40
"""What a push event names as the commit before, where a branch is new."""


@dataclass(frozen=True, slots=True)
class GithubContext:
    """A job of a workflow run, as its variables tell it.

    Source: GitHub Docs, "Variables reference", default environment variables, and "Webhook events and payloads".

    Attributes:
        origin: The workflow run.
        attempt: Which attempt of it, from 1.
        event: `push`, `pull_request`, `workflow_dispatch`, ….
        sha: The commit; of a pull request, its merge into the base.
        ref_name: The branch that was pushed or dispatched.
        actor: Who pushed or dispatched.
        server: Where people see the workflow run.
        payload: The event.
        output: The file that takes the step's outputs; None where there is none.
        summary: The file that takes the step's summary; None where there is none.
        secrets: What must not be read in the log.
    """

    origin: GithubOrigin
    attempt: int
    event: str
    sha: str
    ref_name: str = ""
    actor: str = ""
    server: str = "https://github.com"
    payload: Mapping[str, object] = field(default_factory=dict)
    output: Path | None = None
    summary: Path | None = None
    secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self | None:
        """The context that variables tell; None where no job of GitHub's runs.

        Raises:
            ConfigError: When one that GitHub always sets is missing or not of its shape.
        """
        if variables.get("GITHUB_ACTIONS") != "true":
            return None
        named = f"github:{variables.get('GITHUB_REPOSITORY', '')}:{variables.get('GITHUB_RUN_ID', '')}"
        origin = GithubOrigin.of(named)
        if origin is None:
            raise _misshapen("GITHUB_REPOSITORY and GITHUB_RUN_ID", named)
        attempt = variables.get("GITHUB_RUN_ATTEMPT") or "1"
        if not (attempt.isascii() and attempt.isdigit() and int(attempt)):
            raise _misshapen("GITHUB_RUN_ATTEMPT", attempt)
        return cls(
            origin=origin,
            attempt=int(attempt),
            event=variables.get("GITHUB_EVENT_NAME", ""),
            sha=variables.get("GITHUB_SHA", ""),
            ref_name=variables.get("GITHUB_REF_NAME", ""),
            actor=variables.get("GITHUB_ACTOR", ""),
            server=variables.get("GITHUB_SERVER_URL") or "https://github.com",
            payload=_event(variables.get("GITHUB_EVENT_PATH", "")),
            output=_path(variables.get("GITHUB_OUTPUT", "")),
            summary=_path(variables.get("GITHUB_STEP_SUMMARY", "")),
            secrets=secrets_in(variables),
        )

    @property
    def url(self) -> str:
        """Where people see the workflow run."""
        return f"{self.server}/{self.origin.repository}/actions/runs/{self.origin.id}"

    @property
    def is_pull_request(self) -> bool:
        """Whether a pull request started it: then it deploys nothing."""
        return self.event == "pull_request"

    @property
    def is_fork(self) -> bool:
        """Whether the pull request comes from another repository, or from one that is gone: GitHub gives no secrets."""
        whose = _at(self.payload, "pull_request", "head", "repo", "full_name")
        return self.is_pull_request and whose != self.origin.repository

    @property
    def run(self) -> str:
        """The run that a dispatch is to take up again; empty for none."""
        given = _at(self.payload, "inputs", "run") if self.event == "workflow_dispatch" else ""
        return str(given or "").strip()

    @property
    def base(self) -> str:
        """The commit that a pull request is counted from, or that a push came behind; empty where nobody knows."""
        named = (
            _at(self.payload, "pull_request", "base", "sha") if self.is_pull_request else _at(self.payload, "before")
        )
        return "" if named in {None, NOWHERE} else str(named)


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _event(path: str) -> Mapping[str, object]:
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as wrong:
        raise ConfigError("the event cannot be read", where=f"GITHUB_EVENT_PATH={path!r}") from wrong
    if not isinstance(found, dict):
        raise ConfigError("the event is no object", where=f"GITHUB_EVENT_PATH={path!r}")
    return found


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _misshapen(name: str, value: str) -> ConfigError:
    return ConfigError(
        f"{name} is not what GitHub sets: {value!r}",
        where="the job's variables",
        what_next="without GitHub, leave GITHUB_ACTIONS unset",
    )
