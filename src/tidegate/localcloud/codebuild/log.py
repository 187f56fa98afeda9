"""The log of one build: what its commands write, between the lines that CodeBuild itself adds."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from tidegate.localcloud.codebuild.build import Build
from tidegate.localcloud.telemetry import Telemetry

# Amazon CloudWatch Logs user guide, "CloudWatch Logs quotas": an event has at most 256 KB. Longer lines come in parts.
LONGEST = 60_000
HIDDEN = "***"


class BuildLog:
    """One log stream. Values that came from a store of secrets are never in it.

    Args:
        clock: Seconds since the epoch.
    """

    def __init__(self, telemetry: Telemetry, build: Build, clock: Callable[[], float]) -> None:
        self._telemetry = telemetry
        self._enabled = build.project.logs.enabled
        self._group = build.project.log_group
        self._stream = build.stream
        self._clock = clock
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """Write asterisks in place of these values from now on; of one with several lines, in place of each."""
        lines = {line for secret in secrets for line in (secret, *secret.splitlines()) if line.strip()}
        self._secrets = tuple(sorted(lines, key=len, reverse=True))

    def hidden(self, text: str) -> str:
        """A text without those values."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def write(self, lines: list[str]) -> None:
        """Add what commands wrote. CloudWatch takes no empty event."""
        if self._enabled:
            parts = [part for line in lines for part in _parts(self.hidden(line))]
            self._telemetry.log(self._group, self._stream, self._clock(), parts)

    def note(self, text: str) -> None:
        """Add a line of CodeBuild's own."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        self.write([f"[Container] {moment:%Y/%m/%d %H:%M:%S.%f} {line}" for line in text.splitlines() or [""]])


def _parts(line: str) -> list[str]:
    return [line[start : start + LONGEST] for start in range(0, len(line), LONGEST)] or ["\n"]
