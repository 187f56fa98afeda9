"""A program under a keeper, which ends it and removes its folders when we go, however we go."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tidegate.engines.account import Account

_KEEPER = Path(__file__).with_name("keeper.py")
_TAIL_LINES = 40


class Kept:
    """A running program. `stop` ends it and removes its folders; so does our own death.

    Attributes:
        folders: What goes with it.
    """

    def __init__(
        self, command: Sequence[str], *, runner: Account, log: Path, ending: str, remove: Sequence[Path]
    ) -> None:
        """Start a program.

        Args:
            command: Path of the program and its arguments; no password among them, since everybody can read them.
            runner: The account that it runs as.
            log: File for its output.
            ending: Name of the signal that ends it at once, such as QUIT.
            remove: Folders that go with it.
        """
        self.folders = tuple(remove)
        self._log = log
        self._code: int | None = None
        options = [f"--log={log}", f"--signal={ending}", *(f"--remove={folder}" for folder in remove)]
        if runner.ids is not None:
            options.append("--account={}:{}".format(*runner.ids))
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), *options, "--", *command],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def wait(self, seconds: float | None) -> int | None:
        """Wait for its end; its exit code, or None when it still runs after so many seconds."""
        assert self._keeper.stdout
        if self._code is None and not self._keeper.stdout.closed:
            ready, _, _ = select.select([self._keeper.stdout], [], [], seconds)
            if ready:
                self._code = int(self._keeper.stdout.readline() or 1)
        return self._code

    def tail(self) -> str:
        """The last lines that it wrote."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-_TAIL_LINES:])

    def stop(self) -> None:
        """End it and wait until nothing of it is left."""
        assert self._keeper.stdin
        assert self._keeper.stdout
        with contextlib.suppress(BrokenPipeError):
            self._keeper.stdin.close()
        if self._keeper.wait() != 0:  # Killed itself, which ended the program but removed nothing.
            for folder in self.folders:
                shutil.rmtree(folder, ignore_errors=True)
        self._keeper.stdout.close()
