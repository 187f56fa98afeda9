"""A rendered workflow and the interpreter, side by side, over every way in which jobs can end.

A depth-first search over the attempt: each job that really runs succeeds, fails or is cancelled. At every end the
interpreter walks the same plan with the same ends, and each job must be where GitHub has it.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.workflows.attempt import Attempt, Reading, Result, begin, cancel, finish, rerun_failed, review
from tests.workflows.expression import BadExpressionError
from tests.workflows.local import Local
from tests.workflows.repository import Event, Repository
from tests.workflows.workflow import Workflow
from tidegate.model.job import Duty, Job, Phase, Plan
from tidegate.model.pipeline import Pipeline

DETECT = "detect-changes"
GATE = "gate"
PUT_BACK = "put-back-"
RUN = "7"
PUSH = Event("push", "telegram")
DISPATCH = Event("workflow_dispatch", "telegram", inputs={"run": RUN})

RESULTS: Mapping[Phase, Result] = {
    Phase.SUCCEEDED: Result.SUCCESS,
    Phase.FAILED: Result.FAILURE,
    Phase.CANCELLED: Result.CANCELLED,
    Phase.WAITING: Result.SUCCESS,
    Phase.SATISFIED: Result.SKIPPED,
    Phase.BLOCKED: Result.SKIPPED,
    Phase.PENDING: Result.SKIPPED,
}
"""What GitHub calls a phase. A job that waits has asked, said so in its outputs, and ended."""


class DifferenceError(AssertionError):
    """The workflow does not do what the pipeline means."""


@dataclass(frozen=True, slots=True)
class End:
    """One way in which all jobs ended."""

    attempt: Attempt
    ends: Mapping[str, Phase]


@dataclass(frozen=True)
class Carried:
    """A plan on its way through a workflow.

    Attributes:
        reviewed: GitHub environments that ask a reviewer.
    """

    workflow: Workflow
    plan: Plan
    reading: Reading
    reviewed: frozenset[str] = frozenset()

    def begun(self) -> Attempt:
        """The attempt that a push starts."""
        contexts = PUSH.contexts(self.workflow, 1)
        return begin(self.workflow, contexts, self.reading, self.reviewed)

    def ends(self) -> Iterator[End]:
        """Every way in which its jobs can end."""
        yield from self._from(self.begun(), {})

    def _from(self, attempt: Attempt, ends: Mapping[str, Phase]) -> Iterator[End]:
        name = next((name for name in attempt.workflow.jobs if name in attempt.running | attempt.asking), None)
        if name is None:
            yield End(attempt, ends)
        elif name in attempt.asking:
            yield from self._from(review(attempt, name, approved=False), {**ends, name: Phase.FAILED})
            yield from self._from(review(attempt, name, approved=True), ends)
        elif name not in self.jobs:
            yield from self._from(finish(attempt, name, Result.SUCCESS), ends)
        else:
            for phase in self._ways(name):
                further = finish(attempt, name, RESULTS[phase], self.outputs(name, phase))
                yield from self._from(further, {**ends, name: phase})

    def end(self, choose: Callable[[Sequence[Phase]], Phase]) -> End:
        """One way in which its jobs end: `choose` takes one of the phases that a job can have."""
        attempt, ends = self.begun(), dict[str, Phase]()
        while name := next(iter(sorted(attempt.running | attempt.asking)), ""):
            if name in attempt.asking:
                approved = choose((Phase.SUCCEEDED, Phase.FAILED)) is Phase.SUCCEEDED
                attempt, ends = (
                    review(attempt, name, approved=approved),
                    ends | ({} if approved else {name: Phase.FAILED}),
                )
            if name in attempt.running:
                phase = choose(self._ways(name)) if name in self.jobs else Phase.SUCCEEDED
                attempt = finish(attempt, name, RESULTS[phase], self.outputs(name, phase))
                ends |= {name: phase} if name in self.jobs else {}
        return End(attempt, ends)

    def again(self, end: End) -> End | None:
        """The re-run of the failed jobs, in which nothing fails any more; None where there are none."""
        bad = {name for name, phase in end.ends.items() if phase in {Phase.FAILED, Phase.CANCELLED}}
        if not bad:
            return None
        attempt = rerun_failed(end.attempt)
        while name := next(iter(sorted(attempt.running | attempt.asking)), ""):
            if name in attempt.asking:
                attempt = review(attempt, name, approved=True)
            attempt = finish(attempt, name, Result.SUCCESS, self.outputs(name, Phase.SUCCEEDED))
        return End(attempt, {name: phase for name, phase in end.ends.items() if name not in bad})

    def moments(self) -> Iterator[Attempt]:
        """Every state on the way on which all jobs succeed, in whatever order they end."""
        pending, seen = [self.begun()], {frozenset[str]()}
        while pending:
            attempt = pending.pop()
            yield attempt
            for name in attempt.running & self.jobs.keys():
                further = finish(attempt, name, Result.SUCCESS, self.outputs(name, Phase.SUCCEEDED))
                state = frozenset(further.ended)
                if state not in seen:
                    seen.add(state)
                    pending.append(further)

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """The plan's jobs; `gate` and `put-back-…`, which a run on one machine has no need of, are none of them."""
        return self.plan.by_name()

    def _ways(self, name: str) -> tuple[Phase, ...]:
        if not self.jobs[name].applies:  # planning itself, which finds that there is nothing to do
            return (Phase.SUCCEEDED,)
        declared = self.workflow.jobs[name].outputs
        waits = (Phase.WAITING,) if "approved" in declared else ()
        return (Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED, *waits)

    def outputs(self, name: str, phase: Phase) -> dict[str, str]:
        """What `tidegate job` writes to GITHUB_OUTPUT."""
        if name == DETECT and phase is Phase.SUCCEEDED:
            return {"run": RUN, "jobs": json.dumps([job.name for job in self.plan.jobs if job.applies])}
        if name in self.jobs and "approved" in self.workflow.jobs[name].outputs:
            return {"approved": "true" if phase is Phase.SUCCEEDED else "false"}
        return {}


