"""An embedded cloud in a process of its own, as users have it, and clients of it."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """An embedded cloud that is up.

    Attributes:
        endpoint: URL of the control plane.
        registry: Address of the registry, without scheme.
        pid: Of its process.
        start_seconds: From the start of the process until it said where it is.
    """

    endpoint: str
    registry: str
    pid: int
    start_seconds: float

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client; the caller closes it."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name="ap-southeast-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(**{"proxies": {}, "retries": {"total_max_attempts": 1}, **options}),
        )


@contextlib.contextmanager
def embedded_cloud(root: Path) -> Iterator[Embedded]:
    """`python -m tidegate.localcloud`, gone when the block ends."""
    root.mkdir(parents=True, exist_ok=True)
    state = root / "cloud.json"
    command = [sys.executable, "-m", "tidegate.localcloud", "--root", str(root / "cloud"), "--state-file", str(state)]
    began = time.perf_counter()
    with running(command) as process:
        found = awaited_json(process, state)
        took = time.perf_counter() - began
        yield Embedded(found["endpoint"], found["registry"], found["pid"], took)


@contextlib.contextmanager
def running(command: list[str], output: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is asked to end, and has ended, when the block does."""
    with output.open("wb") if output else contextlib.nullcontext(subprocess.DEVNULL) as stdout:
        process = subprocess.Popen(command, stdout=stdout)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(START_SECONDS)
            finally:
                process.kill()


def awaited_json(process: "subprocess.Popen[bytes]", path: Path) -> Any:
    """Wait until a file holds JSON; returns it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            return json.loads(path.read_bytes())
        time.sleep(0.005)
    raise RuntimeError(f"{' '.join(process.args)} did not come up")  # type: ignore[arg-type]
