"""How a catalog is asked: one query text, all rows. Whoever has a connection has such a function."""

from collections.abc import Callable, Sequence
from typing import Any

Row = tuple[Any, ...]
Ask = Callable[[str], Sequence[Row]]
"""Queries have no parameters and no percent signs, which drivers would take for placeholders."""


def grouped(rows: Sequence[Row], width: int = 1) -> dict[Any, list[Row]]:
    """Rows by their first column (or columns), without it."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        key = row[0] if width == 1 else tuple(row[:width])
        found.setdefault(key, []).append(row[width:])
    return found
