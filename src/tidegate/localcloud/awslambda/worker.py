"""One worker: a process with a Python runtime that serves one version's invocations, one after the other."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.localcloud.awslambda.runtime_api import Invocation, Outcome, RuntimeApi
from tidegate.localcloud.lines import LineReader, Lines

# AWS Lambda developer guide, "Runtime environment lifecycle": the limit of the init phase, in seconds.
INIT_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Launch:
    """How a worker's process is started.

    Attributes:
        arguments: The command line, interpreter first.
        directory: Its working directory.
        environment: All of its environment, without AWS_LAMBDA_RUNTIME_API.
        init_limit: Seconds until the handler must be loaded.
    """

    arguments: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str]
    init_limit: float = INIT_LIMIT


class InitFailed(Exception):
    """The handler could not be loaded; `document` is the error that the caller gets."""

    def __init__(self, document: bytes) -> None:
        super().__init__(document.decode("utf-8", "replace"))
        self.document = document


class Worker:
    """A process and its Runtime API. Made by `start`; `stop` leaves nothing of it behind."""

    def __init__(self, launch: Launch, log: Lines) -> None:
        self._launch = launch
        self._log = log
        self._api = RuntimeApi()
        self._process: asyncio.subprocess.Process | None = None
        self._exit: asyncio.Task[int] | None = None
        self._lines: LineReader | None = None
        self._lifeline = -1
        self.init_seconds = 0.0
        self.invocations = 0
        self.used_at = 0.0

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._exit is not None and not self._exit.done()

    async def start(self) -> None:
        """Start the process and wait until its handler is loaded.

        Raises:
            InitFailed: When it is not loaded, with the reason as the runtime gives it. The worker is stopped then.
        """
        begun = time.perf_counter()
        try:
            await self._spawn(await self._api.open())
            failure = await self._wait_for_init()
        except BaseException:
            await self.stop()
            raise
        self.init_seconds = time.perf_counter() - begun
        if failure is not None:
            await self.stop()
            raise InitFailed(failure)

    async def invoke(self, invocation: Invocation, limit: float) -> Outcome:
        """Run the handler once; one that takes longer than `limit` seconds, or exits, ends the worker."""
        assert self._exit is not None
        self.invocations += 1
        answer = self._api.submit(invocation)
        await _either(answer, self._exit, limit)
        self.drain()
        if answer.done():
            return answer.result()
        answer.cancel()
        if self._exit.done():
            return Outcome(_exit_document(invocation.request_id, self._exit.result()), failed=True)
        await self.stop()
        return Outcome(timeout_document(invocation.request_id, limit), failed=True)

    def drain(self) -> None:
        """Take what the process has written so far to the log."""
        if self._lines is not None:
            self._lines.drain()

    def memory_mb(self) -> int:
        """Resident memory in MB; 0 where the platform does not tell."""
        try:
            pages = int(Path(f"/proc/{self._process.pid if self._process else 0}/statm").read_text("ascii").split()[1])
        except (OSError, IndexError, ValueError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)

    async def stop(self) -> None:
        """Kill the process with all that it started."""
        self._api.close()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._exit is not None:
            await asyncio.wait({self._exit})
        if self._lines is not None:
            self._lines.close()
            self._lines = None
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def _write(self, lines: list[str]) -> None:
        # A runtime keeps a traceback in one log event by ending its lines with a carriage return.
        self._log([line.replace("\r", "\n") for line in lines])

    async def _wait_for_init(self) -> bytes | None:
        assert self._exit is not None
        limit = self._launch.init_limit
        ready = self._api.initialized
        await _either(ready, self._exit, limit)
        self.drain()
        if ready.done():
            outcome = ready.result()
            return None if outcome is None else outcome.payload
        if self._exit.done():
            return _exit_document("", self._exit.result())
        return timeout_document("", limit)

    async def _spawn(self, address: str) -> None:
        output, writer = os.pipe()
        reader, self._lifeline = os.pipe()
        arguments = self._launch.arguments
        environment = {**self._launch.environment, "AWS_LAMBDA_RUNTIME_API": address}
        if not _kernel_kills():
            environment["TIDEGATE_LIFELINE"] = str(reader)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                cwd=self._launch.directory,
                env=environment,
                pass_fds=(reader,),
                process_group=0,
            )
            _tie(reader, self._process.pid)
        finally:
            os.close(writer)
            os.close(reader)
            self._lines = LineReader(output, self._write)
        self._exit = asyncio.create_task(self._process.wait())


async def _either(one: asyncio.Future[Any], other: asyncio.Future[Any], limit: float) -> None:
    await asyncio.wait({one, other}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)


def timeout_document(request_id: str, limit: float) -> bytes:
    """The error document of an invocation that took too long."""
    return _document("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {limit:.2f} seconds")


def _exit_document(request_id: str, status: int) -> bytes:
    if status < 0:
        how = f"signal: {signal.Signals(-status).name.removeprefix('SIG').lower()}"
    else:
        how = f"exit status {status}"
    return _document("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}")


def _document(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _kernel_kills() -> bool:
    return sys.platform == "linux"


def _tie(reader: int, group: int) -> None:
    """Have the kernel kill a process group as soon as this process is gone, however it ends.

    The group inherits the reading end of a pipe whose writing end only this process holds. When that closes, the
    kernel sends the pipe's owner a signal (fcntl(2), F_SETOWN and F_SETSIG): no code runs in the worker for it, and
    no thread of the parent matters, which rules out PR_SET_PDEATHSIG.
    """
    if sys.platform == "linux":
        fcntl.fcntl(reader, fcntl.F_SETOWN, -group)
        fcntl.fcntl(reader, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(reader, fcntl.F_SETFL, fcntl.fcntl(reader, fcntl.F_GETFL) | os.O_ASYNC)
