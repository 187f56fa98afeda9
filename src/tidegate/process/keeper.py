"""Runs a command in a process group of its own, and ends that group when its own standard input closes.

Started as `python -I -S keeper.py COMMAND…` by `child.run`, which holds the other end of the pipe: when that process
dies, be it by SIGKILL, the pipe closes and nothing of the command is left. Standard library only, to start fast.
"""

import contextlib
import os
import select
import signal
import sys

GRACE_SECONDS = 5.0


def main(command: list[str]) -> int:
    """Run `command`; return its exit code (128 + signal for a command ended by one)."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: None)
    pid = os.fork()
    if pid == 0:
        _become(command)
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)
    ending = False
    while True:
        watched = [wake_read] if ending else [0, wake_read]
        ready, _, _ = select.select(watched, [], [], GRACE_SECONDS if ending else None)
        if wake_read in ready:
            signals = os.read(wake_read, 512)
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                _signal_group(pid, signal.SIGKILL)
                return _code(status)
            if signal.SIGTERM not in signals:
                continue
        if not ending:
            ending = True
            _signal_group(pid, signal.SIGTERM)
        elif not ready:
            _signal_group(pid, signal.SIGKILL)


def _become(command: list[str]) -> None:
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606 - an argument list is what it is for
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
