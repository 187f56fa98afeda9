"""What comes out of a pipe, in lines."""

import asyncio
import os
from collections.abc import Callable

Lines = Callable[[list[str]], None]


class LineReader:
    """Cuts what comes out of a pipe into lines, as it comes; the last one may lack its newline.

    Args:
        descriptor: The reading end; this object closes it.
        tell: Called with whole lines.
    """

    def __init__(self, descriptor: int, tell: Lines) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._tell = tell
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self.drain)

    def drain(self) -> None:
        """Read what is there."""
        content = self._rest
        try:
            while chunk := os.read(self._descriptor, 65536):
                content += chunk
            self._loop.remove_reader(self._descriptor)
        except BlockingIOError:
            pass
        *lines, self._rest = content.split(b"\n")
        if lines:
            self._tell([line.decode("utf-8", "replace") for line in lines])

    def close(self) -> None:
        """Read what is left and close the pipe."""
        self.drain()
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        if self._rest:
            self._tell([self._rest.decode("utf-8", "replace")])
            self._rest = b""
