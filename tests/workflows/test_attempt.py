"""Rules of one attempt: needs, conditions, cancelling, limits, reviewers and re-runs."""

import textwrap

import pytest

from tests.workflows.attempt import (
    READINGS,
    Reading,
    Result,
    begin,
    cancel,
    finish,
    rerun_all,
    rerun_failed,
    review,
    time_out,
)
from tests.workflows.flows import CONTEXTS, carried, flow, told, walked
from tests.workflows.workflow import BadWorkflowError, Workflow, load_workflow

FAILURE, CANCELLED, SUCCESS, SKIPPED = Result.FAILURE, Result.CANCELLED, Result.SUCCESS, Result.SKIPPED


@pytest.mark.parametrize(
    ("lines", "ends", "expected"),
    [
        pytest.param(["a", "b < a"], {}, "success success", id="in order"),
        pytest.param(["a", "b < a"], {"a": FAILURE}, "failure skipped", id="a failure skips what needs it"),
        pytest.param(["a", "b < a"], {"a": CANCELLED}, "cancelled skipped", id="so does a cancelled job"),
        pytest.param(["a ? false", "b < a"], {}, "skipped skipped", id="and a skipped one"),
        pytest.param(["a", "b < a", "c < b"], {"a": FAILURE}, "failure skipped skipped", id="to the end of the chain"),
        pytest.param(
            ["a ? false", "b < a ? always()", "c < b"], {}, "skipped success skipped", id="past a job that runs always"
        ),
        pytest.param(["a", "b", "c < a"], {"b": FAILURE}, "success failure success", id="others go on"),
    ],
)
def test_needs(lines: list[str], ends: dict[str, Result], expected: str) -> None:
    """A failure or skip applies to all jobs of the chain from there on, unless a condition makes one continue.

    Source: docs.github.com, workflow-syntax#jobsjob_idneeds; actions/runner#2205 for jobs behind one that continued.
    """
    assert told(walked(flow(*lines), ends)) == expected


@pytest.mark.parametrize(
    ("condition", "after_success", "after_failure", "after_cancelled", "after_skip"),
    [
        ("", "success", "skipped", "skipped", "skipped"),
        ("true", "success", "skipped", "skipped", "skipped"),
        ("success()", "success", "skipped", "skipped", "skipped"),
        ("failure()", "skipped", "success", "skipped", "skipped"),
        ("always()", "success", "success", "success", "success"),
        ("!cancelled()", "success", "success", "success", "success"),
        ("!failure()", "success", "skipped", "success", "success"),
        ("cancelled()", "skipped", "skipped", "skipped", "skipped"),
        ("needs.a.result == 'skipped'", "skipped", "skipped", "skipped", "skipped"),
        ("always() && needs.a.result == 'skipped'", "skipped", "skipped", "skipped", "success"),
        ("${{ !cancelled() && !contains(needs.*.result, 'failure') }}", "success", "skipped", "success", "success"),
        ("'success()'", "success", "skipped", "skipped", "skipped"),
    ],
)
def test_conditions(
    condition: str, after_success: str, after_failure: str, after_cancelled: str, after_skip: str
) -> None:
    """Without a status function `success()` comes first, even before `needs.a.result == 'skipped'`.

    Source: docs.github.com, expressions#status-check-functions.
    """
    behind = f"b < a ? {condition}"
    found = [walked(flow("a", behind), {"a": end}).ended["b"].result for end in (SUCCESS, FAILURE, CANCELLED)]
    found.append(walked(flow("a ? false", behind), {}).ended["b"].result)
    assert found == [after_success, after_failure, after_cancelled, after_skip]


def test_failure_looks_at_every_ancestor_and_needs_at_the_direct_ones_alone() -> None:
    """Source: docs.github.com, expressions#failure and contexts#needs-context."""
    chain = ("a", "b < a ? always()", "c < b ? failure()", "d < b ? always() && contains(needs.*.result, 'failure')")
    assert told(walked(flow(*chain), {"a": FAILURE})) == "failure success success skipped"


def test_outputs_reach_direct_needs_only() -> None:
    """Source: docs.github.com, contexts#needs-context."""
    one = begin(flow("a", "b < a ? needs.a.outputs.go == 'yes'", "c < b ? needs.a.outputs.go == 'yes'"), CONTEXTS)
    assert told(carried(finish(one, "a", SUCCESS, {"go": "yes"}))) == "success success skipped"
    assert told(finish(one, "a", SUCCESS, {"go": "no"})) == "success skipped skipped"


def test_cancelling_asks_the_condition_of_what_runs_once_more() -> None:
    """Where it holds, the job goes on. Source: docs.github.com, workflow-cancellation."""
    jobs = flow("a", "b ? always()", "c ? !cancelled()", "d < a", "e < a ? always()", "f < b ? cancelled()")
    one = cancel(begin(jobs, CONTEXTS))
    assert told(one) == "cancelled runs cancelled skipped runs -"
    assert told(carried(one)) == "cancelled success cancelled skipped success success"
    assert carried(one).conclusion is CANCELLED


