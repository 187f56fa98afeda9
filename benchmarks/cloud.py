"""How soon the embedded cloud is up, and how much memory it takes with the example product's resources in it."""

import json
import shutil
import sys
import tempfile
import time
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


def provisioned() -> tuple[float, float, float]:
    """Seconds of `tidegate cloud up` until it says where everything is; the cloud's memory then, and at most."""
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
            pid = int(json.loads((home / "cloud.json").read_bytes())["pid"])
            memory = psutil.Process(pid).memory_info().rss / MEGABYTE
            return took, memory, _most_memory(pid) / MEGABYTE


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
    ups, memory, most = zip(*(provisioned() for _ in range(5)), strict=True)
    return [
        row("embedded cloud, start to ready", "ms", milliseconds(starts), 3000.0),
        row("tidegate cloud up, the example provisioned", "ms", milliseconds(ups), 3000.0),
        row("its memory then (RSS)", "MB", memory, 250.0),
        row("the most that its memory was", "MB", most),
    ]
