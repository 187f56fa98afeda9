"""The shell of a build: one instance for all commands, as version 0.2 of the buildspec has it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tidegate.localcloud.lines import LineReader, Lines

_KEEPER = Path(__file__).with_name("keeper.py")
# Sources one file a line of descriptor 9, and writes what came of it to descriptor 8. A command that exits ends the
# shell; what it exported is there for the next one.
_DRIVER = """
if [ -f "$0.exported" ]; then . "$0.exported"; fi
trap 'export -p >"$0.exported"' EXIT
while IFS= read -r codebuild_command <&9; do
    . "$codebuild_command" 8>&- 9<&-
    echo "$?" >&8
done
"""


class Shell:
    """Runs commands in one shell, and starts another where a command ended it.

    Args:
        name: `sh` or `bash`.
        folder: Where commands run.
        scratch: Where the shell's own files are kept, out of the build's sight.
        environment: The whole environment that commands begin with.
        log: Told what they write, line by line.
    """

    def __init__(self, name: str, folder: Path, scratch: Path, environment: Mapping[str, str], log: Lines) -> None:
        self._name = name
        self._folder = folder
        self._environment = environment
        self._log = log
        self._driver = scratch / "driver"
        self._driver.write_text(_DRIVER, "utf-8")
        self._command = scratch / "command"
        self._process: asyncio.subprocess.Process | None = None
        self._exit: asyncio.Task[int] | None = None
        self._readers: list[LineReader] = []
        self._commands = -1
        self._answer: asyncio.Future[int] | None = None

    async def run(self, command: str) -> int:
        """Run one command; returns its exit code. What it wrote has reached the log by then."""
        if self._exit is None or self._exit.done():
            await self.stop()
            await self._start()
        assert self._exit is not None
        self._command.write_text(f"{command}\n", "utf-8")
        answer = self._answer = asyncio.get_running_loop().create_future()
        with contextlib.suppress(BrokenPipeError):
            os.write(self._commands, f"{self._command}\n".encode())
        await asyncio.wait({answer, self._exit}, return_when=asyncio.FIRST_COMPLETED)
        for reader in self._readers:
            reader.drain()
        return answer.result() if answer.done() else self._exit.result()

    async def stop(self) -> None:
        """End the shell with all that it started."""
        if self._process is None or self._exit is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.shield(asyncio.wait({self._exit}))
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        os.close(self._commands)
        self._process = self._exit = None

    async def _start(self) -> None:
        output, writes_output = os.pipe()
        answers, writes_answers = os.pipe()
        commands, self._commands = os.pipe()
        given = (commands, writes_answers)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_KEEPER), *map(str, given)),
                *(self._name, str(self._driver)),
                stdin=asyncio.subprocess.PIPE,
                stdout=writes_output,
                stderr=writes_output,
                cwd=self._folder,
                env=dict(self._environment),
                pass_fds=given,
                start_new_session=True,
            )
        finally:
            for descriptor in (writes_output, *given):
                os.close(descriptor)
            self._readers = [LineReader(output, self._log), LineReader(answers, self._answered)]
        self._exit = asyncio.create_task(self._process.wait())

    def _answered(self, lines: list[str]) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(lines[-1]))
