"""Which run is meant."""

import subprocess
from pathlib import Path

import pytest

from tidegate.errors import ConfigError, Failure
from tidegate.execute.home import Home
from tidegate.model.origin import GithubOrigin
from tidegate.model.run import RunView
from tidegate.operations.project import Project
from tidegate.operations.watch import watched

TOKEN = {"GH_TOKEN": "ghp_secret"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    repo = tmp_path / "repo"
    subprocess.run(["git", "init", "--quiet", str(repo)], check=True)
    subprocess.run(["git", "-C", str(repo), "remote", "add", "origin", "git@github.com:acme/shop.git"], check=True)
    return Project(repo, Home(tmp_path / "home"))


def opened(project: Project) -> str:
    with project.ledger() as ledger:
        return ledger.open_run("c" * 40, "main", None, "test").id


@pytest.mark.parametrize(
    ("name", "variables", "origin"),
    [
        ("github:9", {}, "github:acme/shop:9"),
        ("github:a/b:9", {"GITHUB_REPOSITORY": "c/d"}, "github:a/b:9"),
        ("github:9", {"GITHUB_REPOSITORY": "c/d"}, "github:c/d:9"),
        ("20123456789", {}, "github:acme/shop:20123456789"),
    ],
)
async def test_runs_on_github(project: Project, name: str, variables: dict[str, str], origin: str) -> None:
    opened(project)
    assert await watched(project, name, TOKEN | variables) == GithubOrigin.of(origin)


async def test_a_number_of_the_ledger_and_the_newest_come_first(project: Project) -> None:
    opened(project)
    assert opened(project) == "2"
    for name, number in ((None, "2"), ("1", "1")):
        found = await watched(project, name, TOKEN)
        assert isinstance(found, RunView)
        assert found.id == number


@pytest.mark.parametrize(
    ("name", "variables", "told"),
    [
        (None, {}, "no run has been started yet"),
        ("7", {}, "the ledger has no run 7"),
        ("0", TOKEN, "0"),
        ("seven", TOKEN, "seven"),
        ("github:seven", TOKEN, "github:seven"),
        ("github:9", TOKEN | {"GITHUB_REPOSITORY": "../x"}, "is not owner/repo"),
        ("github", {}, "there is no token for GitHub"),
    ],
)
async def test_what_nothing_goes_by(project: Project, name: str | None, variables: dict[str, str], told: str) -> None:
    with pytest.raises(Failure) as refused:
        await watched(project, name, variables)
    assert refused.value.exit_code == 2
    assert told in str(refused.value)


async def test_a_repository_that_is_not_on_github(project: Project) -> None:
    (project.folder / ".git" / "config").write_text('[remote "origin"]\n\turl = /srv/git/shop\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="nothing says which repository") as refused:
        await watched(project, "github:9", TOKEN)
    assert "GITHUB_REPOSITORY=owner/repo" in refused.value.what_next
