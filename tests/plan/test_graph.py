from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.plan.reference import BACKEND_FIRST, ENVIRONMENTS, PIPELINE, applied, planned, release
from tidegate.model.job import Duty
from tidegate.model.pipeline import Pipeline, Timeouts
from tidegate.plan.graph import Behind, every_job

GATEWAY = ("test", "build", "build-frontend")
LAG = Behind("api does not serve r1", "APP does not serve r1")
UNPROVEN = Behind(evidence="r1 is not proven in dev")

TOGETHER: dict[str, tuple[str, ...]] = {
    "detect-changes": (),
    "test": ("detect-changes",),
    "build": ("test",),
    "build-frontend": ("test",),
    "deploy-dev": GATEWAY,
    "deploy-dev-frontend": GATEWAY,
    "e2e-test-dev": ("deploy-dev", "deploy-dev-frontend"),
    "skew-test-dev": ("e2e-test-dev",),
    "promote-dev": ("skew-test-dev",),
    "promote-dev-frontend": ("promote-dev",),
    "deploy-staging": ("promote-dev-frontend",),
    "deploy-staging-frontend": ("promote-dev-frontend",),
    "e2e-test-staging": ("deploy-staging", "deploy-staging-frontend"),
    "skew-test-staging": ("e2e-test-staging",),
    "promote-staging": ("skew-test-staging",),
    "promote-staging-frontend": ("promote-staging",),
    "deploy-prod": ("promote-staging-frontend",),
    "deploy-prod-frontend": ("promote-staging-frontend",),
    "e2e-test-prod": ("deploy-prod", "deploy-prod-frontend"),
    "skew-test-prod": ("e2e-test-prod",),
    "promote-prod": ("skew-test-prod",),
    "promote-prod-frontend": ("promote-prod",),
}
BACKEND_FIRST_NEEDS: dict[str, tuple[str, ...]] = {
    "detect-changes": (),
    "test": ("detect-changes",),
    "build": ("test",),
    "build-frontend": ("test",),
    "deploy-dev": GATEWAY,
    "deploy-dev-frontend": ("deploy-dev",),
    "e2e-test-dev": ("deploy-dev-frontend",),
    "promote-dev-frontend": ("e2e-test-dev",),
    "deploy-staging": ("promote-dev-frontend",),
    "deploy-staging-frontend": ("deploy-staging",),
    "e2e-test-staging": ("deploy-staging-frontend",),
    "promote-staging-frontend": ("e2e-test-staging",),
    "deploy-prod": ("promote-staging-frontend",),
    "deploy-prod-frontend": ("deploy-prod",),
    "e2e-test-prod": ("deploy-prod-frontend",),
    "promote-prod-frontend": ("e2e-test-prod",),
}


def everywhere(*patterns: str, environments: tuple[str, ...] = ENVIRONMENTS) -> list[str]:
    return [pattern.format(name) for name in environments for pattern in patterns]


BACKEND = ("deploy-{}", "e2e-test-{}", "promote-{}")
FRONTEND = ("deploy-{}-frontend", "e2e-test-{}", "promote-{}-frontend")
ALL = ("deploy-{}", "deploy-{}-frontend", "e2e-test-{}", "skew-test-{}", "promote-{}", "promote-{}-frontend")


@pytest.mark.parametrize(
    ("pipeline", "needs"),
    [
        pytest.param(PIPELINE, TOGETHER, id="together"),
        pytest.param(BACKEND_FIRST, BACKEND_FIRST_NEEDS, id="backend-first"),
    ],
)
def test_jobs_and_needs(pipeline: Pipeline, needs: Mapping[str, tuple[str, ...]]) -> None:
    plan = planned("src/agent.py", pipeline=pipeline, last=None)
    assert {job.name: job.needs for job in plan.jobs} == needs


@pytest.mark.parametrize(
    "pipeline", [PIPELINE, BACKEND_FIRST, replace(PIPELINE, site=None), replace(PIPELINE, check=None)]
)
def test_every_job_is_what_a_first_run_plans(pipeline: Pipeline) -> None:
    jobs = every_job(pipeline)
    first = planned("src/agent.py", pipeline=pipeline, last=None).jobs
    assert [replace(job, reason="") for job in jobs] == [replace(job, reason="") for job in first]
    assert all(job.applies for job in jobs)


def test_each_job_has_the_limit_of_its_kind() -> None:
    timeouts = Timeouts(600, {Duty.DEPLOY: 60, Duty.PROMOTE_SITE: 30})
    plan = planned("src/agent.py", pipeline=replace(PIPELINE, timeouts=timeouts), last=None)
    limits = {job.name: job.timeout_seconds for job in plan.jobs}
    assert {name: limit for name, limit in limits.items() if limit != 600} == {
        **{f"deploy-{name}": 60 for name in ENVIRONMENTS},
        **{f"promote-{name}-frontend": 30 for name in ENVIRONMENTS},
    }