def test_what_never_began_when_the_run_is_cancelled_is_read_both_ways() -> None:
    jobs = flow("a", "b < a")
    assert {told(cancel(begin(jobs, CONTEXTS, reading))) for reading in READINGS} == {
        "cancelled skipped",
        "cancelled cancelled",
    }


def test_whether_a_job_that_was_cancelled_alone_makes_cancelled_true_is_read_both_ways() -> None:
    jobs = flow("a", "b < a ? !cancelled()")
    assert told(walked(jobs, {"a": CANCELLED}, Reading(spreads=False))) == "cancelled success"
    assert told(walked(jobs, {"a": CANCELLED}, Reading(spreads=True))) == "cancelled skipped"


def test_a_job_whose_time_is_up_is_ended() -> None:
    """Source: docs.github.com, workflow-syntax#jobsjob_idtimeout-minutes: GitHub cancels it."""
    assert told(time_out(begin(flow("a", "b < a"), CONTEXTS), "a")) == "cancelled skipped"
    assert told(time_out(begin(flow("a"), CONTEXTS, Reading(timed_out=FAILURE)), "a")) == "failure"


@pytest.mark.parametrize(
    ("approved", "expected"), [(True, "success success success"), (False, "success failure skipped")]
)
def test_a_job_of_a_reviewed_environment_waits_and_a_rejected_one_fails(approved: bool, expected: str) -> None:
    """Source: docs.github.com, reviewing-deployments."""
    text = """
    on: push
    jobs:
      a: {runs-on: x, steps: [{run: "true"}]}
      b: {runs-on: x, needs: a, environment: {name: production-approval}, steps: [{run: "true"}]}
      c: {runs-on: x, needs: b, steps: [{run: "true"}]}
    """
    one = carried(begin(load(text), CONTEXTS, reviewed=frozenset({"production-approval"})))
    assert told(one) == "success asks -"
    assert not one.over
    assert told(carried(review(one, "b", approved=approved))) == expected


def test_rerun_failed_does_again_what_failed_and_all_behind_it() -> None:
    """Others keep results and outputs. Source: docs.github.com, re-run-workflows-and-jobs; actions/runner#1961."""
    jobs = flow("a", "b < a", "c < b", "d < a", "e < c d ? always() && needs.d.outputs.kept == 'yes'", "f ? false")
    one = finish(begin(jobs, CONTEXTS), "a", SUCCESS)
    one = finish(finish(one, "b", FAILURE), "d", SUCCESS, {"kept": "yes"})
    one = carried(one)
    assert told(one) == "success failure skipped success success skipped"
    again = rerun_failed(one)
    assert told(again) == "success runs - success - skipped"
    assert again.number == 2
    assert told(carried(again)) == "success success success success success skipped"


def test_rerun_failed_does_a_cancelled_job_again() -> None:
    """Source: docs.github.com, re-run-workflows-and-jobs."""
    assert told(rerun_failed(cancel(begin(flow("a", "b < a"), CONTEXTS)))) == "runs -"


def test_rerun_all_does_everything_again() -> None:
    """Source: docs.github.com, re-run-workflows-and-jobs."""
    assert told(rerun_all(walked(flow("a", "b < a"), {}))) == "runs -"


def test_a_later_attempt_knows_its_number() -> None:
    """Source: docs.github.com, contexts#github-context."""
    jobs = flow("a ? github.run_attempt == '2'")
    assert told(walked(jobs, {})) == "skipped"
    assert told(rerun_all(walked(jobs, {}))) == "runs"


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs: {a: {runs-on: x, strategy: {matrix: {v: [1]}}, steps: []}}",
        "on: push\njobs: {a: {runs-on: x, continue-on-error: true, steps: []}}",
        "on: push\njobs: {a: {uses: ./.github/workflows/b.yml}}",
        "on: {push: {paths: [src/**]}}\njobs: {}",
        "on: {schedule: [{cron: 0 0 * * *}]}\njobs: {}",
        "on: push\njobs: {a: {runs-on: x, concurrency: one, steps: []}}",
        "on: push\njobs: {a: {runs-on: x, needs: b, steps: []}}",
        "on: push\njobs: {a: {runs-on: x, needs: b, steps: []}, b: {runs-on: x, needs: a, steps: []}}",
        "on: push\njobs: {a: {runs-on: x, if: secrets.KEY != '', steps: []}}",
        "on: push\njobs: {a: {runs-on: x, if: 'steps.a.outcome', steps: []}}",
        "on: push\njobs: {a: {runs-on: x, if: 'true &&', steps: []}}",
        "on: push\njobs: {a: {runs-on: x, steps: [{run: a, uses: b}]}}",
    ],
)
def test_what_is_not_simulated_is_refused(text: str) -> None:
    with pytest.raises(BadWorkflowError):
        load_workflow(text)


def load(text: str) -> Workflow:
    return load_workflow(textwrap.dedent(text))
