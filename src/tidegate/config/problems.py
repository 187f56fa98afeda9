"""Problem: one thing that is wrong with `tidegate.yaml`, and the one message that reports all of them."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tidegate.errors import ConfigError

Path = tuple[str | int, ...]
"""Where a value stands: keys and list indexes from the top, such as `("gates", "test", "steps", 0, "run")`."""

_MAX_FURTHER = 20
_MAX_LINE = 120


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the file; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it."""

    place: Place
    what: str
    what_next: str = ""


def refuse(problems: Iterable[Problem], where: str, lines: Sequence[str]) -> NoReturn:
    """Raise all problems as one message: the first of the file with its line shown, the others by place.

    Raises:
        ConfigError: Always.
    """
    first, *others = sorted(dict.fromkeys(problems), key=lambda problem: problem.place)
    text = [first.what, *_shown(first.place, lines)]
    for other in others[:_MAX_FURTHER]:
        hint = f" ({other.what_next})" if other.what_next else ""
        text.append(f"  also {where}:{other.place.line}:{other.place.column}: {other.what}{hint}")
    if len(others) > _MAX_FURTHER:
        text.append(f"  and {len(others) - _MAX_FURTHER} more")
    raise ConfigError(
        "\n".join(text), where=f"{where}:{first.place.line}:{first.place.column}", what_next=first.what_next
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which of the known names was probably meant, or which there are."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if not close:
        folded = {known_name.casefold(): known_name for known_name in names}
        close = [folded[name.casefold()]] if name.casefold() in folded else []
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of: {', '.join(names)}" if names else "none is declared"


def _shown(place: Place, lines: Sequence[str]) -> list[str]:
    """The offending line with a mark below the column; a long line is cut around it."""
    if not 1 <= place.line <= len(lines):
        return []
    line = lines[place.line - 1]
    start = max(0, place.column - _MAX_LINE // 2) if len(line) > _MAX_LINE else 0
    excerpt = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for character in line[start : start + _MAX_LINE]
    )
    margin = f"  {place.line} | "
    return [f"{margin}{excerpt}", f"{' ' * (len(margin) - 2)}| {' ' * (place.column - 1 - start)}^"]
