"""Opening a run from git and the ledger alone, and going on with one, as `detect-changes` does on a runner."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.cli.conftest import AUTHOR
from tests.cli.test_errors import WHOLE
from tests.plan.reference import artifact
from tidegate.config.load import parse
from tidegate.errors import ConfigError, Failure
from tidegate.execute.home import Home
from tidegate.ledger.environment import EnvironmentView, Intent
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport, Phase
from tidegate.model.origin import GithubOrigin
from tidegate.model.release import Release
from tidegate.operations.attempt import attempt_of, take_up
from tidegate.operations.detect import detect_changes
from tidegate.operations.gate import conclude_run
from tidegate.operations.github_context import GithubContext
from tidegate.operations.plan import known_lack
from tidegate.operations.project import Project
from tidegate.plan.configuration import configuration_hash
from tidegate.plan.graph import Behind

FIRST = GithubContext(GithubOrigin("acme/shop", 7), 1, "push", "", "main", "ann")
PIPELINE = parse(WHOLE.encode(), "tidegate.yaml")


@dataclass(frozen=True)
class Repo:
    """A product's repository with its ledger beside it."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project(self.folder / "repo", Home(self.folder / "home"))

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.project.folder), *arguments]
        done = subprocess.run(command, env={**os.environ, **AUTHOR}, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str = "a commit", **files: str) -> str:
        for name, text in files.items():
            path = self.project.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def pushed(self, number: int = 7, attempt: int = 1, **changes: object) -> GithubContext:
        origin = GithubOrigin("acme/shop", number)
        known = replace(FIRST, origin=origin, attempt=attempt, sha=self.git("rev-parse", "HEAD"))
        return replace(known, **changes)  # type: ignore[arg-type] # a test's own fields

    def release(self, ledger: Ledger, commit: str, run: str, *live: str) -> Release:
        """A release that a run made, live in environments."""
        images, configuration = {"backend": artifact("backend")}, configuration_hash(PIPELINE)
        made = ledger.add_release(Release("", commit, run, 0.0, images, artifact("site"), configuration))
        for name in live:
            ledger.acquire(name, run, "me", "deploy", 60.0)
            ledger.record_intent(name, run, made.id, {"functions": {}, "app": ""})
            ledger.went_live(name, run, made.id)
            ledger.release_lock(name, run)
        return made


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    found = Repo(tmp_path)
    found.project.folder.mkdir()
    found.git("init", "--quiet", "--initial-branch=main")
    files = {"tidegate.yaml": WHOLE, "Dockerfile": "FROM x", "src__app.py": "1", "web__index.html": "1"}
    found.commit(**files)
    return found


def jobs_of(outputs: dict[str, str]) -> list[str]:
    found: list[str] = json.loads(outputs["jobs"])
    return found


def test_a_first_push_opens_a_run_of_everything_without_asking_the_cloud(repo: Repo) -> None:
    end = detect_changes(repo.project, repo.pushed())
    run = end.run
    assert run
    assert (run.phase, run.origin, run.commit) == (Phase.RUNNING, "github:acme/shop:7", repo.git("rev-parse", "HEAD"))
    assert run.jobs["detect-changes"].phase is Phase.SUCCEEDED
    assert (run.attempts[-1].host, run.attempts[-1].pid) == ("github:acme/shop:7", 1)
    assert end.outputs["run"] == "1"
    assert jobs_of(dict(end.outputs)) == [
        *("build", "build-frontend"),
        *("deploy-dev", "deploy-dev-frontend", "promote-dev", "promote-dev-frontend"),
        *("deploy-prod", "deploy-prod-frontend", "promote-prod", "promote-prod-frontend"),
    ]


def test_what_changed_since_the_last_release_is_what_there_is_to_do(repo: Repo) -> None:
    with repo.project.ledger() as ledger:
        run = detect_changes(repo.project, repo.pushed()).outputs["run"]
        repo.release(ledger, repo.git("rev-parse", "HEAD"), run, "dev", "prod")
    repo.commit(**{"web__index.html": "2"})
    found = jobs_of(dict(detect_changes(repo.project, repo.pushed(8)).outputs))
    assert found[0] == "build-frontend"
    assert not {"build", "deploy-dev", "promote-prod"} & set(found)


def test_an_environment_that_a_failed_run_left_behind_is_brought_along(repo: Repo) -> None:
    with repo.project.ledger() as ledger:
        run = detect_changes(repo.project, repo.pushed()).outputs["run"]
        repo.release(ledger, repo.git("rev-parse", "HEAD"), run, "dev")
    found = jobs_of(dict(detect_changes(repo.project, repo.pushed(8)).outputs))
    assert found == ["deploy-prod", "deploy-prod-frontend", "promote-prod", "promote-prod-frontend"]


