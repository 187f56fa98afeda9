"""A workflow file as GitHub reads it: its triggers, its jobs and their order.

A key that the simulator does not know is refused: what it would do is not guessed.
Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.workflows.expression import BadExpressionError, Evaluation, Expression, condition, template

_WORKFLOW_KEYS = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
_JOB_KEYS = {
    *("name", "needs", "if", "runs-on", "environment", "concurrency", "permissions", "outputs", "env", "defaults"),
    *("steps", "timeout-minutes"),
}
_STEP_KEYS = {"name", "id", "if", "uses", "with", "run", "env", "shell", "working-directory", "timeout-minutes"}
_IF_CONTEXTS = {"github", "needs", "vars", "inputs"}
_TIMEOUT_MINUTES = 360


class BadWorkflowError(Exception):
    """GitHub would refuse the file, or the simulator does not know what it would do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job: exactly one of `uses` and `run` is set."""

    name: str
    id: str = ""
    uses: str = ""
    run: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    condition: str = ""
    shell: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """One job.

    Attributes:
        needs: Its direct needs.
        ancestors: All that it needs, directly or not.
        condition: Its `if`; None for none, which is `success()`.
        environment: The GitHub environment that it references; empty for none.
    """

    id: str
    needs: tuple[str, ...]
    ancestors: frozenset[str]
    condition: Expression | None
    environment: str
    timeout_minutes: float
    outputs: Mapping[str, str]
    env: Mapping[str, str]
    permissions: Mapping[str, str] | str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a workflow on one kind of event; `branches` is None where every branch does.

    Attributes:
        inputs: Of a `workflow_dispatch`: name → default.
    """

    branches: tuple[str, ...] | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A whole file.

    Attributes:
        jobs: In the file's order where it has each behind those it needs.
        group: What its concurrency group is called; None for no group.
    """

    name: str
    triggers: Mapping[str, Trigger]
    jobs: Mapping[str, WorkflowJob]
    env: Mapping[str, str]
    group: Evaluation | None
    cancels_in_progress: Evaluation


def load_workflow(source: str, name: str = "workflow") -> Workflow:
    """Read a workflow file.

    Raises:
        BadWorkflowError: When it is not one, or holds what is not simulated.
    """
    return workflow_of(read_document(source), name)


def read_document(source: str) -> Any:
    """What a file's YAML says, as GitHub reads it."""
    return yaml.load(source, Loader=_Loader)


def workflow_of(document: Any, name: str = "workflow") -> Workflow:
    """The workflow that a document of YAML is.

    Raises:
        BadWorkflowError: When it is not one, or holds what is not simulated.
    """
    _known(document, _WORKFLOW_KEYS, name)
    group, cancels = _concurrency(document.get("concurrency"))
    try:
        return Workflow(
            name=str(document.get("name", name)),
            triggers=_triggers(document.get("on")),
            jobs=_jobs(document.get("jobs") or {}),
            env=_texts(document.get("env")),
            group=group,
            cancels_in_progress=cancels,
        )
    except BadExpressionError as wrong:
        raise BadWorkflowError(f"{name}: {wrong}") from wrong


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema knows no `on` and `yes`: GitHub reads them as text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _known(found: object, keys: set[str], where: str) -> None:
    if not isinstance(found, dict):
        raise BadWorkflowError(f"{where} is not a mapping")
    if more := {str(key) for key in found} - keys:
        raise BadWorkflowError(f"{where}: {', '.join(sorted(more))}: not simulated")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _texts(found: Mapping[str, object] | None) -> dict[str, str]:
    return {str(key): _text(value) for key, value in (found or {}).items()}


def _list(found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    return (found,) if isinstance(found, str) else tuple(str(one) for one in found)  # type: ignore[attr-defined]


def _concurrency(found: Any) -> tuple[Evaluation | None, Evaluation]:
    if found is None:
        return None, template("false")
    if isinstance(found, str):
        return template(found), template("false")
    _known(found, {"group", "cancel-in-progress"}, "concurrency")
    return template(_text(found["group"])), template(_text(found.get("cancel-in-progress", False)))


def _triggers(found: Any) -> dict[str, Trigger]:
    if isinstance(found, str | list):
        return {name: Trigger() for name in _list(found)}
    _known(found, {"push", "pull_request", "workflow_dispatch"}, "on")
    return {name: _trigger(name, given or {}) for name, given in found.items()}


def _trigger(name: str, given: Mapping[str, Any]) -> Trigger:
    _known(given, {"inputs"} if name == "workflow_dispatch" else {"branches"}, f"on.{name}")
    inputs = {key: _text((one or {}).get("default", "")) for key, one in given.get("inputs", {}).items()}
    return Trigger(_list(given["branches"]) if "branches" in given else None, inputs)


def _jobs(found: Mapping[str, Any]) -> dict[str, WorkflowJob]:
    jobs: dict[str, WorkflowJob] = {}
    pending = dict(found)
    while pending:
        ready = next((name for name in pending if set(_list(pending[name].get("needs"))) <= set(jobs)), None)
        if ready is None:
            raise BadWorkflowError(f"jobs.{next(iter(pending))} needs a job that is not there, or itself")
        jobs[ready] = _job(ready, pending.pop(ready), jobs)
    return jobs


def _job(name: str, found: Mapping[str, Any], before: Mapping[str, WorkflowJob]) -> WorkflowJob:
    _known(found, _JOB_KEYS, f"jobs.{name}")
    if "concurrency" in found:
        raise BadWorkflowError(f"jobs.{name}: a group of a job alone is not simulated")
    needs = _list(found.get("needs"))
    given = condition(_text(found["if"])) if "if" in found else None
    if given and (more := given.contexts - _IF_CONTEXTS):
        raise BadWorkflowError(f"jobs.{name}.if: unrecognized named-value: {', '.join(sorted(more))}")
    environment = found.get("environment") or ""
    return WorkflowJob(
        id=name,
        needs=needs,
        ancestors=frozenset(needs).union(*(before[need].ancestors for need in needs)),
        condition=given,
        environment=str(environment["name"] if isinstance(environment, dict) else environment),
        timeout_minutes=float(found.get("timeout-minutes", _TIMEOUT_MINUTES)),
        outputs=_texts(found.get("outputs")),
        env=_texts(found.get("env")),
        permissions=found.get("permissions"),
        steps=tuple(_step(f"jobs.{name}.steps", one) for one in found.get("steps", ())),
    )


def _step(where: str, found: Mapping[str, Any]) -> Step:
    _known(found, _STEP_KEYS, where)
    if ("uses" in found) == ("run" in found):
        raise BadWorkflowError(f"{where}: a step has either uses or run")
    return Step(
        name=_text(found.get("name")),
        id=_text(found.get("id")),
        uses=_text(found.get("uses")),
        run=_text(found.get("run")),
        given=_texts(found.get("with")),
        env=_texts(found.get("env")),
        condition=_text(found.get("if")),
        shell=_text(found.get("shell")),
        folder=_text(found.get("working-directory")),
    )
