"""What a run that is taken up again need not do again, and which runs may be."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plan.reference import PIPELINE, release
from tidegate.errors import ConfigError, Failure
from tidegate.execute.home import Home
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.job import JobReport, Phase
from tidegate.operations.kept import kept
from tidegate.operations.project import Project
from tidegate.operations.resume import resumable
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope
from tidegate.process import own


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryStore(), lambda: 100.0)


@pytest.fixture
def run(ledger: Ledger) -> str:
    behind = dict.fromkeys(PIPELINE.environments, Behind("lags", "lags"))
    scope = Scope({"backend": "new"}, "", "", "new", release=True, quiet="")
    plan = plan_run(PIPELINE, "c1", "c0", scope, release(), behind)
    return ledger.open_run("c1", "telegram", "c0", "test", plan).id


def end(ledger: Ledger, run: str, *names: str, phase: Phase = Phase.SUCCEEDED) -> None:
    for name in names:
        ledger.job_started(run, name)
        ledger.job_ended(run, name, JobReport(phase, f"{name} was done", {"of": name}))


def hold(ledger: Ledger, run: str, environment: str = "dev") -> None:
    ledger.acquire(environment, run, "me", "deploy", 60.0)
    ledger.record_intent(environment, run, "r1", {})


def kept_of(ledger: Ledger, run: str) -> list[str]:
    return list(kept(ledger, ledger.run(run), PIPELINE))


def test_builds_are_kept_with_what_came_of_them(ledger: Ledger, run: str) -> None:
    end(ledger, run, "detect-changes", "test", "build")
    end(ledger, run, "build-frontend", phase=Phase.SATISFIED)
    done = kept(ledger, ledger.run(run), PIPELINE)
    assert list(done) == ["detect-changes", "test", "build", "build-frontend"]
    assert done["build"] == JobReport(Phase.SUCCEEDED, "build was done", {"of": "build"})


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.CANCELLED, Phase.BLOCKED])
def test_what_did_not_let_pass_is_done_again(ledger: Ledger, run: str, phase: Phase) -> None:
    end(ledger, run, "test")
    end(ledger, run, "build", phase=phase)
    assert kept_of(ledger, run) == ["test"]


def test_what_was_in_flight_is_done_again(ledger: Ledger, run: str) -> None:
    hold(ledger, run)
    end(ledger, run, "test", "deploy-dev")
    ledger.job_started(run, "e2e-test-dev")
    assert kept_of(ledger, run) == ["test", "deploy-dev"]


def test_an_environment_that_the_run_let_go_of_begins_anew(ledger: Ledger, run: str) -> None:
    hold(ledger, run)
    end(ledger, run, "test", "deploy-dev")
    ledger.put_back("dev", run, "e2e failed")
    ledger.release_lock("dev", run)
    assert kept_of(ledger, run) == ["test"]


def test_what_was_done_before_the_run_took_the_environment_anew_no_longer_counts(ledger: Ledger, run: str) -> None:
    hold(ledger, run)
    end(ledger, run, "test")
    for name, number in (("deploy-dev", 1), ("deploy-dev-frontend", 2)):
        ledger.job_started(run, name)
        ledger.job_ended(run, name, JobReport(Phase.SUCCEEDED), hold=number)
    assert kept_of(ledger, run) == ["test", "deploy-dev"]
    ledger.put_back("dev", run, "e2e failed")
    ledger.release_lock("dev", run)
    hold(ledger, run)
    assert kept_of(ledger, run) == ["test", "deploy-dev-frontend"]


def test_an_environment_that_another_run_holds_begins_anew(ledger: Ledger, run: str) -> None:
    hold(ledger, run)
    end(ledger, run, "test", "deploy-dev")
    ledger.release_lock("dev", run)
    ledger.acquire("dev", "7", "somebody", "deploy", 60.0)
    assert kept_of(ledger, run) == ["test"]


def test_an_environment_that_was_reached_is_left_alone(ledger: Ledger, run: str) -> None:
    hold(ledger, run)
    own_jobs = [name for name, job in ledger.run(run).jobs.items() if job.environment == "dev"]
    end(ledger, run, "test", *own_jobs)
    ledger.went_live("dev", run, "r1", {})
    ledger.release_lock("dev", run)
    hold(ledger, run, "staging")
    end(ledger, run, "deploy-staging")
    assert set(kept_of(ledger, run)) == {"test", *own_jobs, "deploy-staging"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Home(tmp_path / ".tidegate"))


@pytest.fixture
def book(project: Project) -> Iterator[Ledger]:
    with project.ledger() as opened:
        yield opened


def started(ledger: Ledger, *, lives: bool = False) -> str:
    run = ledger.open_run("c1", "telegram", None, "test").id
    pid, born = own() if lives else (os.getpid(), "long ago")
    ledger.run_started(run, pid, socket.gethostname(), born)
    return run


def test_the_newest_run_is_taken_up_unless_one_is_named(project: Project, book: Ledger) -> None:
    first, second = started(book), started(book)
    assert resumable(project, None).id == second
    assert resumable(project, first).id == first


def test_without_a_run_there_is_nothing_to_take_up(project: Project) -> None:
    with pytest.raises(ConfigError, match="no run has been started yet"):
        resumable(project, None)


def test_an_unknown_run_is_told(project: Project, book: Ledger) -> None:
    started(book)
    with pytest.raises(Failure, match="there is no run 9"):
        resumable(project, "9")


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.SATISFIED])
def test_a_run_that_ended_well_is_refused(project: Project, book: Ledger, phase: Phase) -> None:
    run = started(book)
    book.run_ended(run, phase)
    with pytest.raises(ConfigError, match=f"run {run} {phase.value}: nothing is left to do"):
        resumable(project, run)


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.CANCELLED])
def test_a_run_that_ended_badly_may_be_taken_up(project: Project, book: Ledger, phase: Phase) -> None:
    run = started(book)
    book.run_ended(run, phase)
    assert resumable(project, run).phase is phase


def test_a_run_that_lives_is_refused(project: Project, book: Ledger) -> None:
    run = started(book, lives=True)
    with pytest.raises(Failure, match=f"run {run} is under way"):
        resumable(project, run)


def test_a_run_whose_pid_another_process_got_may_be_taken_up(project: Project, book: Ledger) -> None:
    assert resumable(project, started(book)).phase is Phase.RUNNING


def newer(ledger: Ledger) -> None:
    made = release()
    ledger.add_release(type(made)("", made.commit, started(ledger), time.time(), made.images, made.site, "x"))


def test_a_run_that_a_newer_release_overtook_is_refused(project: Project, book: Ledger) -> None:
    run = started(book)
    newer(book)
    with pytest.raises(ConfigError, match=f"resuming run {run} would go backwards"):
        resumable(project, run)


def test_unless_it_holds_an_environment_that_only_it_can_finish(project: Project, book: Ledger) -> None:
    run = started(book)
    book.acquire("dev", run, "me", "deploy", 60.0)
    newer(book)
    assert resumable(project, run).id == run
