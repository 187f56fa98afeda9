"""Which part of a run's graph one job walks."""

from dataclasses import replace

import pytest

from tests.plan.reference import PIPELINE, release
from tidegate.ledger.ledger import Ledger
from tidegate.ledger.memory import MemoryStore
from tidegate.model.job import JobReport, Phase
from tidegate.operations.kept import kept
from tidegate.operations.share import Share, share_of
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope

ASKING = replace(
    PIPELINE,
    environments={
        **PIPELINE.environments,
        "staging": replace(PIPELINE.environments["staging"], approval=True),
    },
)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryStore(), lambda: 100.0)


@pytest.fixture
def run(ledger: Ledger) -> str:
    """A run of a new backend; the site is inherited, and lags."""
    behind = dict.fromkeys(ASKING.environments, Behind("lags", "lags"))
    scope = Scope({"backend": "new"}, "", "", "new", release=True, quiet="")
    plan = plan_run(ASKING, "c1", "c0", scope, release(), behind)
    return ledger.open_run("c1", "telegram", "c0", "test", plan).id


def end(ledger: Ledger, run: str, *names: str, phase: Phase = Phase.SUCCEEDED) -> None:
    for name in names:
        ledger.job_started(run, name)
        ledger.job_ended(run, name, JobReport(phase, "", {"of": name}))


def share(ledger: Ledger, run: str, name: str) -> Share:
    view = ledger.run(run)
    assert view.plan
    return share_of(view.plan, view, kept(ledger, view, ASKING), name)


def walked(found: Share) -> list[str]:
    return [job.name for job in found.jobs if job.name not in found.done]


def test_a_job_behind_what_succeeded_is_walked_alone(ledger: Ledger, run: str) -> None:
    end(ledger, run, "detect-changes", "test")
    found = share(ledger, run, "build")
    assert (walked(found), found.blocker) == (["build"], "")
    assert found.done["test"].outcome == {"of": "test"}


def test_what_does_not_apply_is_satisfied_without_a_record(ledger: Ledger, run: str) -> None:
    end(ledger, run, "detect-changes", "test", "build")
    found = share(ledger, run, "deploy-dev-frontend")
    assert found.blocker == ""
    assert found.done["build-frontend"].phase is Phase.SATISFIED


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.CANCELLED, Phase.BLOCKED])
def test_what_did_not_let_pass_blocks_all_behind_it(ledger: Ledger, run: str, phase: Phase) -> None:
    end(ledger, run, "detect-changes")
    end(ledger, run, "test", phase=phase)
    for name in ("build", "deploy-dev", "promote-prod-frontend"):
        assert share(ledger, run, name).blocker == f"test is {phase.value}"


def test_what_has_not_ended_blocks_too(ledger: Ledger, run: str) -> None:
    end(ledger, run, "detect-changes")
    ledger.job_started(run, "test")
    assert share(ledger, run, "build").blocker == "test is running"
    assert share(ledger, run, "deploy-dev").blocker == "test is running"


def test_jobs_of_an_environment_that_was_let_go_of_are_done_again(ledger: Ledger, run: str) -> None:
    ledger.acquire("dev", run, "me", "deploy", 60.0)
    end(ledger, run, "detect-changes", "test", "build", "deploy-dev", "deploy-dev-frontend")
    assert walked(share(ledger, run, "e2e-test-dev")) == ["e2e-test-dev"]
    ledger.release_lock("dev", run)
    found = share(ledger, run, "e2e-test-dev")
    assert (walked(found), found.blocker) == (["deploy-dev", "deploy-dev-frontend", "e2e-test-dev"], "")


def test_another_environment_is_never_done_again(ledger: Ledger, run: str) -> None:
    """One that was let go of and did not go live blocks: its runner has other secrets."""
    own = [name for name, job in ledger.run(run).jobs.items() if job.environment in {"", "dev"}]
    end(ledger, run, *own)
    assert share(ledger, run, "approve-staging").blocker.startswith("deploy-dev")


def test_a_decision_stands_whoever_holds_the_environment(ledger: Ledger, run: str) -> None:
    own = [name for name, job in ledger.run(run).jobs.items() if job.environment in {"", "dev"}]
    end(ledger, run, *own, "approve-staging")
    ledger.acquire("dev", run, "me", "deploy", 60.0)
    ledger.record_intent("dev", run, "r1", {})
    ledger.went_live("dev", run, "r1")
    ledger.release_lock("dev", run)
    found = share(ledger, run, "deploy-staging")
    assert (walked(found), found.blocker) == (["deploy-staging"], "")
