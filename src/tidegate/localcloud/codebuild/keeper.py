"""Runs the shell of a build, and ends all that it started when that shell or this process's standard input ends.

Started as `python -I -S keeper.py COMMANDS ANSWERS SHELL…`; the first two are descriptors, which the shell gets as 9
and 8. The cloud holds the other end of standard input: when the cloud dies, be it by SIGKILL, the pipe closes. On
Linux, what a command left behind, daemons with sessions of their own among it, becomes a child of this process and is
ended too (prctl(2), PR_SET_CHILD_SUBREAPER). Standard library only, to start fast.
"""

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
END_SECONDS = 10.0


def main(commands: int, answers: int, shell: list[str]) -> int:
    """Run the shell; return its exit code, 128 + signal when a signal ended it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    pid = os.fork()
    if pid == 0:
        _become(commands, answers, shell)
    os.close(commands)
    os.close(answers)
    while True:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 512)
            status = _reaped(pid)
            if status is not None:
                _end_all(pid)
                return _code(status)
        if 0 in ready:
            _end_all(pid)
            return 128 + signal.SIGKILL


def _become(commands: int, answers: int, shell: list[str]) -> None:
    try:
        os.setpgid(0, 0)
        # Out of the way first: either may stand where the other goes.
        commands, answers = (fcntl.fcntl(one, fcntl.F_DUPFD, 20) for one in (commands, answers))
        os.dup2(commands, 9)
        os.dup2(answers, 8)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.closerange(10, 64)
        os.closerange(3, 8)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(shell[0], shell)  # noqa: S606 - an argument list is what it is for
    except OSError as error:
        os.write(2, f"{shell[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _reaped(shell: int) -> int | None:
    """Reap whatever ended; the status of the shell when it did."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == shell:
                found = ended[1]
    return found


def _end_all(group: int) -> None:
    """Kill the shell's group, and every process below this one, until none is left."""
    deadline = time.monotonic() + END_SECONDS
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        for pid in _below(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def _below(root: int) -> list[int]:
    """Every process that descends from `root`. Source: proc(5), fields 3 and 4 of `stat`: state and parent."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(entry.name)] = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
    found: list[int] = []
    level = [root]
    while level:
        level = [pid for pid, parent in parents.items() if parent in level]
        found += level
    return found


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
