"""Starting builds: what a request overrides, and what makes two requests one build."""

import dataclasses
import itertools
from collections.abc import Iterator

import pytest

from tidegate.localcloud.codebuild.build import Build, Project, Source, Status, Variable
from tidegate.localcloud.codebuild.errors import CodeBuildError
from tidegate.localcloud.codebuild.state import TOKEN_SECONDS, CodeBuildState, Overrides

SPEC = "version: 0.2\n"


@pytest.fixture
def state() -> CodeBuildState:
    made = CodeBuildState("123456789012", "local")
    source = Source("S3", "bucket/source.zip")
    variables = (Variable("A", "project"), Variable("B", "project"))
    made.create(Project("tests", made.project_arn("tests"), source, {}, variables, "role", 1.0, 1.0, most_at_once=2))
    return made


@pytest.fixture
def ids() -> Iterator[str]:
    return (f"uuid-{number}" for number in itertools.count(1))


def start(state: CodeBuildState, ids: Iterator[str], now: float = 10.0, **given: object) -> Build:
    return state.start("tests", Overrides(**given), next(ids), "me", now)[0]  # type: ignore[arg-type]


def test_a_request_overrides_its_own_build_alone(state: CodeBuildState, ids: Iterator[str]) -> None:
    build = start(state, ids, variables=(Variable("B", "request"),), source_location="bucket/other.zip")
    assert build.id == "tests:uuid-1"
    assert {one.name: one.value for one in build.project.variables} == {"A": "project", "B": "request"}
    assert build.project.source.location == "bucket/other.zip"
    assert state.project("tests").source.location == "bucket/source.zip"
    assert [one.number for one in (build, start(state, ids))] == [1, 2]


def test_one_token_is_one_build_for_five_minutes(state: CodeBuildState, ids: Iterator[str]) -> None:
    first = start(state, ids, token="t", said="x")
    assert start(state, ids, now=10.0 + TOKEN_SECONDS - 1, token="t", said="x").id == first.id
    with pytest.raises(CodeBuildError, match="parameter mismatch"):
        start(state, ids, token="t", said="y")
    assert start(state, ids, now=10.0 + TOKEN_SECONDS, token="t", said="x").id != first.id


def test_builds_that_ended_make_room(state: CodeBuildState, ids: Iterator[str]) -> None:
    first = start(state, ids)
    start(state, ids)
    with pytest.raises(CodeBuildError) as refused:
        start(state, ids)
    assert refused.value.code == "AccountLimitExceededException"
    assert state.stop(first.id, 11.0).status is Status.STOPPED
    assert start(state, ids).number == 3


def test_a_build_is_known_by_id_and_by_arn_and_outlives_its_project(state: CodeBuildState, ids: Iterator[str]) -> None:
    build = start(state, ids)
    state.delete("tests")
    assert state.build(build.id) == state.build(build.arn) == build
    with pytest.raises(CodeBuildError):
        state.project("tests")


def test_a_refused_request_leaves_the_state_as_it_was(state: CodeBuildState, ids: Iterator[str]) -> None:
    with pytest.raises(CodeBuildError, match="valid S3 source"):
        start(state, ids, source_location="bucket")
    assert state.builds_of("tests") == []
    assert dataclasses.asdict(start(state, ids))["number"] == 1
