"""How a catalog is asked: one query text, all rows. Whoever has a connection has such a function."""

from collections.abc import Callable, Sequence
from typing import Any

from tidegate.errors import DatabaseError

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


def unreadable(what: str, grant: str) -> DatabaseError:
    """The error where the user sees too little: half a schema must not pass for one."""
    return DatabaseError(f"this user may not read {what}", where="catalog", what_next=f"grant it {grant}")
