"""What holds for the workflow files of every pipeline, whatever its settings."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import check_jsonschema
import jsonschema
import pytest
from hypothesis import given, settings

from tests.actions.pipelines import PIPELINES
from tests.actions.read import read
from tidegate.actions import workflows
from tidegate.actions.pins import PINS
from tidegate.config.document import PinnedAction
from tidegate.model.actions import ApprovalBy, Credentials
from tidegate.model.job import Duty
from tidegate.model.pipeline import Pipeline
from tidegate.plan.graph import every_job

FEW = settings(max_examples=40, deadline=None)
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
NEED = re.compile(r"needs\.([a-z][a-z0-9-]*)")


@cache
def schema() -> jsonschema.Draft7Validator:
    """GitHub's schema of workflow files, as SchemaStore publishes it."""
    file = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "github-workflows.json"
    return jsonschema.Draft7Validator(json.loads(file.read_bytes()))


def files_of(pipeline: Pipeline) -> dict[str, Any]:
    return {path.rsplit("/", 1)[1]: read(text) for path, text in workflows(pipeline).items()}


def jobs_of(files: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for file, content in files.items():
        for name, job in content["jobs"].items():
            yield file, name, job


def texts(part: object) -> Iterator[str]:
    match part:
        case dict():
            for value in part.values():
                yield from texts(value)
        case list():
            for value in part:
                yield from texts(value)
        case str():
            yield part


def test_the_schema_refuses_what_github_would() -> None:
    with pytest.raises(jsonschema.ValidationError):
        schema().validate({"on": {"push": None}, "jobs": {"a": {"runs-on": "x", "step": []}}})


def test_an_action_that_may_be_used_may_be_pinned() -> None:
    assert {pin.action for pin in PINS} == set(get_args(PinnedAction))


@FEW
@given(PIPELINES)
def test_every_file_is_a_workflow_of_the_schema(pipeline: Pipeline) -> None:
    files = files_of(pipeline)
    assert set(files) == {"deploy.yml", "pr-check.yml", *(["terraform-test.yml"] if pipeline.infrastructure else [])}
    for content in files.values():
        schema().validate(content)


@FEW
@given(PIPELINES)
def test_every_job_of_the_pipeline_is_there_and_needs_all_before_it(pipeline: Pipeline) -> None:
    jobs = files_of(pipeline)["deploy.yml"]["jobs"]
    graph = every_job(pipeline)
    seen: list[str] = []
    for job in graph:
        needs = jobs[job.name].get("needs", [])
        assert set(job.needs) <= set(needs) <= set(seen), "in the plan's order, which has no cycle"
        assert set(needs) == {*job.needs, *(far for need in job.needs for far in jobs[need].get("needs", []))}
        assert jobs[job.name]["name"] == job.name
        seen.append(job.name)
    own = {f"put-back-{name}" for name in pipeline.environments}
    assert set(jobs) == {*seen, *own, "gate"}
    for name in pipeline.environments:
        moved = {job.name for job in graph if job.environment == name and job.duty is not Duty.APPROVE}
        assert set(jobs[f"put-back-{name}"]["needs"]) == {"detect-changes", *moved}
    assert set(jobs["gate"]["needs"]) == {*seen, *own}


@FEW
@given(PIPELINES)
def test_a_gate_ends_every_file_and_runs_whatever_came_before(pipeline: Pipeline) -> None:
    names = set()
    for content in files_of(pipeline).values():
        *before, last = content["jobs"]
        gate = content["jobs"][last]
        assert (last, gate["if"]) == ("gate", "${{ always() }}")
        assert gate["needs"] == before
        names.add(gate["name"])
    assert len(names) == 3 if pipeline.infrastructure else 2, "GitHub does not tell checks of one name apart"


@FEW
@given(PIPELINES)
def test_expressions_read_only_what_a_job_needs(pipeline: Pipeline) -> None:
    for _, name, job in jobs_of(files_of(pipeline)):
        read_ = {need for text in texts(job) for inner in EXPRESSION.findall(text) for need in NEED.findall(inner)}
        assert read_ <= set(job.get("needs", [])), name


@FEW
@given(PIPELINES)
def test_jobs_are_secure_by_construction(pipeline: Pipeline) -> None:
    assert pipeline.actions is not None
    known = {f"{pin.action}@{pin.commit}" for pin in PINS}
    files = files_of(pipeline)
    for content in files.values():
        assert content["permissions"] == {}
        assert "cancel-in-progress" in content["concurrency"]
    for file, name, job in jobs_of(files):
        assert 10 <= job["timeout-minutes"] <= 360
        oidc = file == "deploy.yml" and pipeline.actions.credentials is Credentials.OIDC
        assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if oidc else {})}
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert "\n" not in step.get("run", "")
            if "uses" in step:
                assert step["uses"] in known
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            if "setup-go" in step.get("uses", ""):
                assert step["with"]["cache"] is False
        *ready, last = job["steps"]
        assert last["run"].startswith("exec tidegate "), "else no signal of a cancellation reaches it"
        assert all("secrets." not in text for step in ready if "run" in step for text in texts(step))
        if file != "deploy.yml":
            assert not any("secrets." in text or "vars." in text for text in texts(job)), name
    assert files["deploy.yml"]["concurrency"]["cancel-in-progress"] is False


