"""What one distribution's edge keeps: answers by cache key, least recently used out first (pure)."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from tidegate.localcloud.cloudfront.origin import OriginAnswer
from tidegate.localcloud.cloudfront.policies import CachePolicy, QueryRule

MAX_BYTES = 16 * 1024 * 1024  # of one distribution; larger objects pass through
ENTRY_OVERHEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept answer.

    Attributes:
        stored_at: When the origin sent it: what invalidations look at.
        fresh_from: When the origin last confirmed it: what `Age` counts from.
        fresh_until: From then on the origin is asked again.
    """

    answer: OriginAnswer
    stored_at: float
    fresh_from: float
    fresh_until: float

    @property
    def size(self) -> int:
        """Bytes that it counts for."""
        return len(self.answer.body) + ENTRY_OVERHEAD_BYTES


class Cache:
    """A bounded cache. Keys are raw paths with the query that belongs to the key (see `cache_key`)."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._max_bytes = max_bytes
        self._bytes = 0

    def get(self, key: str) -> Entry | None:
        """The entry of a key, fresh or stale."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, at the cost of those used least recently; one larger than the bound is not kept."""
        self.drop(key)
        if entry.size > self._max_bytes:
            return
        self._entries[key] = entry
        self._bytes += entry.size
        while self._bytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.size

    def confirm(self, key: str, now: float, seconds: float) -> None:
        """The origin says that the entry still holds."""
        if key in self._entries:
            self._entries[key] = replace(self._entries[key], fresh_from=now, fresh_until=now + seconds)

    def drop(self, key: str) -> None:
        """Forget one entry, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size

    def evict(self, covers: Callable[[str], bool], before: float) -> int:
        """Forget the entries that were stored until `before` and whose key is covered; returns how many."""
        gone = [key for key, entry in self._entries.items() if entry.stored_at <= before and covers(key)]
        for key in gone:
            self.drop(key)
        return len(gone)

    def clear(self) -> None:
        """Forget everything: a cold edge."""
        self._entries.clear()
        self._bytes = 0


def cache_key(uri: str, query: str, policy: CachePolicy) -> str:
    """The key of a request: the raw path and those query parameters, sorted, that the policy names."""
    pairs = parse_qsl(query, keep_blank_values=True)
    match policy.query:
        case QueryRule.NONE:
            kept = []
        case QueryRule.ALL:
            kept = pairs
        case QueryRule.WHITELIST:
            kept = [pair for pair in pairs if pair[0] in policy.query_names]
        case QueryRule.EXCEPT:
            kept = [pair for pair in pairs if pair[0] not in policy.query_names]
    text = "&".join(f"{name}={value}" for name, value in sorted(kept))
    return f"{uri}?{text}" if text else uri


def is_current(entry: Entry, headers: Mapping[str, str]) -> bool:
    """Whether the origin's present headers confirm a stale entry, as its 304 would."""
    etag = headers.get("etag")
    return etag is not None and etag == entry.answer.etag
