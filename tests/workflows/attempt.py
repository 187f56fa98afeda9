"""One attempt of a workflow run, as GitHub schedules its jobs: pure, so that a search may try every outcome.

Where GitHub's pages are silent, `Reading` says what is assumed; what is rendered must hold under every reading.

Sources, all below https://docs.github.com/en/actions:
    needs: reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds
    status: reference/workflows-and-actions/expressions#status-check-functions
    cancel: reference/workflows-and-actions/workflow-cancellation
    re-run: how-tos/manage-workflow-runs/re-run-workflows-and-jobs
    review: reference/workflows-and-actions/deployments-and-environments
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import product

from tests.workflows.expression import Scope, Status
from tests.workflows.values import Value, truthy
from tests.workflows.workflow import Workflow, WorkflowJob


class Result(StrEnum):
    """`needs.<job>.result`. Source: reference/workflows-and-actions/contexts#needs-context."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is assumed where the documentation says nothing.

    Attributes:
        unbegun: How a job ends that has not begun when its run is cancelled and whose `if` does not let it begin.
        spreads: Whether `cancelled()` is also true behind a job that was cancelled by itself, for example by its limit.
        timed_out: How a job ends whose `timeout-minutes` are over.
    """

    unbegun: Result = Result.SKIPPED
    spreads: bool = False
    timed_out: Result = Result.CANCELLED


READINGS = tuple(
    Reading(unbegun, spreads, timed_out)
    for unbegun, spreads, timed_out in product(
        (Result.SKIPPED, Result.CANCELLED), (False, True), (Result.CANCELLED, Result.FAILURE)
    )
)


@dataclass(frozen=True)
class Ended:
    """How a job ended, and what it gives to those behind it."""

    result: Result
    outputs: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def value(self) -> Value:
        """Its member of the `needs` context."""
        return {"result": self.result.value, "outputs": dict(self.outputs)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far an attempt is.

    Attributes:
        contexts: `github`, `inputs` and `vars`.
        reviewed: GitHub environments that ask a person before a job that references them begins.
        ended: Jobs that ended, of earlier attempts too where they are not done again.
        running: Jobs that run now.
        asking: Jobs that wait for a reviewer.
        began: Jobs that began in this attempt.
    """

    workflow: Workflow
    contexts: Mapping[str, Value]
    number: int = 1
    reading: Reading = field(default_factory=Reading)
    reviewed: frozenset[str] = frozenset()
    ended: Mapping[str, Ended] = field(default_factory=dict)
    running: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    began: frozenset[str] = frozenset()
    cancelled: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing runs or waits any more."""
        return not self.running and not self.asking

    @property
    def conclusion(self) -> Result:
        """Of the whole run: a failure comes first, then a cancellation; skipped jobs do no harm."""
        results = {one.result for one in self.ended.values()}
        if Result.FAILURE in results:
            return Result.FAILURE
        return Result.CANCELLED if self.cancelled or Result.CANCELLED in results else Result.SUCCESS

    def result(self, job: str) -> Result | None:
        """How a job ended; None while it has not."""
        end = self.ended.get(job)
        return end.result if end else None


def begin(
    workflow: Workflow,
    contexts: Mapping[str, Value],
    reading: Reading | None = None,
    reviewed: frozenset[str] = frozenset(),
) -> Attempt:
    """The first attempt: all jobs without needs begin."""
    return _settled(Attempt(workflow, contexts, reading=reading or Reading(), reviewed=reviewed))


def finish(attempt: Attempt, job: str, result: Result, outputs: Mapping[str, str] | None = None) -> Attempt:
    """A job that runs ends; what stands behind it begins or is skipped."""
    assert job in attempt.running, f"{job} does not run"
    ended = {**attempt.ended, job: Ended(result, outputs or {})}
    return _settled(replace(attempt, ended=ended, running=attempt.running - {job}))


def time_out(attempt: Attempt, job: str) -> Attempt:
    """The job's `timeout-minutes` are over: GitHub ends it. Source: workflow-syntax#jobsjob_idtimeout-minutes."""
    return finish(attempt, job, attempt.reading.timed_out)


def review(attempt: Attempt, job: str, *, approved: bool) -> Attempt:
    """A reviewer decides about a job; a rejected one fails. Source: review."""
    assert job in attempt.asking, f"{job} does not wait for a reviewer"
    attempt = replace(attempt, asking=attempt.asking - {job})
    if approved:
        return replace(attempt, running=attempt.running | {job}, began=attempt.began | {job})
    return _settled(replace(attempt, ended={**attempt.ended, job: Ended(Result.FAILURE)}))


