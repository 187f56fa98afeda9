"""Run a command, stream its output, and end its whole process group on timeout, cancellation or our own death."""

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TAIL_LINES = 60
_KEEPER = Path(__file__).with_name("keeper.py")
_LINE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code; 128 + signal when a signal ended it; 127 when it could not be started.
        tail: The last lines of its output, both streams interleaved.
        timed_out: Whether it was ended because its time was up.
    """

    code: int
    tail: tuple[str, ...]
    timed_out: bool = False


async def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Callable[[str], None] | None = None,
    timeout: float | None = None,  # noqa: ASYNC109 - a timeout is an outcome here, not an exception
) -> Ended:
    """Run a command without a shell and without standard input.

    Args:
        command: Program and arguments.
        cwd: Working folder.
        env: The whole environment of the child.
        log: Called with each line of output, without its newline.
        timeout: Seconds until the command and all that it started are ended.
    """
    process = await _started(command, cwd, env)
    assert process.stdin
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    timed_out = False
    try:
        async with asyncio.timeout(timeout):
            await _pump(process, tail, log)
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        # Closing the pipe tells the keeper to end the group; it exits once nothing of it is left.
        process.stdin.close()
        await asyncio.shield(_drained(process, tail, log))
    assert process.returncode is not None
    return Ended(process.returncode, tuple(tail), timed_out)


async def _started(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start a command under its keeper; cancelled meanwhile, it ends as it would later.

    Left to itself, asyncio kills what it was starting: a keeper that is killed ends nothing of what it keeps.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(_KEEPER),
            *command,
            cwd=cwd,
            env=dict(env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.shield(_let_go(starting))
        raise


async def _let_go(starting: "asyncio.Future[asyncio.subprocess.Process]") -> None:
    process = await starting
    assert process.stdin
    process.stdin.close()
    await _drained(process, deque(maxlen=TAIL_LINES), None)


async def _drained(process: asyncio.subprocess.Process, tail: deque[str], log: Callable[[str], None] | None) -> None:
    await _pump(process, tail, log)
    await process.wait()


async def _pump(process: asyncio.subprocess.Process, tail: deque[str], log: Callable[[str], None] | None) -> None:
    assert process.stdout
    while True:
        try:
            raw = await process.stdout.readline()
        except ValueError:  # A line longer than the limit: what of it was read is dropped.
            continue
        if not raw:
            return
        line = raw.decode(errors="replace").rstrip("\r\n")
        tail.append(line)
        if log:
            log(line)
