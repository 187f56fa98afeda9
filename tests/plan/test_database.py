"""The jobs of a database: build-schema, migrate, and the schema gate."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.plan.database import BACKEND_FIRST, DATABASE, NO_MIGRATIONS, migrated
from tests.plan.reference import ENVIRONMENTS, PIPELINE, applied, changes, planned, release
from tidegate.model.job import Duty
from tidegate.model.pipeline import Pipeline
from tidegate.plan.graph import Behind, every_job
from tidegate.plan.scope import build_reason, scope_of

GATEWAY = ("test", "build", "build-frontend", "build-schema")
GATE = "validate-aurora-schema"
BACKEND = ("deploy-{}", "e2e-test-{}", "promote-{}")
FRONTEND = ("deploy-{}-frontend", "e2e-test-{}", "promote-{}-frontend")
MIGRATION = "migrations/versions/expand/1b.py"


def gates(*environments: str) -> list[str]:
    return [GATE if name == "dev" else f"{GATE}-{name}" for name in environments]


def jobs(*patterns: str, migrates: tuple[str, ...] = ()) -> list[str]:
    """Jobs of all environments, in the plan's order."""
    found = []
    for name in ENVIRONMENTS:
        found += [f"migrate-{name}"] if name in migrates else []
        found += gates(name) if patterns == BACKEND else []
        found += [pattern.format(name) for pattern in patterns]
    return found


@pytest.mark.parametrize("pipeline", [DATABASE, BACKEND_FIRST])
def test_expand_then_the_schema_gate_then_the_code(pipeline: Pipeline) -> None:
    needs = {job.name: job.needs for job in planned(pipeline=pipeline, last=None).jobs}
    assert needs["build-schema"] == ("test",)
    assert needs["migrate-dev"] == GATEWAY
    assert needs[GATE] == ("migrate-dev",)
    assert needs["deploy-dev"] == (GATE,)
    assert needs["deploy-dev-frontend"] == ((GATE,) if pipeline is DATABASE else ("deploy-dev",))
    assert needs["migrate-staging"] == ("promote-dev-frontend",)
    assert needs[f"{GATE}-staging"] == ("migrate-staging",)
    assert needs["deploy-prod"] == (f"{GATE}-prod",)


def test_a_schema_that_others_migrate_has_its_gate_all_the_same() -> None:
    plan = planned(pipeline=NO_MIGRATIONS, last=None)
    assert not [job.name for job in plan.jobs if job.duty is Duty.MIGRATE]
    needs = plan.by_name()
    assert needs[GATE].needs == GATEWAY
    assert needs["deploy-dev"].needs == (GATE,)


def test_a_product_without_a_database_has_none_of_these_jobs() -> None:
    duties = {job.duty for job in every_job(PIPELINE)}
    assert duties.isdisjoint({Duty.BUILD_SCHEMA, Duty.MIGRATE, Duty.SCHEMA_GATE})


@pytest.mark.parametrize("pipeline", [DATABASE, BACKEND_FIRST, NO_MIGRATIONS, replace(DATABASE, site=None)])
def test_every_job_is_what_a_first_run_plans(pipeline: Pipeline) -> None:
    every = every_job(pipeline)
    first = planned(pipeline=pipeline, last=None).jobs
    assert [replace(job, reason="") for job in every] == [replace(job, reason="") for job in first]
    assert all(job.applies for job in every)


@pytest.mark.parametrize(
    ("files", "behind", "expected"),
    [
        pytest.param(
            [MIGRATION],
            {},
            ["test", "build-schema", *jobs(*BACKEND, migrates=ENVIRONMENTS)],
            id="a migration alone: the same code on another schema is tested and promoted as a pair of its own",
        ),
        pytest.param(["src/agent.py"], {}, ["test", "build", *jobs(*BACKEND)], id="backend alone"),
        pytest.param(
            ["src/agent.py"],
            {"prod": Behind(backend="lags", schema="prod has the migrations of r1, not of r2")},
            ["test", "build", *jobs(*BACKEND, migrates=("prod",))],
            id="backend alone, while prod lacks migrations of the release",
        ),
        pytest.param(["frontend/twinbar/a.ts"], {}, ["test", "build-frontend", *jobs(*FRONTEND)], id="site alone"),
        pytest.param(["tests/shared/test_a.py"], {}, ["test"], id="tests alone"),
        pytest.param([], {}, [], id="the same push once more"),
    ],
)
def test_what_a_push_asks_for(files: list[str], behind: Mapping[str, Behind], expected: list[str]) -> None:
    plan = planned(*files, pipeline=DATABASE, last=migrated(), behind=behind)
    assert [name for name in applied(plan) if name != "detect-changes"] == expected
    assert plan.schema is ("build-schema" in expected)


def test_a_release_that_was_made_goes_on_with_its_migrations_where_they_are_missing() -> None:
    lag = {"prod": Behind(schema="prod has the migrations of r1, not of r2")}
    plan = planned(pipeline=DATABASE, last=migrated(), behind=lag)
    assert applied(plan) == [
        "detect-changes",
        "migrate-prod",
        *gates("prod"),
        "deploy-prod",
        "e2e-test-prod",
        "promote-prod",
    ]
    assert plan.by_name()["migrate-prod"].reason == "prod has the migrations of r1, not of r2"


def test_what_does_not_apply_says_why() -> None:
    plan = planned("src/agent.py", pipeline=DATABASE, last=migrated()).by_name()
    assert (plan["build-schema"].applies, plan["build-schema"].reason) == (False, "the schema is inherited")
    assert (plan["migrate-dev"].applies, plan["migrate-dev"].reason) == (False, "dev has the migrations already")
    plan = planned("frontend/twinbar/a.ts", pipeline=DATABASE, last=migrated()).by_name()
    assert (plan[GATE].applies, plan[GATE].reason) == (False, "dev has it already")


def test_the_reason_names_the_file_the_pattern_and_the_component() -> None:
    scope = scope_of(DATABASE, changes(MIGRATION, pipeline=DATABASE), migrated())
    assert scope.schema == f"{MIGRATION} matches migrations/** of schema"
    assert scope.makes_release
    assert scope.check == "something is built"
    plan = planned(MIGRATION, pipeline=DATABASE, last=migrated()).by_name()
    assert plan["migrate-dev"].reason == plan["deploy-dev"].reason == scope.schema
    assert build_reason(DATABASE, changes(MIGRATION, pipeline=DATABASE)) == scope.schema


def test_the_first_release_with_a_database_reads_its_schema_whatever_the_push_touches() -> None:
    scope = scope_of(DATABASE, changes("docs/a.md", pipeline=DATABASE), release(DATABASE))
    assert scope.schema == "no release has it yet"
    assert scope_of(PIPELINE, changes("docs/a.md"), release()).schema == ""


def test_a_declared_database_is_configuration_and_none_leaves_the_hash_as_it_was() -> None:
    scope = scope_of(PIPELINE, changes("docs/a.md"), migrated())
    assert scope.configuration == "tidegate.yaml changed how functions or site run"
