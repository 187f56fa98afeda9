"""The arrows of the design, held against the imports."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "tidegate"

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "model": {"errors"},
    "process": {"errors"},
    "engines": {"errors"},
    "config": {"model", "errors"},
    "changes": {"model", "errors"},
    "plan": {"model", "errors"},
    "actions": {"config", "plan", "model", "errors"},
    "gates": {"model", "errors"},
    "doctor": {"model", "errors"},
    "cloud": {"model", "errors"},
    "ledger": {"model", "errors"},
    "github": {"cloud", "model", "errors"},
    "database": {"engines", "cloud", "process", "model", "errors"},
    "build": {"cloud", "model", "process", "errors"},
    "targets": {"cloud", "model", "errors"},
    "execute": {"build", "plan", "gates", "targets", "database", "cloud", "ledger", "process", "model", "errors"},
    "operations": {
        *("actions", "execute", "build", "plan", "gates", "targets", "cloud", "ledger", "process", "changes", "config"),
        *("github", "doctor", "database", "model", "errors"),
    },
    "cli": {"operations", "doctor", "execute", "ledger", "config", "model", "errors"},
    "localcloud": {"engines"},
    "__main__": {"cli"},
}
FOREIGN = {
    "boto3": {"cloud"},
    "botocore": {"cloud", "localcloud"},
    "moto": {"localcloud"},
    "sqlalchemy": {"database"},
    "alembic": {"database"},
    "psycopg": {"database"},
    "pymysql": {"database"},
    "click": {"cli"},
    "rich": {"cli"},
}


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {
                f"{node.module}.{alias.name}" if node.module == "tidegate" else str(node.module) for alias in node.names
            }
    return names


SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.name != "__init__.py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_layer_may(path: Path) -> None:
    layer = layer_of(path)
    assert layer in ALLOWED, f"{layer} is not a layer of the design"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "tidegate" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] == layer or parts[1] in ALLOWED[layer], f"{layer} must not import {name}"
        elif parts[0] in FOREIGN:
            assert layer in FOREIGN[parts[0]], f"{layer} must not import {parts[0]}"


def test_layers_have_no_cycle() -> None:
    seen: list[str] = []
    pending = dict(ALLOWED)
    while pending:
        free = [layer for layer, below in pending.items() if below <= set(seen)]
        assert free, f"a cycle among {sorted(pending)}"
        seen += free
        for layer in free:
            del pending[layer]


def test_every_layer_of_the_table_exists() -> None:
    assert {layer_of(path) for path in SOURCES} == set(ALLOWED)
