"""Whether the process of an attempt still lives: by pid and birth, so that a reused pid is not taken for it."""

import os
import socket
import subprocess
from pathlib import Path

from tidegate.model.run import Attempt

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def born(pid: int) -> str:
    """Return what tells a process from every other with its pid, of this boot or another; empty if it does not live.

    A zombie, which ended and was not waited for, does not live.
    """
    if not _BOOT.exists():
        return _born_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # proc(5): the name in parentheses may hold anything; state is the first field behind it, starttime the 20th.
    fields = stat[stat.rindex(b")") + 2 :].split()
    if fields[0] in {b"Z", b"X"}:
        return ""
    return f"{_BOOT.read_text().strip()}:{fields[19].decode()}"


def myself() -> tuple[int, str, str]:
    """Return pid, host and birth of this process, as `Runs.run_started` takes them."""
    pid = os.getpid()
    return pid, socket.gethostname(), born(pid)


def alive(attempt: Attempt) -> bool:
    """Return whether an attempt's process lives. Of another host that cannot be known from here: it counts as alive."""
    if attempt.host != socket.gethostname():
        return True
    now = born(attempt.pid)
    return bool(now) and attempt.born in {"", now}


def _born_by_ps(pid: int) -> str:
    """As `born`, where there is no /proc: `ps` is POSIX, its `lstart` is not, and macOS and the BSDs have it."""
    answer = subprocess.run(["ps", "-o", "lstart=,stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    text = answer.stdout.strip()
    return "" if not text or text.split()[-1].startswith("Z") else " ".join(text.split()[:-1])
