"""A run whose workflow run is over without having ended it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.memory_github import MemoryGithub, workflow_run
from tidegate.errors import Unreachable
from tidegate.execute.home import Home
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Phase
from tidegate.model.run import Attempt, RunView
from tidegate.model.workflow import Conclusion, Status
from tidegate.operations.lost import Lookout, is_lost, port_of, walked_by
from tidegate.operations.project import Project

ORIGIN = "github:acme/shop:77"


def attempt(number: int, origin: str = ORIGIN) -> Attempt:
    return Attempt(number, origin, 0.0, origin=origin)


def view(*attempts: Attempt, phase: Phase = Phase.RUNNING) -> RunView:
    return RunView("1", "c", "main", None, "t", 0.0, phase, attempts=attempts, origin=ORIGIN)


@pytest.mark.parametrize(
    ("number", "status", "latest", "lost"),
    [
        (1, Status.COMPLETED, 1, True),
        (1, Status.IN_PROGRESS, 1, False),
        (1, Status.WAITING, 1, False),
        (1, Status.UNKNOWN, 1, False),
        (1, Status.QUEUED, 2, True),
        (2, Status.COMPLETED, 2, True),
        (2, Status.COMPLETED, 1, False),
    ],
    ids=["over", "under way", "waits", "who knows", "run again", "over again", "GitHub's answer is older"],
)
def test_an_attempt_that_is_over(number: int, status: Status, latest: int, lost: bool) -> None:
    assert is_lost(attempt(number), workflow_run(status, Conclusion.CANCELLED, latest)) is lost


def test_only_a_run_in_the_hands_of_github_is_asked_about() -> None:
    assert str(walked_by(view(attempt(1)))) == ORIGIN
    assert walked_by(view(attempt(1), attempt(5, ""))) is None
    assert walked_by(view()) is None
    assert walked_by(view(attempt(1), phase=Phase.WAITING)) is None
    assert port_of(view(), {}) is None
    assert port_of(replace(view(), origin=""), {"GH_TOKEN": "a"}) is None


@pytest.fixture
def ledger_of(tmp_path: Path) -> Project:
    return Project(tmp_path, Home(tmp_path / "home"))


def started(ledger: Ledger, number: int = 1) -> RunView:
    run = ledger.open_run("c" * 40, "main", None, "push", origin=ORIGIN).id if number == 1 else "1"
    return ledger.run_started(run, number, ORIGIN, origin=ORIGIN, once=True)


def test_a_lost_run_is_ended_once_and_in_no_other_hands(ledger_of: Project) -> None:
    with ledger_of.ledger() as ledger:
        first = started(ledger)
        second = started(ledger, 2)
        assert ledger.end_lost("1", first.attempts[-1], "gone").phase is Phase.RUNNING
        ended = ledger.end_lost("1", second.attempts[-1], "gone")
        assert (ended.phase, ended.reason) == (Phase.CANCELLED, "gone")
        assert ledger.end_lost("1", second.attempts[-1], "gone again") == ended


async def test_the_lookout_asks_until_it_knows() -> None:
    running = (workflow_run(Status.IN_PROGRESS), (), ())
    github = MemoryGithub([running, Unreachable("no route"), (workflow_run(Status.COMPLETED), (), ())])
    lookout, told = Lookout(github, view(attempt(1))), list[bool]()

    async def pause(_: float) -> None:
        told.append(lookout.lost(view(attempt(1))))
        if told[-1]:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await lookout.ask(pause)
    assert told == [False, False, True]
    assert not lookout.lost(view(attempt(1), attempt(2)))
    assert view(attempt(1)).judged(lookout.lives).interrupted