@FEW
@given(PIPELINES)
def test_every_job_knows_alike_whether_tests_inside_the_vpc_apply(pipeline: Pipeline) -> None:
    deploy = files_of(pipeline)["deploy.yml"]
    tested = pipeline.database is not None and pipeline.database.vpc_tests is not None
    assert deploy["env"].get("AURORA_ENABLED") == ("${{ vars.AURORA_ENABLED }}" if tested else None)
    assert not any("AURORA_ENABLED" in job.get("env", {}) for job in deploy["jobs"].values())
    named = [name for name in deploy["jobs"] if name.startswith("vpc-integration-tests")]
    assert len(named) == (len(pipeline.environments) if tested else 0)


@FEW
@given(PIPELINES)
def test_secrets_are_read_in_their_environment_alone(pipeline: Pipeline) -> None:
    githubs = {one.github for one in pipeline.environments.values()}
    for _, name, job in jobs_of(files_of(pipeline)):
        environment = job.get("environment", "")
        if any("secrets.AWS" in text for text in texts(job)):
            assert environment, f"{name}: secrets of a repository can be read from any branch"
        if any("secrets.CLOUDFRONT" in text for text in texts(job)):
            assert environment in githubs
            assert not name.startswith("approve-")


@FEW
@given(PIPELINES)
def test_reviewers_are_asked_once_for_an_environment(pipeline: Pipeline) -> None:
    assert pipeline.actions is not None
    jobs = files_of(pipeline)["deploy.yml"]["jobs"]
    for environment in pipeline.environments.values():
        naming = [name for name, job in jobs.items() if job.get("environment") == f"{environment.github}-approval"]
        reviewed = environment.approval and pipeline.actions.approval is ApprovalBy.ENVIRONMENT
        assert naming == ([f"approve-{environment.name}"] if reviewed else [])


@FEW
@given(PIPELINES)
def test_tidegates_own_limit_comes_first(pipeline: Pipeline) -> None:
    """And the session outlasts the job: what moved could not be put back without it."""
    jobs = files_of(pipeline)["deploy.yml"]["jobs"]
    for job in every_job(pipeline):
        assert jobs[job.name]["timeout-minutes"] * 60 > job.timeout_seconds
    for job in jobs.values():
        for step in job["steps"]:
            if "role-to-assume" in step.get("with", {}):
                assert step["with"]["role-duration-seconds"] == max(job["timeout-minutes"] * 60, 900)
                assert re.fullmatch(r"[\w+=,.@-]{2,64}", step["with"]["role-session-name"])


@FEW
@given(PIPELINES)
def test_the_same_pipeline_makes_the_same_files(pipeline: Pipeline) -> None:
    assert workflows(pipeline) == workflows(pipeline)
