"""How soon the embedded cloud is up, and how much memory it takes with the example product's resources in it."""

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.embedded import awaited_json, embedded_cloud, running
from benchmarks.measure import Row, milliseconds, row, sample

EXAMPLE = Path(__file__).parents[1] / "examples" / "daily-report" / "tidegate.yaml"
MEGABYTE = 1_000_000


def started() -> float:
    """Seconds from the start of the process until it is ready."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder, embedded_cloud(Path(folder)) as cloud:
        return cloud.start_seconds


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What `tidegate cloud up` took until it said where everything is.

    Attributes:
        seconds: By the clock.
        processor_seconds: Of the command and of the cloud, which work side by side.
        memory: Megabytes of the cloud's process then; handlers run in processes of their own.
        most_memory: The most that it was.
    """

    seconds: float
    processor_seconds: float
    memory: float
    most_memory: float


def provisioned() -> Provisioned:
    """Bring the embedded cloud up with what the example product names."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        product, home, output = Path(folder) / "product", Path(folder) / "home", Path(folder) / "up.json"
        product.mkdir()
        shutil.copy(EXAMPLE, product)
        command = [sys.executable, "-m", "tidegate", "--repo", str(product), "--home", str(home)]
        began = time.perf_counter()
        with running([*command, "cloud", "up", "--port", "0", "--json"], output) as process:
            found = awaited_json(process, output)
            took = time.perf_counter() - began
            assert set(found["environments"]) == {"dev", "staging", "prod"}
            cloud = psutil.Process(int(json.loads((home / "cloud.json").read_bytes())["pid"]))
            spent = [one.cpu_times() for one in (cloud, psutil.Process(process.pid))]
            return Provisioned(
                took,
                sum(times.user + times.system for times in spent),
                cloud.memory_info().rss / MEGABYTE,
                _most_memory(cloud.pid) / MEGABYTE,
            )


def _most_memory(pid: int) -> float:
    """Linux: the greatest resident set so far, in bytes; elsewhere the one now."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float(psutil.Process(pid).memory_info().rss)
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) * 1024


def rows() -> list[Row]:
    """Start the embedded cloud alone, then with everything that the example product names."""
    starts = sample(started, 5)
    provisioned()
    ups = [provisioned() for _ in range(7)]
    return [
        row("embedded cloud, start to ready", "ms", milliseconds(starts), 3000.0),
        row("tidegate cloud up, the example provisioned", "ms", milliseconds(up.seconds for up in ups), 3000.0),
        row("processor time of both its processes", "ms", milliseconds(up.processor_seconds for up in ups)),
        row("memory of the cloud then (RSS)", "MB", (up.memory for up in ups), 250.0),
        row("the most that it was", "MB", (up.most_memory for up in ups)),
    ]
