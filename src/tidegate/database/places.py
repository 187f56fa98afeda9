"""Where a Python file declares tables and columns: for lines and annotations, without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path


def places(root: Path, file: str) -> dict[str, str]:
    """`table`, or `table.column` → `file:line`, of SQLAlchemy's two notations; the file alone by an empty name.

    What a file builds in another way is not found, and the file stands for it.
    """
    try:
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return {"": file}
    found = {"": file}
    for node in ast.walk(tree):
        for name, line in (*_of_call(node), *_of_class(node)):
            found.setdefault(name, f"{file}:{line}")
    return found


def _of_call(node: ast.AST) -> Iterator[tuple[str, int]]:
    """`Table("funds", metadata, Column("id", …), schema="s")`."""
    if not isinstance(node, ast.Call) or _name(node.func) != "Table":
        return
    table = _first_text(node)
    if not table:
        return
    schema = next((_text(one.value) for one in node.keywords if one.arg == "schema"), "")
    table = f"{schema}.{table}" if schema else table
    yield table, node.lineno
    for argument in node.args[1:]:
        if isinstance(argument, ast.Call) and _name(argument.func) == "Column" and (column := _first_text(argument)):
            yield f"{table}.{column}", argument.lineno


def _of_class(node: ast.AST) -> Iterator[tuple[str, int]]:
    """`class Fund(Base): __tablename__ = "funds"; id: Mapped[int] = mapped_column(…)`."""
    if not isinstance(node, ast.ClassDef):
        return
    named = dict(_assigned(node))
    table = _text(named["__tablename__"]) if "__tablename__" in named else ""
    if not table:
        return
    yield table, node.lineno
    for attribute, value in named.items():
        if isinstance(value, ast.Call) and _name(value.func) in {"mapped_column", "Column"}:
            yield f"{table}.{_first_text(value) or attribute}", value.lineno


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for one in node.body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            yield one.targets[0].id, one.value
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value:
            yield one.target.id, one.value


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _first_text(node: ast.Call) -> str:
    return _text(node.args[0]) if node.args else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
