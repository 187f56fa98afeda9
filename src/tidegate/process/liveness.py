"""Whether a process that was seen before still lives, told apart from a later one with the same number."""

import os
import subprocess
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def born(pid: int) -> str:
    """When a process began, in whatever terms the system has; empty for one that is gone.

    Source: proc(5), field 22 (`starttime`, counted from the boot, so the boot's id stands before it); elsewhere
    `ps -o lstart`.
    """
    if BOOT.exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return ""
        fields = stat.rpartition(b")")[2].split()
        return "" if fields[0] == b"Z" else f"{BOOT.read_text().strip()} {fields[19].decode()}"
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()


def lives(pid: int, since: str) -> bool:
    """Whether the process that was born then still lives."""
    return bool(since) and born(pid) == since


def own() -> tuple[int, str]:
    """This process's number and birth."""
    return os.getpid(), born(os.getpid())
