"""deploy.yml does what the interpreter does: for every plan that planning can give, however its jobs end."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.actions.pipelines import PIPELINES
from tests.plan.reference import BACKEND_FIRST, PIPELINE, planned, release
from tests.workflows.attempt import READINGS, Reading, Result
from tests.workflows.explore import (
    Carried,
    DifferenceError,
    cancel_everywhere,
    compare,
    judge,
    reached,
    stand_in_line,
)
from tests.workflows.local import Local
from tests.workflows.mutants import mutants
from tests.workflows.plans import plans
from tests.workflows.rendered import IN_VPC, SHOP, STORING, asking, deploy_of, deploy_text, reviewed
from tests.workflows.workflow import Workflow
from tidegate.model.actions import ApprovalBy
from tidegate.model.job import Plan
from tidegate.model.pipeline import Pipeline

ENDING = (Reading(), Reading(spreads=True))
"""The readings between which a run differs that nobody cancels."""
WHOLE = [
    pytest.param(PIPELINE, id="reference"),
    pytest.param(BACKEND_FIRST, id="backend-first"),
    pytest.param(SHOP, id="shop"),
    pytest.param(STORING, id="storing"),
    pytest.param(IN_VPC, id="in-vpc"),
    pytest.param(asking(SHOP, ApprovalBy.DISPATCH), id="asking-by-dispatch"),
    pytest.param(asking(SHOP, ApprovalBy.ENVIRONMENT), id="asking-reviewers"),
]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.mark.parametrize("pipeline", WHOLE)
def test_every_plan_ends_as_on_one_machine_however_its_jobs_end(pipeline: Pipeline, runner: asyncio.Runner) -> None:
    workflow, count = deploy_of(pipeline), 0
    for plan in plans(pipeline):
        local = Local(runner, plan)
        count += sum(compare(local, Carried(workflow, plan, reading, reviewed(pipeline))) for reading in ENDING)
    assert count > (1000 if pipeline.site else 200)


@pytest.mark.parametrize("pipeline", WHOLE)
def test_a_run_that_is_cancelled_at_any_moment_goes_no_further_and_is_put_back(pipeline: Pipeline) -> None:
    workflow, count = deploy_of(pipeline), 0
    for plan in plans(pipeline):
        count += sum(cancel_everywhere(Carried(workflow, plan, reading, reviewed(pipeline))) for reading in READINGS)
    assert count > 500


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(("src/agent.py",), "dev staging prod", id="backend alone"),
        pytest.param(("frontend/twinbar/src/App.tsx",), "dev staging prod", id="site alone"),
        pytest.param(("src/agent.py", "frontend/twinbar/src/App.tsx"), "dev staging prod", id="both"),
        pytest.param(("tests/shared/test_names.py",), "", id="tests alone"),
        pytest.param(("terraform/main.tf",), "", id="terraform alone"),
        pytest.param(("docs/a.md",), "", id="docs alone"),
    ],
)
def test_a_push_reaches_the_environments_that_it_should(files: tuple[str, ...], expected: str) -> None:
    """A job that does not apply must not stop what is behind it, as a skipped one does by GitHub's own rules."""
    plan = planned(*files, last=release())
    carried = Carried(deploy_of(), plan, Reading(), reviewed(PIPELINE))
    well = carried.end(lambda ways: ways[0]).attempt
    assert well.conclusion is Result.SUCCESS
    assert " ".join(reached(PIPELINE, well, plan)) == expected


def test_pushes_stand_in_line_and_none_stops_what_runs() -> None:
    stand_in_line(deploy_of())


EQUIVALENT = {
    # It runs behind nothing that may be skipped, so that `success()` says the same.
    "test: not asked for !cancelled()",
    "build: not asked for !cancelled()",
    "build-frontend: not asked for !cancelled()",
    "test: one result instead of all",
    # `cancelled()` is a status function too, and holds where a run is cancelled.
    "put-back-dev: not asked for always()",
    "put-back-prod: not asked for always()",
}


@pytest.mark.parametrize(
    ("pipeline", "about", "equivalent"),
    [
        pytest.param(SHOP, "", EQUIVALENT, id="shop"),
        pytest.param(asking(SHOP, ApprovalBy.DISPATCH), "approve", set[str](), id="asking-by-dispatch"),
    ],
)
def test_every_mistake_in_it_is_found_out(
    pipeline: Pipeline, about: str, equivalent: set[str], runner: asyncio.Runner
) -> None:
    ways = [(plan, Local(runner, plan)) for plan in plans(pipeline)]
    ways.sort(key=lambda way: -sum(job.applies for job in way[0].jobs))
    tried = [mutant for mutant in mutants(deploy_text(pipeline)) if about in mutant.name]
    assert len(tried) > 20
    assert {mutant.name for mutant in tried if not _found_out(mutant.workflow, ways)} == equivalent


def _found_out(workflow: Workflow, ways: Sequence[tuple[Plan, Local]]) -> bool:
    try:
        stand_in_line(workflow)
        for plan, local in ways:
            carried = Carried(workflow, plan, Reading())
            cancel_everywhere(carried)
            compare(local, carried)
    except DifferenceError:
        return True
    return False


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_pipeline_of_any_settings_ends_as_on_one_machine(data: st.DataObject) -> None:
    pipeline = data.draw(PIPELINES)
    plan = data.draw(st.sampled_from(list(plans(pipeline))))
    carried = Carried(deploy_of(pipeline), plan, data.draw(st.sampled_from(READINGS)), reviewed(pipeline))
    with asyncio.Runner() as runner:
        judge(Local(runner, plan), carried, carried.end(lambda ways: data.draw(st.sampled_from(ways))))
