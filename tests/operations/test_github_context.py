"""What GitHub's variables and events say of a job."""

import json
from pathlib import Path

import pytest

from tidegate.errors import ConfigError
from tidegate.operations.github_context import NOWHERE, GithubContext

VARIABLES = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SHA": "c1",
    "GITHUB_REF_NAME": "telegram",
    "GITHUB_ACTOR": "ann",
}


def context(tmp_path: Path, event: str, payload: object) -> GithubContext:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    found = GithubContext.of({**VARIABLES, "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(path)})
    assert found
    return found


def pull_request(whose: object) -> dict[str, object]:
    return {"pull_request": {"head": {"repo": whose}, "base": {"sha": "b1"}}}


def test_a_push(tmp_path: Path) -> None:
    found = context(tmp_path, "push", {"before": "b0"})
    assert (str(found.origin), found.attempt, found.sha, found.actor) == ("github:acme/shop:77", 2, "c1", "ann")
    assert (found.base, found.run, found.is_pull_request, found.is_fork) == ("b0", "", False, False)
    assert found.url == "https://github.com/acme/shop/actions/runs/77"


def test_a_new_branch_has_nothing_before_it(tmp_path: Path) -> None:
    assert context(tmp_path, "push", {"before": NOWHERE}).base == ""


@pytest.mark.parametrize(
    ("whose", "fork"),
    [({"full_name": "acme/shop"}, False), ({"full_name": "eve/shop"}, True), (None, True), ({}, True)],
    ids=["own", "fork", "a fork that is gone", "nobody says"],
)
def test_a_pull_request_says_whose_it_is(tmp_path: Path, whose: object, fork: bool) -> None:
    found = context(tmp_path, "pull_request", pull_request(whose))
    assert (found.is_pull_request, found.is_fork, found.base) == (True, fork, "b1")


@pytest.mark.parametrize(
    ("payload", "run"),
    [({"inputs": {"run": " 7 "}}, "7"), ({"inputs": {"run": ""}}, ""), ({"inputs": None}, ""), ({}, "")],
)
def test_a_dispatch_may_name_a_run(tmp_path: Path, payload: object, run: str) -> None:
    assert context(tmp_path, "workflow_dispatch", payload).run == run


def test_a_push_whose_event_names_a_run_takes_none_up(tmp_path: Path) -> None:
    assert context(tmp_path, "push", {"inputs": {"run": "7"}}).run == ""


def test_elsewhere_there_is_no_context() -> None:
    assert GithubContext.of({**VARIABLES, "GITHUB_ACTIONS": ""}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", "acme"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_RUN_ID", "7:1"),
        ("GITHUB_RUN_ATTEMPT", "0"),
        ("GITHUB_RUN_ATTEMPT", "-1"),
        ("GITHUB_RUN_ATTEMPT", "one"),
        ("GITHUB_EVENT_PATH", "/nowhere/event.json"),
    ],
)
def test_what_github_never_sets_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError):
        GithubContext.of({**VARIABLES, name: value})


def test_secrets_are_told_and_what_is_public_is_not() -> None:
    found = GithubContext.of(
        {
            **VARIABLES,
            "AWS_SECRET_ACCESS_KEY": "s3cr3t",
            "GH_TOKEN": "ghs_1",
            "AWS_REGION": "eu-1",
            "AWS_SESSION_TOKEN": "",
        }
    )
    assert found
    assert set(found.secrets) == {"s3cr3t", "ghs_1"}
