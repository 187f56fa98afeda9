"""What becomes of a server whose owner is gone, and of two owners that begin at once."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

# Starts a server, has one session busy, tells about both and stops it when it is told to, if it lives so long.
OWNER = """
import json, sys, threading
from pathlib import Path
from tidegate.engines import mariadb, postgresql
engine, folder = sys.argv[1], Path(sys.argv[2])
server = {"postgresql": postgresql, "mysql": mariadb}[engine](folder)
long = {"postgresql": "SELECT pg_sleep(600);", "mysql": "SELECT SLEEP(600);"}[engine]
seen = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(6%' AND pid <> pg_backend_pid();",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%';",
}[engine]
threading.Thread(target=server.execute, args=(long,), daemon=True).start()
while server.execute(seen).strip() != "1":
    pass
print(json.dumps({"port": server.port, "folders": [str(path) for path in server._kept.folders]}), flush=True)
sys.stdin.read()
server.stop()
"""


def begin(engine: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OWNER, engine, str(folder)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables}
    )


def told(owner: subprocess.Popen[str]) -> dict[str, Any]:
    assert owner.stdout
    facts: dict[str, Any] = json.loads(owner.stdout.readline())
    facts["processes"] = children(owner)
    return facts


def children(owner: subprocess.Popen[str]) -> list[tuple[psutil.Process, str]]:
    """What an owner started, with command lines."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(owner.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # Workers of a server come and go.
                found.append((child, " ".join(child.cmdline())))
    return found


def end(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    assert owner.stdin
    assert owner.stdout
    owner.stdin.close()
    owner.stdout.close()


def test_nothing_is_left_of_a_server_whose_owner_was_killed(engine: str, folder: Path) -> None:
    owner = begin(engine, folder)
    try:
        facts = told(owner)
        processes = facts["processes"]
        assert len(processes) >= 3  # Keeper, server and the busy client at least.
    finally:
        end(owner)
    _, alive = psutil.wait_procs([process for process, _ in processes], timeout=20)
    assert not alive
    assert not [path for path in facts["folders"] if Path(path).exists()]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's way to end a child with its parent is Linux's")
def test_a_server_does_not_outlive_its_keeper(engine: str, folder: Path) -> None:
    owner = begin(engine, folder)
    try:
        facts = told(owner)
        processes = facts["processes"]
        keepers = [process for process, line in processes if "keeper.py" in line]
        assert len(keepers) == 1
        keepers[0].send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs([process for process, _ in processes if process not in keepers], timeout=20)
        assert not alive
        assert owner.stdin
        owner.stdin.close()
        assert owner.wait(20) == 0
        assert not [path for path in facts["folders"] if Path(path).exists()]
    finally:
        end(owner)


def test_two_owners_that_make_the_first_template_at_once(engine: str, folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    owners = [begin(engine, folder.with_name(name), XDG_CACHE_HOME=str(cache)) for name in ("one", "other")]
    try:
        first, second = (told(owner)["port"] for owner in owners)
        assert first != second
    finally:
        for owner in owners:
            end(owner)
    assert len(list((cache / "tidegate" / "engines").iterdir())) == 1


def test_nothing_is_left_of_a_template_whose_maker_was_killed(engine: str, folder: Path, tmp_path: Path) -> None:
    owner = begin(engine, folder, XDG_CACHE_HOME=str(tmp_path / "cache"))
    makers: list[tuple[psutil.Process, str]] = []
    try:
        # The keeper, the program that fills the folder, and the server that this one starts in turn.
        while len(makers) < 3:
            assert owner.poll() is None
            makers = children(owner)
    finally:
        end(owner)
    _, alive = psutil.wait_procs([process for process, _ in makers], timeout=20)
    assert not alive
    rooms = {
        word.removeprefix("--remove=") for _, line in makers for word in line.split() if word.startswith("--remove")
    }
    assert rooms
    assert not [room for room in rooms if Path(room).exists()]
    assert not folder.exists()