def cancel(attempt: Attempt, too_late: Collection[str] = ()) -> Attempt:
    """A person cancels the run.

    The `if` of every running job is looked at once more; where it does not hold any longer, the job is cancelled.
    Source: cancel.

    Args:
        attempt: How far it is.
        too_late: Jobs that are done before the message reaches their runners.
    """
    attempt = replace(attempt, cancelled=True)
    stopped = {name for name in attempt.running | attempt.asking if not holds(attempt, attempt.workflow.jobs[name])}
    ends = {name: Ended(Result.SUCCESS if name in too_late else Result.CANCELLED) for name in stopped}
    ended = {**attempt.ended, **ends}
    return _settled(replace(attempt, ended=ended, running=attempt.running - stopped, asking=attempt.asking - stopped))


def rerun_all(attempt: Attempt) -> Attempt:
    """All jobs once more, for the same event and commit. Source: re-run."""
    return _again(attempt, frozenset(attempt.workflow.jobs))


def rerun_failed(attempt: Attempt) -> Attempt:
    """What failed or was cancelled once more, and all that stands behind it; others keep results and outputs.

    Source: re-run, and https://github.com/actions/runner/issues/1961.
    """
    bad = {name for name, end in attempt.ended.items() if end.result in {Result.FAILURE, Result.CANCELLED}}
    return _again(attempt, bad | {job.id for job in attempt.workflow.jobs.values() if job.ancestors & bad})


def _again(attempt: Attempt, jobs: frozenset[str] | set[str]) -> Attempt:
    assert attempt.over, "GitHub re-runs only a run that is over"
    kept = {name: end for name, end in attempt.ended.items() if name not in jobs}
    number = attempt.number + 1
    contexts = dict(attempt.contexts)
    if isinstance(github := contexts.get("github"), dict):
        contexts["github"] = {**github, "run_attempt": str(number)}
    return _settled(replace(attempt, contexts=contexts, number=number, ended=kept, began=frozenset(), cancelled=False))


def _settled(attempt: Attempt) -> Attempt:
    """Begin or skip whatever no longer waits for a need. Jobs are in an order in which each comes after its needs."""
    ended, begun, asking = dict(attempt.ended), set[str](), set[str]()
    for name, job in attempt.workflow.jobs.items():
        if name in ended or name in attempt.running or name in attempt.asking:
            continue
        if any(need not in ended for need in job.needs):
            continue
        if _holds(attempt, ended, job):
            (asking if job.environment in attempt.reviewed else begun).add(name)
        else:
            ended[name] = Ended(attempt.reading.unbegun if attempt.cancelled else Result.SKIPPED)
    return replace(
        attempt,
        ended=ended,
        running=attempt.running | begun,
        asking=attempt.asking | asking,
        began=attempt.began | begun,
    )


def holds(attempt: Attempt, job: WorkflowJob) -> bool:
    """Whether the `if` of a job lets it begin, or go on; without a status function, `success()` stands before it."""
    return _holds(attempt, attempt.ended, job)


def _holds(attempt: Attempt, ended: Mapping[str, Ended], job: WorkflowJob) -> bool:
    status = _status(attempt, ended, job)
    if job.condition is None:
        return status.success
    if not job.condition.has_status and not status.success:
        return False
    # The direct needs only. Source: reference/workflows-and-actions/contexts#needs-context.
    needs: Value = {need: ended[need].value for need in job.needs if need in ended}
    return truthy(job.condition.evaluate(Scope({**attempt.contexts, "needs": needs}, status)))


def _status(attempt: Attempt, ended: Mapping[str, Ended], job: WorkflowJob) -> Status:
    """`success()` and `failure()` look at all ancestors, not only at the needs: a skip reaches to the end of a chain.

    Source: needs, status, and https://github.com/actions/runner/issues/2205.
    """
    results = {ended[name].result for name in job.ancestors if name in ended}
    cancelled = attempt.cancelled or (attempt.reading.spreads and Result.CANCELLED in results)
    return Status(
        success=results <= {Result.SUCCESS} and not attempt.cancelled,
        failure=Result.FAILURE in results,
        cancelled=cancelled,
    )
