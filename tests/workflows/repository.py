"""A repository: which workflows an event starts, and how runs of one concurrency group stand in line.

Sources, both below https://docs.github.com/en/actions:
    events: reference/workflows-and-actions/events-that-trigger-workflows
    groups: how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tests.workflows.attempt import Attempt, Reading, begin, cancel
from tests.workflows.expression import Scope
from tests.workflows.values import Value, text, truthy
from tests.workflows.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may start workflows.

    Attributes:
        kind: `push`, `pull_request` or `workflow_dispatch`.
        branch: What was pushed to or dispatched on; of a pull request, its base.
        head: The branch of a pull request.
    """

    kind: str
    branch: str
    sha: str = "c1"
    inputs: Mapping[str, str] = field(default_factory=dict)
    actor: str = "ann"
    head: str = ""
    repository: str = "acme/daily-report"

    def contexts(self, workflow: Workflow, run: int, attempt: int = 1) -> dict[str, Value]:
        """The contexts of a run that this event started."""
        pull = self.kind == "pull_request"
        github: dict[str, Value] = {
            "event_name": self.kind,
            "ref": f"refs/pull/{run}/merge" if pull else f"refs/heads/{self.branch}",
            "ref_name": f"{run}/merge" if pull else self.branch,
            "base_ref": self.branch if pull else "",
            "head_ref": self.head,
            "sha": self.sha,
            "actor": self.actor,
            "repository": self.repository,
            "workflow": workflow.name,
            "run_id": str(run),
            "run_attempt": str(attempt),
            "token": "ghs_simulated",
        }
        inputs = {**workflow.triggers[self.kind].inputs, **self.inputs}
        return {"github": github, "inputs": dict(inputs), "vars": {}}


def starts(workflow: Workflow, event: Event) -> bool:
    """Whether an event starts a workflow. Source: events, and workflow-syntax#filter-pattern-cheat-sheet."""
    trigger = workflow.triggers.get(event.kind)
    if trigger is None:
        return False
    if more := set(event.inputs) - set(trigger.inputs):
        raise ValueError(f"unexpected inputs provided: {sorted(more)}")  # GitHub answers 422
    return trigger.branches is None or _matches(trigger.branches, event.branch)


def _matches(patterns: tuple[str, ...], branch: str) -> bool:
    """The last pattern that matches decides; `!` takes away. `*` does not match a slash, `**` does."""
    found = False
    for pattern in patterns:
        if re.fullmatch(_regex(pattern.removeprefix("!")), branch):
            found = not pattern.startswith("!")
    return found


def _regex(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*)", pattern)
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)


class State(StrEnum):
    """How far a run is."""

    PENDING = "pending"
    RUNNING = "in_progress"
    OVER = "completed"


@dataclass(slots=True)
class WorkflowRun:
    """A run; one that its group never let begin has no attempt."""

    id: int
    workflow: Workflow
    event: Event
    group: str
    state: State = State.PENDING
    attempt: Attempt | None = None

    @property
    def conclusion(self) -> str:
        """As the API gives it."""
        if self.state is not State.OVER:
            return ""
        return self.attempt.conclusion.value if self.attempt else "cancelled"


@dataclass(slots=True)
class Repository:
    """Workflows and their runs."""

    workflows: tuple[Workflow, ...]
    reading: Reading = field(default_factory=Reading)
    reviewed: frozenset[str] = frozenset()
    runs: list[WorkflowRun] = field(default_factory=list)

    def happens(self, event: Event) -> list[WorkflowRun]:
        """An event: the runs that it starts, each at its place in line."""
        return [self._started(workflow, event) for workflow in self.workflows if starts(workflow, event)]

    def advanced(self, run: WorkflowRun, attempt: Attempt) -> None:
        """A run's attempt is further; where it is over, the next in line begins."""
        run.attempt = attempt
        if attempt.over:
            run.state = State.OVER
            self._next(run.group)

    def again(self, run: WorkflowRun, attempt: Attempt) -> None:
        """A further attempt of a run that is over; it stands in line as a new run does."""
        assert run.state is State.OVER
        run.state, run.attempt = State.PENDING, replace(attempt)
        self._queued(run)

    def _started(self, workflow: Workflow, event: Event) -> WorkflowRun:
        run = WorkflowRun(len(self.runs) + 1, workflow, event, "")
        if workflow.group is not None:
            run.group = text(workflow.group(Scope(event.contexts(workflow, run.id)))).casefold()
        self.runs.append(run)
        self._queued(run)
        return run

    def _queued(self, run: WorkflowRun) -> None:
        """At most one run of a group is in progress and one pending: a newer one takes the pending one's place.

        Source: groups.
        """
        if run.group:
            for other in self.runs:
                if other is run or other.group != run.group:
                    continue
                if other.state is State.PENDING:
                    other.state = State.OVER
                elif other.state is State.RUNNING and self._cancels(run):
                    assert other.attempt is not None
                    self.advanced(other, cancel(other.attempt))
        self._next(run.group, run)

    def _cancels(self, run: WorkflowRun) -> bool:
        return truthy(_flag(run.workflow.cancels_in_progress(Scope(run.event.contexts(run.workflow, run.id)))))

    def _next(self, group: str, only: WorkflowRun | None = None) -> None:
        if group and any(other.group == group and other.state is State.RUNNING for other in self.runs):
            return
        for run in self.runs if group else (only,):
            if run is not None and run.state is State.PENDING and run.group == group:
                run.state = State.RUNNING
                if run.attempt is None:
                    contexts = run.event.contexts(run.workflow, run.id)
                    run.attempt = begin(run.workflow, contexts, self.reading, self.reviewed)
                return


def _flag(value: Value) -> Value:
    """What YAML would take the text for."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
