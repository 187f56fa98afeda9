"""How long an origin's answer may be served from the cache (pure).

Source: Amazon CloudFront Developer Guide, "Manage how long content stays in the cache (expiration)".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tidegate.localcloud.cloudfront.policies import Ttl


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether to keep an answer, and for how many seconds it needs no question to the origin."""

    keep: bool
    seconds: float


def freshness(headers: Mapping[str, str], ttl: Ttl, now: float) -> Freshness:
    """Decide by the origin's headers (lower-case names) within the behaviour's limits.

    `s-maxage` wins over `max-age`, which wins over `Expires`; all are clamped to minimum and maximum. `no-cache`,
    `no-store` and `private` count only when the minimum is 0. Without any of them the default applies.
    """
    directives = cache_directives(headers.get("cache-control", ""))
    if ttl.minimum == 0:
        if "no-store" in directives or "private" in directives:
            return Freshness(False, 0)
        if "no-cache" in directives:
            return Freshness(True, 0)
    elif directives.keys() & {"no-store", "private", "no-cache"}:
        return Freshness(True, ttl.minimum)
    stated = _stated_seconds(directives, headers.get("expires"), now)
    if stated is None:
        stated = ttl.default
    return Freshness(ttl.maximum > 0, min(max(stated, ttl.minimum), max(ttl.maximum, ttl.minimum)))


def cache_directives(header: str) -> dict[str, str]:
    """`Cache-Control` as lower-case names with their values ("" for none)."""
    parts = (part.strip().partition("=") for part in header.split(","))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts if name.strip()}


def _stated_seconds(directives: Mapping[str, str], expires: str | None, now: float) -> float | None:
    for name in ("s-maxage", "max-age"):
        if directives.get(name, "").isdigit():
            return float(directives[name])
    if expires is None:
        return None
    try:
        return max(0.0, parsedate_to_datetime(expires).timestamp() - now)
    except ValueError:
        return 0.0  # RFC 9111, 5.3: an invalid date means "already expired"
