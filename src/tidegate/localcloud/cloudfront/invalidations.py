"""Invalidations: which cached objects they evict, and from when on (pure)."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from tidegate.localcloud.cloudfront.errors import CloudFrontError

MAX_PATHS = 3000  # CloudFront quotas, "Quotas on invalidations"


@dataclass(frozen=True, slots=True)
class Invalidation:
    """One batch of paths. Objects that were cached before `completes_at` are gone from then on."""

    id: str
    caller_reference: str
    paths: tuple[str, ...]
    created: float
    completes_at: float

    def status(self, now: float) -> str:
        """`InProgress` or `Completed`."""
        return "Completed" if self.completes_at <= now else "InProgress"

    def covers(self, uri: str) -> bool:
        """Whether a cached URI (raw path, with the query that is part of its key) is named."""
        canonical = _canonical(uri)
        return any(_matches(path, canonical) for path in self.paths)


def check_paths(paths: tuple[str, ...]) -> None:
    """Refuse what AWS refuses.

    Raises:
        CloudFrontError: InvalidArgument or TooManyInvalidationsInProgress.
    """
    if len(paths) > MAX_PATHS:
        raise CloudFrontError("TooManyInvalidationsInProgress", f"At most {MAX_PATHS} paths can be in progress.")
    for path in paths:
        if not path or "*" in path[:-1] or re.search(r"[\s\x00-\x1f]", path):
            raise CloudFrontError("InvalidArgument", "Your request contains one or more invalid invalidation paths.")


def _matches(path: str, canonical: str) -> bool:
    wanted = _canonical(path if path.startswith("/") else f"/{path}")
    return canonical.startswith(wanted[:-1]) if wanted.endswith("*") else canonical == wanted


def _canonical(uri: str) -> str:
    """One spelling of a URI, so that `/%61` and `/a` are the same object."""
    return quote(unquote(uri), safe="/?&=*~!$'()+,;:@")
