"""Pushes to a repository of whose deploy.yml nothing is carried out: jobs end as they are told. Planning is real.

What a ledger would know is kept here: the last release, and what each environment serves.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.plan.reference import changes, release
from tests.workflows.attempt import Result, cancel, finish, rerun_failed
from tests.workflows.explore import DETECT, GATE, PUT_BACK
from tests.workflows.repository import Event, Repository, State, WorkflowRun
from tests.workflows.workflow import Workflow
from tidegate.model.job import Duty, Plan
from tidegate.model.pipeline import Pipeline
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import scope_of

FILES: Mapping[str, str] = {"backend": "src/api.py", "site": "web/pages/index.html", "tests": "tests/pair.py"}
"""What a commit of the small product may touch."""
ARTIFACTS = ("backend", "site")
BUILDS = frozenset({Duty.CHECK, Duty.BUILD, Duty.BUILD_SITE})


@dataclass(frozen=True, slots=True)
class Made:
    """A release: the commit that it was made of, and the commit that each of its artifacts was last changed in."""

    commit: int
    artifacts: Mapping[str, int]


@dataclass
class World:
    """Everything that pushes change.

    Attributes:
        base: `release` counts changes from the last release's commit; `push` from the commit before, as is common.
        commits: What each touched, by its number.
        last: The last release; None before the first.
        live: Environment → the release that it serves.
        plans: Workflow run → its plan.
        carries: Workflow run → the release that it brings to environments.
    """

    pipeline: Pipeline
    workflow: Workflow
    base: str = "release"
    commits: list[frozenset[str]] = field(default_factory=list)
    last: Made | None = None
    live: dict[str, Made] = field(default_factory=dict)
    plans: dict[int, Plan] = field(default_factory=dict)
    carries: dict[int, Made | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.repository = Repository((self.workflow,))

    def push(self, touched: Sequence[str]) -> WorkflowRun:
        """A commit, and the workflow run that it starts."""
        self.commits.append(frozenset(touched))
        (run,) = self.repository.happens(Event("push", "telegram", sha=str(len(self.commits) - 1)))
        return run

    @property
    def going(self) -> list[WorkflowRun]:
        """Workflow runs in progress."""
        return [run for run in self.repository.runs if run.state is State.RUNNING]

    def end(self, run: WorkflowRun, name: str, result: Result) -> None:
        """A job of a run ends; what it means for the ledger, the ledger knows then."""
        attempt = run.attempt
        assert attempt
        outputs: dict[str, str] = {}
        if self._overtaken(run) and not name.startswith((GATE, PUT_BACK)):
            result = Result.FAILURE  # refused, before anything moves
        if name == DETECT and result is Result.SUCCESS:
            plan = self.plans[run.id] = self._plan(int(run.event.sha))
            self.carries[run.id] = None
            outputs = {"run": str(run.id), "jobs": json.dumps([job.name for job in plan.jobs if job.applies])}
        self.repository.advanced(run, finish(attempt, name, result, outputs))
        self._record(run)

    def cancel(self, run: WorkflowRun) -> None:
        """A person cancels a run."""
        assert run.attempt
        self.repository.advanced(run, cancel(run.attempt))

    def again(self, run: WorkflowRun) -> None:
        """A person re-runs the failed jobs of a run that is over."""
        assert run.attempt
        self.repository.again(run, rerun_failed(run.attempt))

    def finish(self) -> None:
        """All that is under way ends well, as far as it may."""
        while self.going:
            run = self.going[0]
            assert run.attempt
            self.end(run, min(run.attempt.running), Result.SUCCESS)

    def newest(self) -> dict[str, int]:
        """The commit in which each artifact was last changed; the first makes both."""
        found = dict.fromkeys(ARTIFACTS, 0)
        for number, touched in enumerate(self.commits):
            found |= {name: number for name in touched if name in found}
        return found

    def _plan(self, commit: int) -> Plan:
        since = self.last.commit if self.last and self.base == "release" else commit - 1
        touched = frozenset[str]().union(*self.commits[since + 1 : commit + 1])
        found = changes(*(FILES[one] for one in sorted(touched)), pipeline=self.pipeline)
        last = release(self.pipeline) if self.last else None
        behind = {name: self._behind(name) for name in self.pipeline.environments}
        return plan_run(self.pipeline, str(commit), str(since), scope_of(self.pipeline, found, last), last, behind)

    def _behind(self, environment: str) -> Behind:
        live = self.live.get(environment)
        if self.last is None or live is self.last:
            return Behind()
        lacks = {name for name in ARTIFACTS if live is None or live.artifacts[name] != self.last.artifacts[name]}
        return Behind("lags" if "backend" in lacks else "", "lags" if "site" in lacks else "")

    def _overtaken(self, run: WorkflowRun) -> bool:
        """Whether a newer release was made since: a run does not go backwards."""
        return self.last is not None and int(run.event.sha) < self.last.commit

    def _record(self, run: WorkflowRun) -> None:
        plan, attempt = self.plans.get(run.id), run.attempt
        if plan is None or attempt is None or self._overtaken(run):
            return
        done = {job.name for job in plan.jobs if attempt.result(job.name) is Result.SUCCESS}
        builds = {job.name for job in plan.jobs if job.applies and job.duty in BUILDS}
        if self.carries[run.id] is None and builds <= done and any(job.environment for job in plan.jobs if job.applies):
            self.carries[run.id] = self.last = self._made(plan)
        made = self.carries[run.id]
        for name in self.pipeline.environments:
            own = {job.name for job in plan.jobs if job.applies and job.environment == name}
            if made and own and own <= done:
                self.live[name] = made

    def _made(self, plan: Plan) -> Made:
        """What the plan builds is of its commit, so it holds whatever was changed until then; the rest is inherited."""
        built = {"backend": bool(plan.images), "site": plan.site}
        if self.last and not any(built.values()):
            return self.last
        until = [set(touched) for touched in self.commits[: int(plan.commit) + 1]]
        now = {name: max((n for n, one in enumerate(until) if name in one), default=0) for name in ARTIFACTS}
        inherited = self.last.artifacts if self.last else now
        artifacts = {name: now[name] if built[name] else inherited[name] for name in ARTIFACTS}
        return Made(int(plan.commit), artifacts)
