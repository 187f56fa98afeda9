"""Whether two definitions mean the same where two major versions of a server word them differently."""

import re

_SOLE = re.compile(
    r"\bfrom\s+\(*\s*(?:[\w\"`]+\.)?([\w\"`]+)"
    r"(?:\s+(?:as\s+)?(?!where|group|order|limit|having|union)([\w\"`]+))?",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\bjoin\b|\bfrom\b[^()]*,", re.IGNORECASE)


class Wording:
    """Compares definitions that servers wrote.

    Within a major version equal meaning is equal text. Between versions PostgreSQL changed one thing that matters here:
    since 16 a view of a single relation is written without that relation before its columns (release notes of 16;
    `ruleutils.c`), so there such qualifiers, parentheses and spaces are left out of account.

    Args:
        expected: Version of the server on which the expectation was read.
        found: Version of the server that is judged.
    """

    def __init__(self, expected: str, found: str) -> None:
        self.differ = _major(expected) != _major(found)

    def same(self, one: str, other: str) -> bool:
        """For what is kept as somebody wrote it, such as a function's body."""
        return one == other

    def alike(self, one: str, other: str) -> bool:
        """For what the server writes from what it had understood."""
        return one == other or (self.differ and _bare(one) == _bare(other))


def _major(version: str) -> str:
    return version.partition(".")[0]


def _bare(text: str) -> str:
    if not _JOINED.search(text) and (sole := _SOLE.search(text)):
        for name in {sole[1], sole[2] or sole[1]}:
            text = re.sub(rf"(?<![\w.]){re.escape(name)}\.", "", text)
    return re.sub(r"[\s()]+", "", text)