def test_a_push_with_nothing_to_do_is_satisfied_and_passes(repo: Repo) -> None:
    with repo.project.ledger() as ledger:
        run = detect_changes(repo.project, repo.pushed()).outputs["run"]
        repo.release(ledger, repo.git("rev-parse", "HEAD"), run, "dev", "prod")
    end = detect_changes(repo.project, repo.pushed(8))
    assert (jobs_of(dict(end.outputs)), end.run and end.run.phase) == ([], Phase.SATISFIED)
    needs = {"detect-changes": "success", "build": "skipped", "deploy-dev": "skipped"}
    assert conclude_run(repo.project, end.outputs["run"], needs).report.phase is Phase.SATISFIED


def test_another_branch_is_refused_and_opens_nothing(repo: Repo) -> None:
    for branch in ("feature/$(touch x)`y`\n::error::", "telegram"):
        with pytest.raises(ConfigError, match="is not released") as refused:
            detect_changes(repo.project, repo.pushed(ref_name=branch))
        assert "\n" not in refused.value.what
    with repo.project.ledger() as ledger:
        assert ledger.runs() == []


def test_two_pushes_within_a_second_are_two_runs(repo: Repo) -> None:
    first, older = repo.git("rev-parse", "HEAD"), repo.pushed(7)
    second, newer = repo.commit(**{"src__app.py": "2"}), repo.pushed(8)
    runs = [detect_changes(repo.project, one).run for one in (newer, older)]
    assert [(run.id, run.commit) for run in runs if run] == [("1", second), ("2", first)]


def test_a_commit_that_is_older_than_the_last_release_is_refused(repo: Repo) -> None:
    older = repo.pushed(7)
    repo.commit(**{"src__app.py": "2"})
    with repo.project.ledger() as ledger:
        run = detect_changes(repo.project, repo.pushed(8)).outputs["run"]
        repo.release(ledger, repo.git("rev-parse", "HEAD"), run)
    with pytest.raises(ConfigError, match="carrying it would go backwards"):
        detect_changes(repo.project, older)
    with repo.project.ledger() as ledger:
        assert len(ledger.runs()) == 1


def test_a_revert_is_no_step_backwards(repo: Repo) -> None:
    repo.commit(**{"src__app.py": "2"})
    with repo.project.ledger() as ledger:
        run = detect_changes(repo.project, repo.pushed(8)).outputs["run"]
        repo.release(ledger, repo.git("rev-parse", "HEAD"), run, "dev", "prod")
    repo.commit(**{"src__app.py": "1"})
    assert "build" in jobs_of(dict(detect_changes(repo.project, repo.pushed(9)).outputs))


def test_a_second_attempt_goes_on_with_the_same_run(repo: Repo) -> None:
    first = detect_changes(repo.project, repo.pushed())
    number = first.outputs["run"]
    with repo.project.ledger() as ledger:
        for name, phase in (("build", Phase.SUCCEEDED), ("build-frontend", Phase.FAILED)):
            ledger.job_started(number, name)
            ledger.job_ended(number, name, JobReport(phase))
    assert conclude_run(repo.project, number, None).report.phase is Phase.FAILED
    again = detect_changes(repo.project, repo.pushed(attempt=2))
    assert again.outputs["run"] == number
    assert jobs_of(dict(again.outputs)) == jobs_of(dict(first.outputs))[1:]
    assert again.run
    assert (again.run.phase, again.run.attempts[-1].pid) == (Phase.RUNNING, 2)


def test_a_second_attempt_of_a_run_that_ended_well_has_nothing_to_do(repo: Repo) -> None:
    number = detect_changes(repo.project, repo.pushed()).outputs["run"]
    with repo.project.ledger() as ledger:
        ledger.run_ended(number, Phase.SUCCEEDED, "live in dev, prod")
    again = detect_changes(repo.project, repo.pushed(attempt=2))
    assert (again.outputs["run"], jobs_of(dict(again.outputs))) == (number, [])


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.SUCCEEDED])
def test_a_second_attempt_after_a_newer_release_is_refused(repo: Repo, phase: Phase) -> None:
    old = repo.pushed()
    number = detect_changes(repo.project, old).outputs["run"]
    with repo.project.ledger() as ledger:
        ledger.run_ended(number, phase, "")
    repo.commit(**{"src__app.py": "2"})
    newer = detect_changes(repo.project, repo.pushed(8)).outputs["run"]
    with repo.project.ledger() as ledger:
        repo.release(ledger, repo.git("rev-parse", "HEAD"), newer)
        before = ledger.run(number)
    with pytest.raises(ConfigError, match=f"resuming run {number} would go backwards"):
        detect_changes(repo.project, replace(old, attempt=2))
    with repo.project.ledger() as ledger:
        assert ledger.run(number) == before


