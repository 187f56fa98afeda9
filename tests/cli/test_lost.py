"""A run that GitHub's runners left behind, as a person meets it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.cli.conftest import CommandLine, access
from tests.cli.test_dispatch import ASKING, ORIGIN, asked
from tests.github.fake import FakeGithub, job_json, run_json
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase


@pytest.fixture
def line(new_command_line: Callable[[], CommandLine], fake: FakeGithub) -> CommandLine:
    made = replace(new_command_line(), variables={"GITHUB_TOKEN": "", **access(fake)})
    made.commit(**{"tidegate.yaml": ASKING, "Dockerfile": "FROM x"})
    fake.runs = [run_json(conclusion="cancelled")]
    return made


@pytest.fixture
def ledger(line: CommandLine) -> Iterator[Ledger]:
    with line.project.ledger() as opened:
        asked(line, opened)
        opened.acquire("dev", "1", f"{ORIGIN}:1", "deploys", 3600.0)
        yield opened


def test_watching_ends_and_changes_nothing(line: CommandLine, ledger: Ledger, fake: FakeGithub) -> None:
    fake.jobs[77] = [job_json(5, "deploy-dev", "completed", "failure")]
    fake.logs[5] = "The runner has received a shutdown signal.\n"
    before = ledger.run("1")
    done = line("watch", "--exit-status")
    assert done.returncode == 1
    assert "run 1 interrupted" in done.stdout
    assert "--- deploy-dev\nThe runner has received a shutdown signal.\n" in done.stderr
    assert ledger.run("1") == before


def test_it_is_ended_before_it_is_resumed(line: CommandLine, ledger: Ledger) -> None:
    done = line("resume")
    assert done.returncode == 2
    assert f"run 1 cancelled: {ORIGIN} is over, and did not end it" in done.stderr
    assert "`tidegate cloud up`" in done.stderr
    assert ledger.run("1").phase is Phase.CANCELLED


def test_its_lock_can_be_broken(line: CommandLine, ledger: Ledger) -> None:
    without = replace(line, variables=line.variables | {"GH_TOKEN": ""})("unlock", "dev")
    assert without.returncode == 4
    assert "run 1 holds dev and lives" in without.stderr
    done = line("unlock", "dev")
    assert done.returncode == 0, done.stderr
    assert ledger.environment("dev").lock is None


def test_one_that_is_under_way_is_left_alone(line: CommandLine, ledger: Ledger, fake: FakeGithub) -> None:
    fake.runs = [run_json(status="in_progress", conclusion=None)]
    done = line("resume", "1")
    assert done.returncode == 1
    assert "run 1 is under way" in done.stderr
    assert line("unlock", "dev").returncode == 4
    assert ledger.run("1").phase is Phase.RUNNING
