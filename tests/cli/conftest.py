import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.github.fake import REPOSITORY, TOKEN, FakeGithub
from tests.github.serve import served_github
from tidegate.execute.home import Home
from tidegate.operations.project import Project

AUTHOR = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.invalid",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str | bytes) -> str:
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **AUTHOR}, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(errors="replace").strip()


@dataclass(frozen=True)
class CommandLine:
    """`tidegate` as a person calls it, on a repository and a home of its own."""

    repo: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run it. What no ending may hold is checked here: a traceback, a fault of Tidegate's own."""
        done = subprocess.run(
            [sys.executable, "-m", "tidegate", "--repo", str(self.repo), "--home", str(self.home), *arguments],
            env={**os.environ, **self.variables},
            capture_output=True,
            check=False,
            timeout=60,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        assert "a fault in Tidegate itself" not in done.stderr, done.stderr
        return done

    def commit(self, **files: str) -> str:
        """Write files (`__` in a name stands for `/`), commit everything; returns the commit."""
        for name, text in files.items():
            path = self.repo / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(self.repo, "add", "--all")
        git(self.repo, "commit", "--quiet", "--allow-empty", "--message", "a commit")
        return git(self.repo, "rev-parse", "HEAD")

    @property
    def project(self) -> Project:
        return Project(self.repo, Home(self.home))

    def started_nothing(self) -> bool:
        if not self.project.home.ledger.exists():
            return True
        with self.project.ledger() as ledger:
            return ledger.runs(1) == [] and ledger.environments() == []


@pytest.fixture
def new_command_line(tmp_path: Path) -> Callable[[str], CommandLine]:
    def make(branch: str = "main") -> CommandLine:
        repo = tmp_path / "repo"
        repo.mkdir()
        git(repo, "init", "--quiet", f"--initial-branch={branch}")
        return CommandLine(repo, tmp_path / "home")

    return make


@pytest.fixture
def tidegate(new_command_line: Callable[..., CommandLine]) -> CommandLine:
    """The command line on a repository that nothing was committed to."""
    return new_command_line()


@pytest.fixture
def fake() -> Iterator[FakeGithub]:
    """A GitHub that listens on this machine."""
    with served_github() as one:
        yield one


def access(fake: FakeGithub) -> dict[str, str]:
    """The variables that lead to it."""
    return {"GH_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": fake.storage}
