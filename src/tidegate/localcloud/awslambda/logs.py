"""The log of one worker: what its handler writes, between the lines that Lambda itself adds."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from tidegate.localcloud.telemetry import Telemetry

# AWS API: Invoke, LogType Tail: the last 4 KB.
TAIL_BYTES = 4096


class WorkerLog:
    """One log stream of `/aws/lambda/<function>`.

    Args:
        clock: Seconds since the epoch.
    """

    def __init__(self, telemetry: Telemetry, function: str, version: str, clock: Callable[[], float]) -> None:
        self._telemetry = telemetry
        self._clock = clock
        self._group = f"/aws/lambda/{function}"
        self.stream = f"{datetime.fromtimestamp(clock(), UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
        self._lines: list[str] = []
        self._request_id = ""

    def write(self, lines: list[str]) -> None:
        """Add what the worker wrote."""
        self._lines.extend(lines)
        self._telemetry.log(self._group, self.stream, self._clock(), lines)

    def begin(self, request_id: str, version: str) -> None:
        """An invocation begins."""
        self._request_id = request_id
        self._lines.clear()
        self.write([f"START RequestId: {request_id} Version: {version}"])

    def note(self, document: bytes) -> None:
        """Lambda itself ended the invocation; the document says why."""
        moment = f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        message = str(json.loads(document)["errorMessage"]).removeprefix(f"RequestId: {self._request_id} Error: ")
        self.write([f"{moment} {self._request_id} {message}"])

    def end(self, seconds: float, memory_size: int, memory_used: int, init_seconds: float | None) -> None:
        """An invocation ended after `seconds`; `init_seconds` is given with a worker's first one."""
        milliseconds = seconds * 1000
        report = (
            f"REPORT RequestId: {self._request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {memory_size} MB\t"
            f"Max Memory Used: {memory_used} MB\t"
        )
        if init_seconds is not None:
            report += f"Init Duration: {init_seconds * 1000:.2f} ms\t"
        self.write([f"END RequestId: {self._request_id}", report])

    def tail(self) -> str:
        """The end of the invocation's log."""
        whole = "\n".join(self._lines).encode() + b"\n"
        return whole[-TAIL_BYTES:].decode("utf-8", "ignore")
