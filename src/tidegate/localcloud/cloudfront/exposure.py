"""Exposure: which objects a distribution served to viewers, and how often (pure)."""

import re
from dataclasses import dataclass
from typing import Any

# Where the `pointer` strategy keeps releases in a bucket: one prefix each.
_RELEASE_PREFIX = re.compile(r"^(releases/[^/]+)/")


@dataclass(slots=True)
class _Count:
    requests: int = 0
    cache_hits: int = 0


class Exposure:
    """Counts of one distribution, by object identity: bucket key and ETag."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], _Count] = {}

    def count(self, key: str, etag: str, *, hit: bool) -> None:
        """One answer with this object reached a viewer."""
        found = self._counts.setdefault((key, etag.strip('"')), _Count())
        found.requests += 1
        found.cache_hits += hit

    def served(self) -> list[dict[str, Any]]:
        """The counts in order of first sight, with the release prefix of keys that have one (else None)."""
        return [
            {
                "key": key,
                "etag": etag,
                "prefix": release_prefix(key),
                "requests": count.requests,
                "cache_hits": count.cache_hits,
            }
            for (key, etag), count in self._counts.items()
        ]


def release_prefix(key: str) -> str | None:
    """`releases/<digest>` of a key under such a prefix."""
    match = _RELEASE_PREFIX.match(key)
    return match[1] if match else None
