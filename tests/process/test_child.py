import asyncio
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from tidegate.process import run

ENV = dict(os.environ)


async def test_output_and_exit_code(tmp_path: Path) -> None:
    lines: list[str] = []
    ended = await run(["sh", "-c", "echo one; echo two >&2; exit 3"], cwd=tmp_path, env=ENV, log=lines.append)
    assert (ended.code, lines, ended.tail) == (3, ["one", "two"], ("one", "two"))


async def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    ended = await run(["no-such-program"], cwd=tmp_path, env=ENV)
    assert ended.code == 127
    assert "no-such-program" in ended.tail[0]


async def test_a_signal_is_told_from_an_exit_code(tmp_path: Path) -> None:
    assert (await run(["sh", "-c", "kill -9 $$"], cwd=tmp_path, env=ENV)).code == 137


def _gone(pid_file: Path) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        pid = int(pid_file.read_text())
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


async def test_a_timeout_ends_children_of_the_command(tmp_path: Path) -> None:
    script = "sleep 300 & echo $! > grandchild; wait"
    ended = await run(["sh", "-c", script], cwd=tmp_path, env=ENV, timeout=0.5)
    assert ended.timed_out
    assert _gone(tmp_path / "grandchild")


async def test_cancellation_ends_the_command(tmp_path: Path) -> None:
    task = asyncio.create_task(run(["sh", "-c", "echo $$ > pid; exec sleep 300"], cwd=tmp_path, env=ENV))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert _gone(tmp_path / "pid")


@pytest.mark.parametrize("steps", range(1, 8))
async def test_cancellation_while_it_is_being_started_ends_the_command(tmp_path: Path, steps: int) -> None:
    pid = tmp_path / "pid"
    task = asyncio.create_task(run(["sh", "-c", "echo $$ > pid; exec sleep 300"], cwd=tmp_path, env=ENV))
    for _ in range(steps):
        await asyncio.sleep(0)
    _await_unless_nobody_starts_it(pid)
    task.cancel()
    assert [type(one) for one in await asyncio.gather(task, return_exceptions=True)] == [asyncio.CancelledError]
    assert not pid.exists() or _gone(pid)


def _await_unless_nobody_starts_it(pid: Path) -> None:
    """Hold the loop up meanwhile: to itself, it is still starting the command."""
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline and not (pid.exists() and pid.read_text().strip()):
        time.sleep(0.01)


def test_nothing_is_left_when_the_runner_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, os, pathlib
        from tidegate.process import run
        asyncio.run(run(["sh", "-c", "sleep 300 & echo $! > grandchild; wait"], cwd=pathlib.Path("."), env=os.environ))
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path) as runner:
        while not (tmp_path / "grandchild").exists() or not (tmp_path / "grandchild").read_text().strip():
            time.sleep(0.01)
        runner.kill()
    assert _gone(tmp_path / "grandchild")
