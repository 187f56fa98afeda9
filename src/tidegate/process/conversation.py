"""A child that is talked with, line by line: JSON over its standard input and output, which nothing else sees.

What must be in no argument and no environment variable, such as a password, goes this way. The child is a Python module
that takes part (`process/answering.py`): it ends itself, with all that it started, once its standard input closes, be
it that we close it or that we are gone.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

LIMIT_BYTES = 1 << 26
GRACE_SECONDS = 5.0
_TAIL_LINES = 40

Message = Mapping[str, Any]


class Conversation:
    """Our side of it."""

    def __init__(self, child: asyncio.subprocess.Process, tail: deque[str]) -> None:
        self._child = child
        self._tail = tail

    async def tell(self, message: Message) -> None:
        """Send one message; nothing happens when the child is gone, since `hear` tells that."""
        assert self._child.stdin
        self._child.stdin.write(json.dumps(message).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._child.stdin.drain()

    async def hear(self) -> Message | None:
        """The next message; None when the child ended."""
        assert self._child.stdout
        line = await self._child.stdout.readline()
        heard: Message | None = json.loads(line) if line.endswith(b"\n") else None
        return heard

    async def last_words(self) -> tuple[str, ...]:
        """The last lines that it wrote to standard error, once it has ended."""
        await self._child.wait()
        return tuple(self._tail)


@contextlib.asynccontextmanager
async def converse(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Callable[[str], None] | None = None
) -> AsyncIterator[Conversation]:
    """Start a child and talk with it; when the block is left, nothing of it runs any more.

    Args:
        command: Program and arguments.
        cwd: Working folder.
        env: The whole environment of the child.
        log: Called with each line that it writes to standard error.
    """
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=dict(env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=LIMIT_BYTES,
    )
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    reading = asyncio.ensure_future(_read(child, tail, log))
    try:
        yield Conversation(child, tail)
    finally:
        assert child.stdin
        child.stdin.close()
        await asyncio.shield(_ended(child, reading))


async def _read(child: asyncio.subprocess.Process, tail: deque[str], log: Callable[[str], None] | None) -> None:
    assert child.stderr
    while raw := await child.stderr.readline():
        line = raw.decode(errors="replace").rstrip("\r\n")
        tail.append(line)
        if log:
            log(line)


async def _ended(child: asyncio.subprocess.Process, reading: "asyncio.Future[None]") -> None:
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await child.wait()
    except TimeoutError:
        pass
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # what it started and left behind, if anything
    await child.wait()
    await reading