def test_a_dispatch_takes_up_a_run_that_waits(repo: Repo) -> None:
    number = detect_changes(repo.project, repo.pushed()).outputs["run"]
    with repo.project.ledger() as ledger:
        ledger.run_waits(number, (), "waits for approval of prod")
    event = {"inputs": {"run": number}}
    end = detect_changes(repo.project, repo.pushed(9, event="workflow_dispatch", payload=event))
    assert end.run
    assert (end.run.id, end.run.phase, end.run.origin) == (number, Phase.RUNNING, "github:acme/shop:9")


def test_a_dispatch_does_not_take_up_a_run_that_is_under_way(repo: Repo) -> None:
    number = detect_changes(repo.project, repo.pushed()).outputs["run"]
    event = {"inputs": {"run": number}}
    with pytest.raises(Failure, match=f"run {number} is under way"):
        detect_changes(repo.project, repo.pushed(9, event="workflow_dispatch", payload=event))


def _gone(ledger: Ledger, run: str) -> None:
    """Its gate was lost too, so that nobody ended it."""


def _over(ledger: Ledger, run: str) -> None:
    ledger.run_ended(run, Phase.FAILED, "no")


@pytest.mark.parametrize("change", [_gone, _over])
def test_an_attempt_is_recorded_once_and_no_earlier_one_goes_on(
    repo: Repo, change: Callable[[Ledger, str], None]
) -> None:
    number = detect_changes(repo.project, repo.pushed()).outputs["run"]
    with repo.project.ledger() as ledger:
        change(ledger, number)
        second = attempt_of(repo.pushed(attempt=2), None)
        before = ledger.run(number)
        after = take_up(ledger, before, second)
        assert take_up(ledger, before, second).attempts == after.attempts, "two jobs that begin at the same moment"
        assert [one.pid for one in after.attempts] == [1, 2]
        with pytest.raises(Failure, match=f"attempt 2 took run {number} up"):
            take_up(ledger, after, attempt_of(repo.pushed(), None))


def test_a_run_that_is_over_is_not_gone_on_with_in_the_same_attempt(repo: Repo) -> None:
    number = detect_changes(repo.project, repo.pushed()).outputs["run"]
    with repo.project.ledger() as ledger:
        view = ledger.run_ended(number, Phase.FAILED, "build: no")
        with pytest.raises(Failure, match="is over in this attempt: failed: build: no"):
            take_up(ledger, view, attempt_of(repo.pushed(), view))


def test_without_github_attempts_are_counted(repo: Repo) -> None:
    number = detect_changes(repo.project, None).outputs["run"]
    with repo.project.ledger() as ledger:
        view = ledger.run(number)
        assert attempt_of(None, view).has(view)
    again = detect_changes(repo.project, None, number).run
    assert again
    assert [one.pid for one in again.attempts] == [1, 2]
    assert len({one.host for one in again.attempts}) == 1


LAST = Release("r2", "c2", "2", 0.0, {"backend": artifact("backend", "b")}, artifact("site", "b"), "conf")
RELEASES = {
    "r2": LAST,
    "r1": Release("r1", "c1", "1", 0.0, {"backend": artifact("backend", "a")}, artifact("site", "b"), "conf"),
    "r0": Release("r0", "c0", "0", 0.0, {"backend": artifact("backend", "b")}, artifact("site", "a"), "conf"),
    "rc": Release("rc", "cc", "9", 0.0, {"backend": artifact("backend", "b")}, artifact("site", "b"), "older"),
}
PROVED = frozenset({"r2"})


@pytest.mark.parametrize(
    ("view", "lacks"),
    [
        (EnvironmentView("dev", live="r2", reached=PROVED), (False, False, False)),
        (EnvironmentView("dev", live="r2"), (False, False, True)),
        (EnvironmentView("dev"), (True, True, True)),
        (EnvironmentView("dev", live="r1", reached=PROVED), (True, False, False)),
        (EnvironmentView("dev", live="r0", reached=PROVED), (False, True, False)),
        (EnvironmentView("dev", live="rc", reached=PROVED), (True, False, False)),
        (EnvironmentView("dev", live="r2", reached=PROVED, intent=Intent("3", "r3", 0.0)), (True, True, False)),
    ],
    ids=["nothing", "evidence", "everything", "backend", "site", "configuration", "half-way"],
)
def test_what_an_environment_lacks_as_far_as_the_ledger_knows(
    view: EnvironmentView, lacks: tuple[bool, bool, bool]
) -> None:
    found = known_lack(view, LAST, RELEASES.__getitem__)
    assert (bool(found.backend), bool(found.site), bool(found.evidence)) == lacks
    assert known_lack(view, None, RELEASES.__getitem__) == Behind()
