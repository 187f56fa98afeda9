"""The child's side of a conversation: takes standard input and output for itself, and goes when the other side does."""

import json
import os
import queue
import signal
import threading
from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]


class Answering:
    """Hears and tells. Whatever else runs in this process finds no standard input, and its prints go to stderr."""

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), "rb")
        self._out = os.fdopen(os.dup(1), "wb")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self._heard: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def hear(self) -> Message:
        """The next message; waits for it."""
        return self._heard.get()

    def tell(self, message: Message) -> None:
        """Send one message."""
        self._out.write(json.dumps(message, default=str).encode() + b"\n")
        self._out.flush()

    def ask(self, message: Message) -> Message:
        """Send one message, and wait for the answer."""
        self.tell(message)
        return self.hear()

    def _listen(self) -> None:
        for line in self._in:
            self._heard.put(json.loads(line))
        # Nobody is there any more: what is under way, children too, must not go on.
        os.killpg(0, signal.SIGKILL)