def test_only_the_deployment_of_backend_first_promotes() -> None:
    promoting = [job.name for job in planned(pipeline=BACKEND_FIRST, last=None).jobs if job.promotes]
    assert promoting == everywhere("deploy-{}")
    assert [job.name for job in planned(last=None).jobs if job.promotes] == []


@pytest.mark.parametrize(
    ("files", "behind", "expected"),
    [
        pytest.param(["src/agent.py"], {}, ["test", "build", *everywhere(*BACKEND)], id="backend only"),
        pytest.param(["fund_data_sync/rows.py"], {}, ["test", "build", *everywhere(*BACKEND)], id="fund data only"),
        pytest.param(
            ["frontend/twinbar/a.ts"], {}, ["test", "build-frontend", *everywhere(*FRONTEND)], id="frontend only"
        ),
        pytest.param(
            ["src/agent.py", "frontend/twinbar/a.ts"],
            {},
            ["test", "build", "build-frontend", *everywhere(*ALL)],
            id="backend and frontend",
        ),
        pytest.param(["tests/shared/test_a.py"], {}, ["test"], id="tests only"),
        pytest.param(["terraform/main.tf"], {"prod": LAG}, ["test"], id="terraform only, whatever lags"),
        pytest.param(
            [],
            {"prod": LAG},
            everywhere(*ALL, environments=("prod",)),
            id="the same push again, prod lags",
        ),
        pytest.param(
            [],
            {"staging": Behind(site="APP does not serve r1"), "prod": LAG},
            [*everywhere(*FRONTEND, environments=("staging",)), *everywhere(*ALL, environments=("prod",))],
            id="the same push again, staging lags half",
        ),
        pytest.param(
            [],
            {"dev": UNPROVEN, "prod": LAG},
            everywhere(*ALL, environments=("dev", "prod")),
            id="the same push again, dev serves it and has not proved it",
        ),
        pytest.param(
            [],
            {"dev": Behind(site="APP does not serve r1", evidence="r1 is not proven in dev")},
            everywhere(*FRONTEND, environments=("dev",)),
            id="the same push again, the half that lags wins the evidence",
        ),
        pytest.param(
            ["frontend/twinbar/a.ts"],
            {"dev": UNPROVEN},
            ["test", "build-frontend", *everywhere(*FRONTEND)],
            id="a new release, whatever the last one lacks of evidence",
        ),
        pytest.param(["tests/shared/test_a.py"], {"dev": UNPROVEN}, ["test"], id="tests only, whatever is not proven"),
        pytest.param(
            ["frontend/twinbar/a.ts"],
            {"dev": LAG},
            [
                *("test", "build-frontend"),
                *everywhere(*ALL, environments=("dev",)),
                *everywhere(*FRONTEND, environments=("staging", "prod")),
            ],
            id="frontend only, dev lags with the backend",
        ),
    ],
)
def test_jobs_that_apply(files: list[str], behind: dict[str, Behind], expected: list[str]) -> None:
    plan = planned(*files, last=release(), behind=behind)
    assert applied(plan) == ["detect-changes", *expected]
    assert not plan.empty


def test_a_job_that_is_there_for_the_evidence_says_so() -> None:
    jobs = planned(last=release(), behind={"dev": UNPROVEN}).by_name()
    assert {jobs[name].reason for name in everywhere(*ALL, environments=("dev",))} == {"r1 is not proven in dev"}
    backend_only = replace(PIPELINE, site=None, browser=None, contract=None)
    plan = planned(pipeline=backend_only, last=release(backend_only), behind={"dev": UNPROVEN})
    assert applied(plan) == ["detect-changes", "deploy-dev", "promote-dev"]
    site_only = replace(PIPELINE, functions={}, images={}, contract=None)
    plan = planned(pipeline=site_only, last=release(site_only), behind={"dev": UNPROVEN})
    assert applied(plan) == ["detect-changes", *everywhere(*FRONTEND, environments=("dev",))]


def test_the_first_push_applies_every_job() -> None:
    plan = planned("docs/a.md", last=None)
    assert applied(plan) == list(TOGETHER)
    assert (plan.images, plan.site, plan.inherits) == (("backend", "fund-data-sync"), True, "")
    assert plan.reason == "a new release"


def test_backend_first_has_no_job_of_its_own_for_promotion() -> None:
    plan = planned("src/agent.py", pipeline=BACKEND_FIRST, last=release(BACKEND_FIRST))
    assert applied(plan) == ["detect-changes", "test", "build", *everywhere("deploy-{}", "e2e-test-{}")]


def test_a_configuration_alone_is_carried_without_a_build() -> None:
    plan = planned("tidegate.yaml", last=replace(release(), configuration="another"))
    assert applied(plan) == ["detect-changes", "test", *everywhere(*BACKEND)]
    assert (plan.images, plan.site, plan.inherits) == ((), False, "r1")
    assert plan.by_name()["deploy-prod"].reason == "tidegate.yaml changed how functions or site run"


