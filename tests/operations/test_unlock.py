import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.errors import ConfigError, Locked
from tidegate.execute.home import Home
from tidegate.operations.cancel import cancel
from tidegate.operations.project import Project
from tidegate.operations.unlock import unlock
from tidegate.process.liveness import born


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Home(tmp_path / "home"))


def holding(project: Project, pid: int, since: str) -> str:
    with project.ledger() as ledger:
        run = ledger.open_run("c" * 40, "main", None, "test").id
        ledger.run_started(run, pid, socket.gethostname(), since)
        ledger.acquire("dev", run, f"{socket.gethostname()}:{pid}", "deploy r1", 3600)
        return run


def test_the_lock_of_a_dead_run_is_broken(project: Project) -> None:
    run = holding(project, 1, "not when that process was born")
    assert unlock(project, "dev", "it is gone", force=False).startswith(f"run {run} ")
    with project.ledger() as ledger:
        assert ledger.environment("dev").lock is None
    assert unlock(project, "dev", "", force=False) == ""


def test_a_living_run_is_cancelled_rather_than_robbed(project: Project) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        run = holding(project, process.pid, born(process.pid))
        with pytest.raises(Locked, match="holds dev and lives") as refused:
            unlock(project, "dev", "", force=False)
        assert f"tidegate cancel {run}" in refused.value.what_next
        assert cancel(project, run) == process.pid
        assert process.wait(timeout=10) == -signal.SIGTERM


def test_a_living_run_can_be_robbed_on_purpose(project: Project) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        holding(project, process.pid, born(process.pid))
        assert unlock(project, "dev", "hangs", force=True)
        process.kill()


def test_what_is_not_under_way_is_not_cancelled(project: Project) -> None:
    run = holding(project, 1, "not when that process was born")
    with pytest.raises(ConfigError, match="not under way"):
        cancel(project, run)
