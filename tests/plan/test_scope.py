from dataclasses import replace

import pytest

from tests.plan.reference import PIPELINE, changes, release
from tidegate.model.pipeline import CheckGate
from tidegate.plan.scope import scope_of

BOTH = ["backend", "fund-data-sync"]


@pytest.mark.parametrize(
    ("files", "images", "site", "check"),
    [
        pytest.param(["src/api/app.py"], ["backend"], False, True, id="api"),
        pytest.param(["src/scheduler/handler.py"], ["backend"], False, True, id="scheduler"),
        pytest.param(["src/report_worker_handler.py"], ["backend"], False, True, id="worker"),
        pytest.param(["requirements.txt"], ["backend"], False, True, id="requirements"),
        pytest.param(["requirements-dev.txt"], ["backend"], False, True, id="further requirements"),
        pytest.param(["Dockerfile.lambda.container"], ["backend"], False, True, id="Dockerfile"),
        pytest.param(["frontend/twinbar/src/App.tsx"], [], True, True, id="frontend"),
        pytest.param(["fund_data_sync/handler.py"], ["fund-data-sync"], False, True, id="fund data"),
        pytest.param(["fund_data_sync/requirements.txt"], ["fund-data-sync"], False, True, id="its requirements"),
        pytest.param(["src/agent.py", "fund_data_sync/rows.py"], BOTH, False, True, id="two images"),
        pytest.param(["src/agent.py", "frontend/twinbar/a.css"], ["backend"], True, True, id="backend and frontend"),
        pytest.param(["docs/a.md", "src/agent.py"], ["backend"], False, True, id="docs and source"),
        pytest.param(["README.md", "src/agent.py"], ["backend"], False, True, id="unmatched and source"),
        pytest.param(["tests/shared/test_names.py"], [], False, True, id="tests"),
        pytest.param(["terraform/main.tf"], [], False, True, id="terraform"),
        pytest.param([".github/workflows/deploy.yml"], [], False, True, id="workflows"),
    ],
)
def test_what_a_push_builds_and_judges(files: list[str], images: list[str], site: bool, check: bool) -> None:
    scope = scope_of(PIPELINE, changes(*files), release())
    assert list(scope.images) == images
    assert bool(scope.site) is site
    assert bool(scope.check) is check
    assert scope.makes_release is bool(images or site)
    assert scope.release is bool(images or site)
    assert scope.quiet == ""


def test_the_first_push_builds_everything_whatever_it_touches() -> None:
    scope = scope_of(PIPELINE, changes("docs/a.md"), None)
    assert scope.images == dict.fromkeys(BOTH, "no release has it yet")
    assert scope.site == "no release has it yet"
    assert scope.check == "something is built"
    assert scope.release


def test_the_reason_names_the_file_the_pattern_and_the_component() -> None:
    scope = scope_of(PIPELINE, changes("src/api/app.py"), release())
    assert scope.images["backend"] == "src/api/app.py matches src/api/** of api"


@pytest.mark.parametrize(
    ("files", "quiet"),
    [
        pytest.param(["docs/a.md"], "only ignored files changed: docs/a.md (docs/**)", id="docs"),
        pytest.param(
            [".claude/x", "docs/a.md"],
            "only ignored files changed: .claude/x, docs/a.md (.claude/**, docs/**)",
            id="docs and instructions",
        ),
        pytest.param(
            [f"docs/{n}.md" for n in range(5)],
            "only ignored files changed: docs/0.md, docs/1.md, docs/2.md and 2 more (docs/**)",
            id="many",
        ),
        pytest.param(
            ["README.md"],
            "no component that makes or judges a release covers what changed: README.md",
            id="unmatched",
        ),
        pytest.param(
            ["README.md", "docs/a.md"],
            "no component that makes or judges a release covers what changed: README.md, docs/a.md",
            id="unmatched and docs",
        ),
    ],
)
def test_a_push_that_starts_nothing_says_why(files: list[str], quiet: str) -> None:
    scope = scope_of(PIPELINE, changes(*files), release())
    assert scope.quiet == quiet
    assert not scope.release
    assert not scope.check
    assert not scope.makes_release


def test_the_same_push_again_carries_the_last_release_on() -> None:
    scope = scope_of(PIPELINE, changes(), release())
    assert (scope.images, scope.site, scope.configuration, scope.check, scope.quiet) == ({}, "", "", "", "")
    assert scope.release
    assert not scope.makes_release


def test_a_changed_configuration_is_a_release() -> None:
    last = replace(release(), configuration="another")
    scope = scope_of(PIPELINE, changes("tidegate.yaml"), last)
    assert scope.configuration == "tidegate.yaml changed how functions or site run"
    assert (scope.images, scope.site) == ({}, "")
    assert scope.check == "something is built"
    assert scope.release


def test_an_artifact_that_is_declared_anew_is_built() -> None:
    last = release()
    scope = scope_of(PIPELINE, changes("tidegate.yaml"), replace(last, images={"backend": last.images["backend"]}))
    assert scope.images == {"fund-data-sync": "no release has it yet"}
    assert scope_of(PIPELINE, changes("tidegate.yaml"), replace(last, site=None)).site == "no release has it yet"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param(["README.md"], "README.md changed", id="a file of no component"),
        pytest.param(["docs/a.md", "terraform/main.tf"], "terraform/main.tf changed", id="ignored files aside"),
        pytest.param(["docs/a.md"], "", id="ignored files alone"),
    ],
)
def test_a_gate_without_components_judges_every_change(files: list[str], reason: str) -> None:
    pipeline = replace(PIPELINE, check=CheckGate((), (), ()))
    assert scope_of(pipeline, changes(*files), release()).check == reason


def test_without_a_gate_nothing_is_judged() -> None:
    pipeline = replace(PIPELINE, check=None)
    assert scope_of(pipeline, changes("src/agent.py"), release()).check == ""
    assert scope_of(pipeline, changes("tests/test_a.py"), release()).quiet != ""
