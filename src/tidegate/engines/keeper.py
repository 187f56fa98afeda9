"""Runs a server, tells how it ended, and when its own standard input closes, ends it and removes its folders.

Started as `python -I -S keeper.py …` by `kept.Kept`, which holds the other end of the pipe: when that process dies,
be it by SIGKILL, the pipe closes and nothing of the server is left. Differs from `process/keeper.py` in what a server
needs: another account, a signal of its own, folders that go with it. Standard library only, to start fast.
"""

import argparse
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable

GRACE_SECONDS = 5.0
_REMOVALS = 20
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Keep the command until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--account", help="uid:gid to run as")
    parser.add_argument("--log", required=True, help="file for the command's output")
    parser.add_argument("--signal", required=True, help="what ends the command at once")
    parser.add_argument("--remove", action="append", default=[], help="folder that goes with the command")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    wake = _woken_by_children()
    output = os.open(given.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    number = signal.Signals[f"SIG{given.signal}"]
    tie = _tie(number)  # Made before the fork: the account may be unable to read Python's own modules.
    pid = os.fork()
    if pid == 0:
        _become(given.command, given.account, output, tie)
    _keep(pid, wake, number)
    _remove(given.remove)
    return 0


def _woken_by_children() -> int:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, lambda *_: None)
    return reader


def _keep(pid: int, wake: int, number: signal.Signals) -> None:
    running, told = True, False
    while running or not told:
        ready, _, _ = select.select([wake] if told else [0, wake], [], [], GRACE_SECONDS if told else None)
        if wake in ready:
            os.read(wake, 512)
            running = running and not _ended(pid)
        if 0 in ready and not os.read(0, 512):
            told = True
            _signal_group(pid, number)
        elif not ready and running:
            _signal_group(pid, signal.SIGKILL)
    _signal_group(pid, signal.SIGKILL)  # What a script started may go on without it.


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _ended(pid: int) -> bool:
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        with contextlib.suppress(OSError):  # Whoever would read it may be gone.
            os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return bool(done)


def _become(command: list[str], account: str | None, output: int, tie: Callable[[], object]) -> None:
    keeper = os.getppid()
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for restored in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(restored, signal.SIG_DFL)
        if account:
            user, group = map(int, account.split(":"))
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
        tie()
        if os.getppid() == keeper:
            os.execv(command[0], command)  # noqa: S606 - an argument list is what it is for
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _tie(number: signal.Signals) -> Callable[[], object]:
    """Makes what has the kernel end the server even where the keeper itself is killed.

    Source: prctl(2), PR_SET_PDEATHSIG; the keeper has one thread, and a change of account resets it.
    """
    if sys.platform != "linux":
        return lambda: None
    import ctypes  # noqa: PLC0415 - costs time, and only here

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(number))


def _remove(folders: list[str]) -> None:
    import shutil  # noqa: PLC0415 - costs time that only the end has

    for folder in folders:
        # What was killed a moment ago may still be writing its last file.
        for _ in range(_REMOVALS):
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.lexists(folder):
                break
            select.select([], [], [], 0.05)


if __name__ == "__main__":
    sys.exit(main())
