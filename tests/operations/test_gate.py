"""How a run ends whose jobs were processes of their own, and what its gate says of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plan.forgetful import Forgetful
from tests.plan.reference import PIPELINE, release
from tidegate.errors import ConfigError
from tidegate.execute.home import Home
from tidegate.execute.interpreter import walk
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Job, JobReport, Phase, Plan
from tidegate.model.run import JobView
from tidegate.operations.gate import conclude_checks, conclude_run, disagreements, read_needs, settled
from tidegate.operations.project import Project
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope

LAGS = (Behind(), Behind(backend="lags"), Behind(site="lags"), Behind("lags", "lags"))
ENDS = (Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED)


def plan_of(backend: str, site: str, check: str, lags: tuple[Behind, ...]) -> Plan:
    scope = Scope({"backend": backend} if backend else {}, site, "", check, release=True, quiet="")
    return plan_run(PIPELINE, "c1", "c0", scope, release(), dict(zip(PIPELINE.environments, lags, strict=True)))


PLANS = st.builds(
    plan_of, *(st.sampled_from(["", "changed"]),) * 3, st.tuples(*(st.sampled_from(LAGS),) * len(PIPELINE.environments))
)


@dataclass
class Scripted(Forgetful):
    """A performer whose jobs end as they are told, and a journal that forgets."""

    ends: Mapping[str, Phase]

    async def perform(self, job: Job) -> JobReport:
        return JobReport(self.ends.get(job.name, Phase.SUCCEEDED))


@given(plan=PLANS, data=st.data())
def test_jobs_on_runners_end_as_those_of_a_walk(plan: Plan, data: st.DataObject) -> None:
    """Only the jobs that began are in the ledger; what is settled of the others is what a walk says of them."""
    ends = {job.name: data.draw(st.sampled_from(ENDS), job.name) for job in plan.jobs if job.applies}
    performer = Scripted(ends)
    reports = asyncio.run(walk(plan.jobs, performer, performer))
    seen = {
        job.name: JobView(job.name, phase=reports[job.name].phase)
        if job.applies and reports[job.name].phase in ENDS
        else JobView(job.name)
        for job in plan.jobs
    }
    found = settled(plan, seen)
    assert {name: one.phase for name, one in found.items()} == {name: one.phase for name, one in reports.items()}


WHOLE = plan_of("changed", "changed", "changed", (LAGS[3],) * len(PIPELINE.environments))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Home(tmp_path / "home"))


def opened(ledger: Ledger, **phases: Phase) -> str:
    run = ledger.open_run("c1", "telegram", "c0", "test", WHOLE).id
    ledger.run_started(run, 1, "github:acme/shop:7")
    for job in WHOLE.jobs:
        ledger.job_started(run, job.name)
        phase = phases.get(job.name.replace("-", "_"), Phase.SUCCEEDED)
        if phase is Phase.PENDING:
            break
        if phase is Phase.WAITING:
            ledger.ask_approval(run, "prod")
            ledger.job_waits(run, job.name, "waits")
        elif phase is not Phase.RUNNING:
            ledger.job_ended(run, job.name, JobReport(phase, f"{job.name} {phase}"))
    return run


def results(**others: str) -> dict[str, str]:
    named = {name.replace("_", "-"): result for name, result in others.items()}
    return {job.name: "success" for job in WHOLE.jobs} | named


def test_a_run_whose_jobs_all_succeeded_passes_once_and_again(project: Project) -> None:
    with project.ledger() as ledger:
        run = opened(ledger)
    for _ in range(2):
        end = conclude_run(project, run, results())
        assert end.report.phase is Phase.SUCCEEDED, end.report
        assert end.run
        assert end.run.phase is Phase.SUCCEEDED


@pytest.mark.parametrize(
    ("phases", "reason"),
    [
        ({"test": Phase.FAILED}, "run 1 failed: test: test failed"),
        ({"build": Phase.RUNNING}, "run 1 cancelled: build was cut short"),
        ({"promote_prod_frontend": Phase.PENDING}, "run 1 cancelled: promote-prod-frontend was cut short"),
    ],
)
def test_any_other_run_does_not_pass(project: Project, phases: dict[str, Phase], reason: str) -> None:
    with project.ledger() as ledger:
        run = opened(ledger, **phases)
    report = conclude_run(project, run, None).report
    assert (report.phase, report.detail) == (Phase.FAILED, reason)


def test_an_environment_that_is_still_held_does_not_pass(project: Project) -> None:
    with project.ledger() as ledger:
        run = opened(ledger)
        ledger.acquire("staging", run, "github:acme/shop:7:1", "deploy", 60.0)
    report = conclude_run(project, run, results()).report
    assert report.phase is Phase.FAILED
    assert "staging may stand half-way" in report.detail


@pytest.mark.parametrize(
    ("phase", "result", "agree"),
    [
        (Phase.SUCCEEDED, "success", True),
        (Phase.SATISFIED, "skipped", True),
        (Phase.SUCCEEDED, "skipped", True),  # of an earlier attempt
        (Phase.BLOCKED, "skipped", True),
        (Phase.WAITING, "success", True),
        (Phase.FAILED, "failure", True),
        (Phase.CANCELLED, "cancelled", True),
        (Phase.CANCELLED, "failure", True),
        (Phase.PENDING, "success", False),
        (Phase.RUNNING, "success", False),
        (Phase.FAILED, "success", False),
        (Phase.CANCELLED, "success", False),
        (Phase.SUCCEEDED, "failure", False),
        (Phase.SUCCEEDED, "cancelled", False),
        (Phase.SATISFIED, "failure", False),
    ],
)
def test_what_github_says_is_held_against_the_ledger(project: Project, phase: Phase, result: str, agree: bool) -> None:
    with project.ledger() as ledger:
        view = ledger.run(ledger.open_run("c1", "telegram", "c0", "test", WHOLE).id)
    jobs = {**view.jobs, "build": JobView("build", phase=phase)}
    seen = type(view)(view.id, "c1", "telegram", None, "", 0.0, jobs=jobs)
    assert (disagreements(WHOLE, seen, {"build": result}) == []) is agree


@pytest.mark.parametrize("result", ["failure", "cancelled"])
def test_a_job_that_the_ledger_does_not_know_must_not_fail(project: Project, result: str) -> None:
    with project.ledger() as ledger:
        run = opened(ledger)
    report = conclude_run(project, run, results(put_back_dev=result)).report
    assert (report.phase, report.detail) == (Phase.FAILED, f"GitHub says {result} of put-back-dev")


@pytest.mark.parametrize(
    ("needs", "may_skip", "passes"),
    [
        ({"test": "success"}, (), True),
        ({"opa-policy": "success", "terratest": "skipped"}, ("terratest",), True),
        ({"opa-policy": "success", "terratest": "skipped"}, (), False),
        ({"terratest": "skipped"}, ("terratest",), False),
        ({"test": "failure"}, (), False),
        ({"test": "success", "workflows": "cancelled"}, (), False),
        ({"detect-changes": "failure", "test": "skipped"}, (), False),
        ({}, (), False),
        (None, (), False),
    ],
)
def test_checks_without_a_ledger_pass_only_on_evidence(
    needs: dict[str, str] | None, may_skip: tuple[str, ...], passes: bool
) -> None:
    report = conclude_checks(needs, frozenset(may_skip)).report
    assert report.phase is (Phase.SUCCEEDED if passes else Phase.FAILED)
    assert bool(report.failure) is not passes


def test_needs_are_read_from_githubs_json() -> None:
    assert read_needs('{"test": {"result": "success", "outputs": {}}}') == {"test": "success"}
    assert read_needs("") is None
    assert read_needs(None) is None


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"test": "success"}', '{"test": {}}'])
def test_needs_of_another_shape_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not the JSON"):
        read_needs(text)
