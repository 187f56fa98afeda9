"""What a revision's file declares, read without running it: its names are plain literals at the file's top level."""

import ast
from pathlib import Path
from typing import Any

from tidegate.database.migrations.refusals import HistoryError
from tidegate.database.migrations.revision import Revision

_NAMES = frozenset({"revision", "down_revision", "depends_on", "branch_labels", "lossless", "accepted"})


def read(path: Path, shown: str) -> Revision | None:
    """The revision that a file declares; None for a Python file that declares none.

    Args:
        path: The file.
        shown: Its path as people know it.

    Raises:
        HistoryError: When it is no Python, or what it declares is not a plain literal; says the line.
    """
    try:
        tree = ast.parse(path.read_bytes(), filename=shown)
    except SyntaxError as wrong:
        raise HistoryError(f"is no Python: {wrong.msg}", where=f"{shown}:{wrong.lineno or 1}") from None
    except (OSError, ValueError) as unread:
        raise HistoryError(f"cannot be read: {unread}", where=shown) from None
    found = {name: value for node in tree.body for name, value in _assignment(node)}
    if "revision" not in found:
        return None
    values = {name: _literal(node, name, shown) for name, node in found.items()}
    line = found["revision"].lineno
    return Revision(
        id=_text(values["revision"], "revision", f"{shown}:{line}"),
        down=_texts(values, found, "down_revision", shown),
        depends_on=_texts(values, found, "depends_on", shown),
        labels=_texts(values, found, "branch_labels", shown),
        file=shown,
        line=line,
        title=(ast.get_docstring(tree) or "").partition("\n")[0].strip(),
        lossless=values.get("lossless") is True,
        accepted=_accepted(values, found, shown),
    )


def _assignment(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _NAMES:
            return [(name, value)]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in _NAMES:
            return [(name, value)]
        case _:
            return []


def _literal(node: ast.expr, name: str, shown: str) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise HistoryError(
            f"{name} is not a plain literal",
            where=f"{shown}:{node.lineno}",
            what_next="write the value itself: the history is read without running the files",
        ) from None


def _text(value: object, name: str, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise HistoryError(f"{name} must be a text", where=where)
    return value


def _texts(values: dict[str, Any], found: dict[str, ast.expr], name: str, shown: str) -> tuple[str, ...]:
    value = values.get(name)
    if value is None:
        return ()
    where = f"{shown}:{found[name].lineno}"
    several = value if isinstance(value, (tuple, list, set, frozenset)) else (value,)
    return tuple(_text(one, name, where) for one in several)


def _accepted(values: dict[str, Any], found: dict[str, ast.expr], shown: str) -> dict[str, str]:
    value = values.get("accepted", {})
    if not isinstance(value, dict) or not all(isinstance(text, str) and text for one in value.items() for text in one):
        raise HistoryError(
            'accepted must say the reason for each rule: {"RULE": "WHY"}',
            where=f"{shown}:{found['accepted'].lineno}",
        )
    return value