def compare(local: Local, carried: Carried) -> int:
    """Hold the workflow against the interpreter; returns in how many ways the jobs ended.

    Raises:
        DifferenceError: At the first difference.
    """
    count = 0
    with _readable():
        for end in carried.ends():
            count += 1
            judge(local, carried, end)
    return count


def judge(local: Local, carried: Carried, end: End) -> None:
    """Hold one end against the interpreter; then the re-run of what failed in it, where all goes well.

    Raises:
        DifferenceError: At the first difference.
    """
    _equal(carried, end, local.phases(end.ends))
    _put_back(carried, end.attempt)
    _gated(carried, end.attempt)
    again = carried.again(end)
    if again is not None:
        _equal(carried, again, local.phases(again.ends))
        _put_back(carried, again.attempt)
        _gated(carried, again.attempt)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """GitHub fails a job whose condition it cannot evaluate."""
    try:
        yield
    except BadExpressionError as wrong:
        raise DifferenceError(f"a condition cannot be evaluated: {wrong}") from wrong


def _equal(carried: Carried, end: End, local: Mapping[str, Phase]) -> None:
    """Every job of the plan ends on GitHub as it does on one machine."""
    for job in carried.plan.jobs:
        found, phase = end.attempt.result(job.name), local[job.name]
        # Planning is a job of its own on GitHub; a plan in which nothing applies is found out by it, too.
        wanted = Result.SUCCESS if job.name == DETECT and phase is Phase.SATISFIED else RESULTS[phase]
        if found is not wanted:
            raise DifferenceError(f"{job.name} is {phase.value} here and {found} there, after {dict(end.ends)}")


