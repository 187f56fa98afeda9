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

# Starts a server, has one session busy, tells about both and waits to be killed.
OWNER = """
import json, sys, threading, time
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
print(json.dumps({"port": server.port}), flush=True)
time.sleep(600)
"""


def begin(engine: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OWNER, engine, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables})


def told(owner: subprocess.Popen[str]) -> dict[str, Any]:
    assert owner.stdout
    facts: dict[str, Any] = json.loads(owner.stdout.readline())
    facts["processes"] = []
    for child in psutil.Process(owner.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # Workers of a server come and go.
            facts["processes"].append((child, " ".join(child.cmdline())))
    return facts


def end(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    assert owner.stdout
    owner.stdout.close()


def test_nothing_is_left_of_a_server_whose_owner_was_killed(engine: str, folder: Path) -> None:
    owner = begin(engine, folder)
    try:
        processes = told(owner)["processes"]
        assert len(processes) >= 3  # Keeper, server and the busy client at least.
    finally:
        end(owner)
    _, alive = psutil.wait_procs([process for process, _ in processes], timeout=20)
    assert not alive
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's way to end a child with its parent is Linux's")
def test_a_server_does_not_outlive_its_keeper(engine: str, folder: Path) -> None:
    owner = begin(engine, folder)
    try:
        processes = told(owner)["processes"]
        keepers = [process for process, line in processes if "keeper.py" in line]
        assert len(keepers) == 1
        keepers[0].send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs([process for process, _ in processes if process not in keepers], timeout=20)
        assert not alive
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
