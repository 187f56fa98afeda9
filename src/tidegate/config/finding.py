"""Finding: something wrong with a value of `tidegate.yaml` whose shape is right."""

from dataclasses import dataclass

from tidegate.config.problems import Path

_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the value (or the key) at `path`."""

    path: Path
    what: str
    what_next: str = ""
    key: bool = False


def seconds(duration: str) -> int:
    """Return how many seconds `90s`, `5m` or `1h` are."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]