def _put_back(carried: Carried, attempt: Attempt) -> None:
    """An environment in which something began and was not brought to its end is put back; no other is.

    Where something was cancelled, another may be looked at, too: there is nothing to put back then.
    """
    cancelled = attempt.cancelled or any(end.result is Result.CANCELLED for end in attempt.ended.values())
    for environment, jobs in _environments(carried.plan).items():
        name = PUT_BACK + environment
        if name not in carried.workflow.jobs:
            raise DifferenceError(f"there is no {name}")
        results = {attempt.result(job.name) for job in jobs}
        begun = results & {Result.SUCCESS, Result.FAILURE, Result.CANCELLED}
        half = any(job.applies and attempt.result(job.name) is not Result.SUCCESS for job in jobs)
        if begun and half and attempt.result(name) is not Result.SUCCESS:
            raise DifferenceError(f"{environment} is left half-way: {name} is {attempt.result(name)}")
        if not cancelled and not half and attempt.result(name) is not Result.SKIPPED:
            raise DifferenceError(f"{environment} is whole, but {name} is {attempt.result(name)}")


def _environments(plan: Plan) -> dict[str, list[Job]]:
    """Jobs that touch an environment, by its name."""
    found: dict[str, list[Job]] = {}
    for job in plan.jobs:
        if job.environment and job.duty is not Duty.APPROVE:
            found.setdefault(job.environment, []).append(job)
    return found


def _gated(carried: Carried, attempt: Attempt) -> None:
    """The gate runs whatever happened, behind everything else, and sees how each job ended."""
    if attempt.result(GATE) is not Result.SUCCESS:
        raise DifferenceError(f"{GATE} is {attempt.result(GATE)}")
    if unseen := set(carried.workflow.jobs) - {GATE} - set(carried.workflow.jobs[GATE].needs):
        raise DifferenceError(f"{GATE} does not see {', '.join(sorted(unseen))}")


def cancel_everywhere(carried: Carried) -> int:
    """Cancel the run at every moment of its way to success; returns how many moments there were.

    Then no job of the plan goes on or begins, what began is put back, and the gate still runs.

    Raises:
        DifferenceError: Where one of these does not hold.
    """
    count = 0
    with _readable():
        for attempt in carried.moments():
            count += 1
            _cancelled(carried, attempt)
    return count


def _cancelled(carried: Carried, attempt: Attempt) -> None:
    for too_late in (frozenset[str](), attempt.running):
        stopped = cancel(attempt, too_late)
        while stopped.running - carried.jobs.keys():
            stopped = finish(stopped, next(iter(stopped.running - carried.jobs.keys())), Result.SUCCESS)
        if going := stopped.running | (stopped.began - attempt.began) & carried.jobs.keys():
            raise DifferenceError(f"{', '.join(sorted(going))}: not stopped with the run")
        if attempt.result(DETECT) is Result.SUCCESS:
            _put_back(carried, stopped)
        _gated(carried, stopped)


def stand_in_line(workflow: Workflow) -> None:
    """Pushes wait for each other, a newer one takes the place of one that waits, and none stops what runs.

    What a push was about that never ran is not lost: the next one is counted from the last release.

    Raises:
        DifferenceError: Where one of these does not hold, or a dispatch takes part in it.
    """
    repository = Repository((workflow,))
    with _readable():
        for event in (*3 * (PUSH,), DISPATCH, PUSH):
            repository.happens(event)
    states = " ".join(run.state.value for run in repository.runs)
    if states != "in_progress completed completed in_progress pending":
        raise DifferenceError(f"three pushes, a dispatch and a push: {states}")
    if any(run.attempt and run.attempt.cancelled for run in repository.runs):
        raise DifferenceError("a newer push stops what runs")


def reached(pipeline: Pipeline, attempt: Attempt, plan: Plan) -> tuple[str, ...]:
    """Environments in which something was done, and all of it."""
    jobs = {name: [job for job in plan.jobs if job.environment == name] for name in pipeline.environments}
    return tuple(
        name
        for name, own in jobs.items()
        if any(job.applies for job in own)
        and all(attempt.result(job.name) is Result.SUCCESS for job in own if job.applies)
    )
