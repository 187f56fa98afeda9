"""The actions of an ALTER TABLE, and the names in statements."""

import re
from collections.abc import Iterator

NAME = r'(?:"(?:[^"]|"")+"|`[^`]+`|[\w$]+)'
QUALIFIED = rf"{NAME}(?:\.{NAME})*"

_ALTER = re.compile(rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?({QUALIFIED})(?: \*)? (.+)", re.IGNORECASE)


def altered(words: str) -> tuple[str, tuple[str, ...]] | None:
    """The table and the actions of an ALTER TABLE; None for any other statement."""
    found = _ALTER.fullmatch(words)
    return (key(found[1]), tuple(top_level(found[2]))) if found else None


def top_level(text: str) -> Iterator[str]:
    """The parts of a list whose commas stand outside of parentheses."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def key(name: str) -> str:
    """A name as it is compared: the last part of it, folded unless it is quoted."""
    last = re.findall(NAME, name)[-1] if name else ""
    return last[1:-1] if last[:1] in {'"', "`"} else last.lower()


def keys(listed: str) -> frozenset[str]:
    """All names that stand in an expression or a list."""
    return frozenset(key(name) for name in re.findall(NAME, listed))