def test_the_same_push_again_plans_nothing() -> None:
    plan = planned(last=release())
    assert plan.empty
    assert applied(plan) == []
    assert plan.reason == "every environment already serves the last release"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (["docs/a.md"], "only ignored files changed: docs/a.md (docs/**)"),
        (["README.md"], "no component that makes or judges a release covers what changed: README.md"),
    ],
)
def test_a_quiet_push_applies_no_job_and_says_why(files: list[str], reason: str) -> None:
    plan = planned(*files, last=release(), behind=dict.fromkeys(ENVIRONMENTS, LAG))
    assert plan.empty
    assert plan.reason == reason
    assert plan.by_name()["detect-changes"].reason == reason


@pytest.mark.parametrize(
    ("files", "behind", "reason"),
    [
        (["src/agent.py"], {}, "a new release"),
        (["tests/test_a.py"], {}, "gates only: nothing that a release is made of changed"),
        ([], {"prod": LAG}, "the last release is carried on"),
    ],
)
def test_the_summary(files: list[str], behind: dict[str, Behind], reason: str) -> None:
    assert planned(*files, last=release(), behind=behind).reason == reason


def test_each_job_says_why_it_applies_or_not() -> None:
    jobs = planned("src/api/app.py", last=release(), behind={"prod": LAG}).by_name()
    assert jobs["test"].reason == "something is built"
    assert jobs["build"].reason == "backend: src/api/app.py matches src/api/** of api"
    assert jobs["build-frontend"].reason == "the site is inherited"
    assert jobs["deploy-dev"].reason == "new backend"
    assert jobs["deploy-dev-frontend"].reason == "dev has it already"
    assert jobs["deploy-prod-frontend"].reason == "APP does not serve r1"
    assert jobs["e2e-test-prod"].reason == "new backend; APP does not serve r1"


def approving(*names: str, pipeline: Pipeline = PIPELINE) -> Pipeline:
    environments = {
        name: replace(one, approval=name in names, approvers=("ann",) if name in names else ())
        for name, one in pipeline.environments.items()
    }
    return replace(pipeline, environments=environments)


@pytest.mark.parametrize("pipeline", [PIPELINE, BACKEND_FIRST], ids=["together", "backend-first"])
def test_an_approval_comes_before_every_other_job_of_its_environment(pipeline: Pipeline) -> None:
    plain = planned(last=None, pipeline=pipeline).by_name()
    jobs = planned(last=None, pipeline=approving("staging", "prod", pipeline=pipeline)).by_name()
    asking = {"approve-staging", "approve-prod"}
    assert set(jobs) - set(plain) == asking
    for name, job in jobs.items():
        needs = jobs[job.needs[0]].needs if asking & set(job.needs) else job.needs
        assert needs == (plain[name] if name in plain else plain[f"deploy-{job.environment}"]).needs
        assert job.prepare_after == (plain[name].prepare_after if name in plain else None)
    assert jobs["deploy-prod"].needs == ("approve-prod",)
    assert (jobs["approve-prod"].duty, jobs["approve-prod"].environment) == (Duty.APPROVE, "prod")


@pytest.mark.parametrize(
    ("files", "behind", "applies"),
    [
        (["src/agent.py"], {}, True),
        (["frontend/twinbar/a.ts"], {}, True),
        (["tests/shared/test_a.py"], {}, False),
        ([], {"prod": LAG}, True),
        ([], {"staging": LAG}, False),
    ],
)
def test_nobody_is_asked_where_nothing_is_done(files: list[str], behind: dict[str, Behind], *, applies: bool) -> None:
    job = planned(*files, pipeline=approving("prod"), last=release(), behind=behind).by_name()["approve-prod"]
    assert job.applies is applies
    assert job.reason


def test_what_may_run_ahead_of_its_turn() -> None:
    def ahead(*files: str) -> dict[str, tuple[str, ...]]:
        jobs = planned(*files, last=release()).jobs
        return {job.name: job.prepare_after for job in jobs if job.prepare_after is not None}

    built = {"build": ("detect-changes",), "build-frontend": ("detect-changes",)}
    inherited = dict.fromkeys(everywhere("deploy-{}-frontend"), ("detect-changes",))
    assert ahead("src/agent.py") == built | inherited
    assert ahead("frontend/twinbar/a.ts") == built | dict.fromkeys(inherited, ("build-frontend",))


def test_the_plan_says_what_is_built() -> None:
    plan = planned("fund_data_sync/rows.py", "frontend/twinbar/a.ts", last=release())
    assert (plan.images, plan.site, plan.inherits) == (("fund-data-sync",), True, "r1")
    assert (plan.commit, plan.base) == ("c1", "c0")
    duties = {job.duty for job in plan.jobs if not job.environment}
    assert duties == {Duty.DETECT, Duty.CHECK, Duty.BUILD, Duty.BUILD_SITE}
