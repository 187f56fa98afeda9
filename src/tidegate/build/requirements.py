"""Requirement files: which files they consist of, and what a layer made of them depends on."""

import re
from collections.abc import Iterator
from pathlib import Path

from tidegate.build.dockerfile import OTHER_WAY, NotExpressible
from tidegate.errors import BuildError

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(\S+)")
_LOCAL = re.compile(r"(?:-e\b|--editable\b|\.{0,2}/|\.$|file:)|.*@\s*file:")


def read_requirements(path: Path, shown: str) -> tuple[tuple[str, str], ...]:
    """A requirement file with all that it includes, as (name, text); comments, blank lines and hashes' layout kept out.

    Raises:
        NotExpressible: For a requirement that is a local folder, which no key covers.
        BuildError: For a file that cannot be read.
    """
    return tuple(_read(path, shown, frozenset()))


def _read(path: Path, shown: str, seen: frozenset[Path]) -> Iterator[tuple[str, str]]:
    if path in seen:
        raise BuildError("the requirement file includes itself", where=shown)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"the requirement file cannot be read: {error}", where=shown) from error
    lines = _meaningful(text)
    yield shown, "\n".join(line for _, line in lines)
    for number, line in lines:
        if _LOCAL.match(line):
            raise NotExpressible(
                f"a requirement that is a local path cannot be layered: {line}",
                where=f"{shown}:{number}",
                what_next=OTHER_WAY,
            )
        if included := _INCLUDE.fullmatch(line):
            yield from _read((path.parent / included[1]).resolve(), f"{shown} -> {included[1]}", seen | {path})


def _meaningful(text: str) -> list[tuple[int, str]]:
    """Logical lines with their numbers; what does not change the outcome is left out."""
    lines: list[tuple[int, str]] = []
    parts: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*$", "", raw).strip()
        parts.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        whole = " ".join(part for part in parts if part)
        parts = []
        if whole:
            lines.append((number, whole))
    return lines
