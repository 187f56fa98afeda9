"""The jobs vpc-integration-tests: where they stand, where they apply, and how long they may take."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.plan.database import BACKEND_FIRST, DATABASE, SPEC, migrated
from tests.plan.reference import ENVIRONMENTS, applied, planned
from tidegate.model.database import VpcTests
from tidegate.model.job import Duty
from tidegate.model.pipeline import Pipeline, Timeouts
from tidegate.plan.graph import Behind, every_job

WITH = replace(SPEC, vpc_tests=VpcTests("vpc-tests-{env}"))
TOGETHER = replace(DATABASE, database=WITH)
FIRST = replace(BACKEND_FIRST, database=WITH)
JOB = "vpc-integration-tests"
JOBS = [JOB, f"{JOB}-staging", f"{JOB}-prod"]


def of_vpc(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(JOB)]


@pytest.mark.parametrize(
    ("pipeline", "before_site", "before_browser"),
    [
        (TOGETHER, ("validate-aurora-schema-staging",), (JOBS[1], "deploy-staging-frontend")),
        (FIRST, (JOBS[1],), ("deploy-staging-frontend",)),
    ],
)
def test_they_stand_between_the_candidate_and_the_end_to_end_tests(
    pipeline: Pipeline, before_site: tuple[str, ...], before_browser: tuple[str, ...]
) -> None:
    jobs = planned(pipeline=pipeline, last=None).by_name()
    assert [name for name, job in jobs.items() if job.duty is Duty.VPC_TESTS] == JOBS
    assert jobs[JOBS[1]].needs == ("deploy-staging",)
    assert jobs["deploy-staging-frontend"].needs == before_site
    assert jobs["e2e-test-staging"].needs == before_browser


def test_without_a_site_they_stand_before_the_promotion() -> None:
    jobs = planned(pipeline=replace(TOGETHER, site=None), last=None).by_name()
    assert jobs["promote-dev"].needs == (JOB,)


def test_a_product_without_them_has_no_such_job() -> None:
    assert Duty.VPC_TESTS not in {job.duty for job in every_job(DATABASE)}


@pytest.mark.parametrize(
    ("files", "behind", "expected"),
    [
        (["src/agent.py"], {}, JOBS),
        (["migrations/versions/expand/1b.py"], {}, JOBS),
        (["frontend/twinbar/a.ts"], {}, []),
        (["tests/shared/test_a.py"], {}, []),
        ([], {}, []),
        ([], {"prod": Behind(backend="prod serves r1, not r2")}, JOBS[2:]),
    ],
)
def test_they_apply_where_the_backend_moves(
    files: list[str], behind: Mapping[str, Behind], expected: list[str]
) -> None:
    plan = planned(*files, pipeline=TOGETHER, last=migrated(TOGETHER), behind=behind)
    assert of_vpc(applied(plan)) == expected


def test_where_they_are_not_enabled_the_plan_says_so_and_nothing_else_changes() -> None:
    enabled, idle = (
        planned("src/agent.py", pipeline=TOGETHER, last=None, untested=why) for why in ("", "it is not set")
    )
    assert of_vpc(applied(idle)) == []
    assert {idle.by_name()[name].reason for name in JOBS} == {"it is not set"}
    assert [name for name in applied(enabled) if name not in JOBS] == applied(idle)
    assert [(job.name, job.needs) for job in enabled.jobs] == [(job.name, job.needs) for job in idle.jobs]


@pytest.mark.parametrize(
    ("tests", "timeouts", "expected"),
    [
        (1200, Timeouts(), 3600),
        (7200, Timeouts(), 7500),
        (7200, Timeouts(own={Duty.VPC_TESTS: 600}), 600),
    ],
)
def test_their_limit_leaves_the_tests_their_own(tests: int, timeouts: Timeouts, expected: int) -> None:
    own = replace(WITH, vpc_tests=VpcTests("vpc-tests-{env}", tests))
    plan = planned(pipeline=replace(TOGETHER, database=own, timeouts=timeouts), last=None)
    assert {plan.by_name()[name].timeout_seconds for name in JOBS} == {expected}
    assert len(ENVIRONMENTS) == len(JOBS)
