"""Laws of the job graph, over every combination of what a push may touch and of what environments may lack."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plan.forgetful import Forgetful
from tests.plan.reference import BACKEND_FIRST, ENVIRONMENTS, PIPELINE, planned, release
from tidegate.execute.interpreter import walk
from tidegate.model.job import Job, JobReport, Phase, Plan
from tidegate.model.pipeline import Environment, Order, Pipeline
from tidegate.plan.graph import Behind

FILES = {
    "backend": "src/agent.py",
    "fund-data": "fund_data_sync/rows.py",
    "frontend": "frontend/twinbar/src/App.tsx",
    "tests": "tests/shared/test_names.py",
    "terraform": "terraform/main.tf",
    "workflows": ".github/workflows/deploy.yml",
    "docs": "docs/a.md",
    "unmatched": "README.md",
}
LAGS = (Behind(), Behind(backend="lags"), Behind(site="lags"), Behind("lags", "lags"))


@dataclass
class Everything(Forgetful):
    """A performer whose jobs all succeed, and the journal of what it did."""

    performed: list[str] = field(default_factory=list)

    async def perform(self, job: Job) -> JobReport:
        self.performed.append(job.name)
        return JobReport(Phase.SUCCEEDED)


def walked(plan: Plan) -> tuple[list[str], dict[str, JobReport]]:
    stage = Everything()
    reports = asyncio.run(walk(plan.jobs, stage, stage))
    return stage.performed, reports


def subsets() -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(FILES, size) for size in range(1, len(FILES) + 1))


@pytest.mark.parametrize("order", Order)
def test_every_combination_reaches_exactly_the_environments_that_it_should(order: Order) -> None:
    pipeline = replace(PIPELINE, order=order)
    for touched in subsets():
        plan = planned(*(FILES[one] for one in touched), pipeline=pipeline, last=release(pipeline))
        backend = not {"backend", "fund-data"}.isdisjoint(touched)
        frontend = "frontend" in touched
        performed, reports = walked(plan)
        assert {report.phase for report in reports.values()} <= {Phase.SUCCEEDED, Phase.SATISFIED}, touched
        for environment in ENVIRONMENTS:
            assert (f"deploy-{environment}" in performed) is backend, touched
            assert (f"deploy-{environment}-frontend" in performed) is frontend, touched
            assert (f"e2e-test-{environment}" in performed) is (backend or frontend), touched
            assert (f"promote-{environment}-frontend" in performed) is frontend, touched
        assert ("build" in performed) is backend, touched
        assert ("build-frontend" in performed) is frontend, touched
        assert ("test" in performed) is bool(set(touched) - {"docs", "unmatched"}), touched


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    names = ["dev", "staging", "prod", "asia"][: draw(st.integers(1, 4))]
    environments = {
        name: Environment(name, draw(st.sampled_from([None, *names[:place]])), approval=draw(st.booleans()))
        for place, name in enumerate(names)
    }
    pipeline = replace(PIPELINE, order=draw(st.sampled_from(Order)), environments=environments)
    if draw(st.booleans()):
        pipeline = replace(pipeline, functions={}, images={})
    if draw(st.booleans()):
        pipeline = replace(pipeline, site=None)
    if draw(st.booleans()):
        pipeline = replace(pipeline, browser=None)
    if draw(st.booleans()):
        pipeline = replace(pipeline, check=None)
    return pipeline


@st.composite
def plans(draw: st.DrawFn) -> tuple[Pipeline, Plan]:
    pipeline = draw(pipelines())
    files = draw(st.sets(st.sampled_from(sorted(FILES.values()))))
    behind = {name: draw(st.sampled_from(LAGS)) for name in pipeline.environments}
    last = draw(st.sampled_from([None, release(pipeline), replace(release(pipeline), configuration="other")]))
    return pipeline, planned(*files, pipeline=pipeline, last=last, behind=behind)


@given(drawn=plans())
def test_names_are_unique_and_needs_come_before(drawn: tuple[Pipeline, Plan]) -> None:
    _, plan = drawn
    seen: set[str] = set()
    for job in plan.jobs:
        assert job.name not in seen
        assert set(job.needs) <= seen
        assert set(job.prepare_after or ()) <= seen
        seen.add(job.name)


@given(drawn=plans())
def test_no_job_that_applies_is_behind_one_that_can_never_pass(drawn: tuple[Pipeline, Plan]) -> None:
    _, plan = drawn
    performed, reports = walked(plan)
    assert sorted(performed) == sorted(job.name for job in plan.jobs if job.applies)
    assert all(reports[job.name].phase is Phase.SATISFIED for job in plan.jobs if not job.applies)


@given(drawn=plans())
def test_a_failure_keeps_exactly_what_it_proves_from_users(drawn: tuple[Pipeline, Plan]) -> None:
    """Whatever fails in an environment, nothing of an environment behind it runs."""
    pipeline, plan = drawn
    jobs = plan.by_name()

    def behind(name: str) -> set[str]:
        found = {job.name for job in plan.jobs if name in job.needs}
        return found.union(*(behind(one) for one in found)) if found else found

    for job in plan.jobs:
        if job.environment:
            later = {one.name for one in pipeline.environments.values() if _after(pipeline, one, job.environment)}
            assert later <= {jobs[name].environment for name in behind(job.name)}


def _after(pipeline: Pipeline, environment: Environment, earlier: str) -> bool:
    while environment.after:
        if environment.after == earlier:
            return any((pipeline.functions, pipeline.site))
        environment = pipeline.environments[environment.after]
    return False


@given(drawn=plans())
def test_what_makes_a_release_is_judged_first_and_brought_somewhere(drawn: tuple[Pipeline, Plan]) -> None:
    pipeline, plan = drawn
    builds = bool(plan.images or plan.site)
    if builds and pipeline.check is not None:
        assert plan.by_name()["test"].applies
    if builds:
        reached = {job.environment for job in plan.jobs if job.applies} - {""}
        assert reached == set(pipeline.environments)


@given(drawn=plans())
def test_what_goes_live_was_tested_in_a_browser(drawn: tuple[Pipeline, Plan]) -> None:
    pipeline, plan = drawn
    if pipeline.browser is None or pipeline.site is None:
        return
    for environment in pipeline.environments:
        jobs = [job for job in plan.jobs if job.environment == environment]
        moves = [job for job in jobs if job.applies and job.name != f"e2e-test-{environment}"]
        assert plan.by_name()[f"e2e-test-{environment}"].applies is bool(moves)


def test_both_orders_reach_the_same_environments() -> None:
    together, first = (walked(planned("src/agent.py", pipeline=p, last=None))[0] for p in (PIPELINE, BACKEND_FIRST))
    assert [name for name in together if name in first] == first
    added = {f"{job}-{environment}" for job in ("skew-test", "promote") for environment in ENVIRONMENTS}
    assert set(together) - set(first) == added
