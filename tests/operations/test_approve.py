"""A run that waits is taken up by whoever decided, as soon as the process that left it is gone."""

import asyncio
import fcntl
import os
import socket
from pathlib import Path

import pytest

from tidegate.errors import Failure
from tidegate.execute.home import Home
from tidegate.operations.project import Project
from tidegate.operations.run import _taken, carry
from tidegate.process import own


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Home(tmp_path / "home"))


def waiting(project: Project) -> str:
    with project.ledger() as ledger:
        run = ledger.open_run("c" * 40, "main", None, "test").id
        ledger.run_started(run, *_this_process())
        ledger.ask_approval(run, "prod")
        assert ledger.run_waits(run, ("prod",), "waits for approval of prod")
        return run


def _this_process() -> tuple[int, str, str]:
    pid, born = own()
    return pid, socket.gethostname(), born


def claimed(project: Project, run: str) -> int:
    """A file that keeps the run as the process that walks it does, until it is closed."""
    path = project.home.log(run, "run").with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


async def test_a_process_that_is_just_leaving_is_waited_for(project: Project) -> None:
    run = waiting(project)
    file = claimed(project, run)
    entered = asyncio.Event()

    async def take() -> None:
        async with _taken(project, run):
            entered.set()

    taking = asyncio.create_task(take())
    await asyncio.sleep(0)
    assert not entered.is_set()
    os.close(file)
    await taking
    assert entered.is_set()


async def test_a_process_that_walks_it_is_not(project: Project) -> None:
    run = waiting(project)
    with project.ledger() as ledger:
        ledger.run_started(run, *_this_process())
    file = claimed(project, run)
    with pytest.raises(Failure, match=f"run {run} is under way"):
        await carry(project, run)
    os.close(file)
