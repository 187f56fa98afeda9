"""The cloud as a process of its own: `python -m tidegate.localcloud`. Used through the fixtures of this folder."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

LIMIT_SECONDS = 60.0


class Cloud:
    """One process, with the facts of its state file."""

    def __init__(self, root: Path) -> None:
        self.state_file = root / "state" / "cloud.json"
        command = [sys.executable, "-m", "tidegate.localcloud", "--root", str(root / "cloud")]
        command += ["--state-file", str(self.state_file)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: self.state_file.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()
        self.facts: dict[str, Any] = json.loads(self.state_file.read_text("utf-8"))

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(self.facts["endpoint"] + path) as answer:
            return json.loads(answer.read())


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.communicate()


@pytest.fixture
def endpoint(cloud: Cloud) -> str:
    """In place of the session's cloud: this test's own."""
    return str(cloud.facts["endpoint"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_when_told(cloud: Cloud, number: signal.Signals) -> None:
    assert cloud.facts["pid"] == cloud.process.pid
    assert cloud.facts["account"] == "123456789012"
    assert cloud.facts["registry"].startswith("127.0.0.1:")
    health = cloud.ask("/_tidegate/health")
    assert health["pid"] == cloud.process.pid
    assert 0 < health["rss"] < 250 * 1024 * 1024
    cloud.process.send_signal(number)
    out, err = cloud.process.communicate(timeout=LIMIT_SECONDS)
    assert (cloud.process.returncode, err) == (0, "")
    assert cloud.facts["endpoint"] in out
    assert out.count("\n") == 1
    assert not cloud.state_file.exists()


def test_everything_listens_on_loopback_only(cloud: Cloud) -> None:
    listening = [one for one in psutil.Process(cloud.process.pid).net_connections() if one.status == psutil.CONN_LISTEN]
    assert listening
    assert {one.laddr.ip for one in listening} == {"127.0.0.1"}


def test_a_taken_port_is_told(cloud: Cloud, tmp_path: Path) -> None:
    port = cloud.facts["endpoint"].rpartition(":")[2]
    command = [sys.executable, "-m", "tidegate.localcloud", "--root", str(tmp_path / "other"), "--port", port]
    second = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    assert second.returncode == 1
    assert "in use" in second.stderr
    assert "Traceback" not in second.stderr


WITH_A_CHILD = """
import subprocess

child = subprocess.Popen(["sleep", "600"])

def handler(event, context):
    return child.pid
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_it(cloud: Cloud, functions: Any, number: signal.Signals) -> None:
    name = functions.create(WITH_A_CHILD)
    child = psutil.Process(functions.invoke(name))
    started = [child, *child.parents()[: child.parents().index(psutil.Process(cloud.process.pid))]]
    assert len(started) == 2, "the handler's child, and the worker"
    os.kill(cloud.process.pid, number)
    cloud.process.communicate(timeout=LIMIT_SECONDS)
    _, alive = psutil.wait_procs(started, timeout=LIMIT_SECONDS)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


WITH_A_DAEMON = (
    "version: 0.2\nphases:\n  build:\n    commands:\n"
    "      - sleep 601 & echo $!\n      - setsid sleep 602 & echo $!\n      - sleep 600\n"
)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_of_a_build_outlives_it(cloud: Cloud, client: Any, number: signal.Signals) -> None:
    codebuild, logs = client("codebuild"), client("logs")
    codebuild.create_project(
        name="daemons",
        source={"type": "NO_SOURCE", "buildspec": WITH_A_DAEMON},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/conformance",
    )
    build = codebuild.start_build(projectName="daemons")["build"]
    stream = build["id"].rpartition(":")[2]
    wait_for(lambda: codebuild.batch_get_builds(ids=[build["id"]])["builds"][0]["currentPhase"] == "BUILD")

    def written() -> list[str]:
        events = logs.get_log_events(logGroupName="/aws/codebuild/daemons", logStreamName=stream)["events"]
        return [event["message"] for event in events]

    wait_for(lambda: any("Running command sleep 600" in line for line in written()))
    started = psutil.Process(cloud.process.pid).children(recursive=True)
    numbers = {int(line) for line in written() if line.strip().isdigit()}
    assert len(numbers) == 2
    assert numbers <= {one.pid for one in started}
    os.kill(cloud.process.pid, number)
    cloud.process.communicate(timeout=LIMIT_SECONDS)
    _, alive = psutil.wait_procs(started, timeout=LIMIT_SECONDS)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
