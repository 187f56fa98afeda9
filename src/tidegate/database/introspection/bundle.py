"""The function's files, and its source as one file: what Tidegate ships, without a driver."""

import sysconfig
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_MODULES = (
    "tidegate.errors",
    "tidegate.model.database",
    "tidegate.model.schema",
    "tidegate.database.faults",
    "tidegate.database.schema_json",
    "tidegate.database.catalog.question",
    "tidegate.database.catalog.protocol",
    "tidegate.database.catalog.mysql_queries",
    "tidegate.database.catalog.mysql_words",
    "tidegate.database.catalog.mysql",
    "tidegate.database.catalog.postgresql_queries",
    "tidegate.database.catalog.postgresql",
    "tidegate.database.catalog.read",
    "tidegate.database.introspection.answer",
    "tidegate.database.introspection.handler",
)
"""In an order in which each imports only those before it."""

_START = '''"""Tells Tidegate's schema gate what a database is. Made by `tidegate.database.introspection.bundle`."""

import sys
import types

_SOURCES = {sources!r}

for _name, _source in _SOURCES.items():
    _parts = _name.split(".")
    for _end in range(1, len(_parts)):
        _package = sys.modules.setdefault(".".join(_parts[:_end]), types.ModuleType(".".join(_parts[:_end])))
        if not hasattr(_package, "__path__"):
            _package.__path__ = []
    _module = types.ModuleType(_name)
    _module.__package__ = ".".join(_parts[:-1])
    sys.modules[_name] = _module
    setattr(sys.modules[_module.__package__], _parts[-1], _module)
    exec(compile(_source, _name, "exec"), _module.__dict__)

handler = sys.modules["tidegate.database.introspection.handler"].handler
'''


def files() -> Mapping[str, str]:
    """`main.py` with the function `handler`: the one file beside a driver (`psycopg[binary]`, or `pymysql`)."""
    return {"main.py": source()}


def source() -> str:
    """All that the function needs as one Python file, for Python 3.11 and later; the same text each time."""
    sources = {name: _file(name).read_text(encoding="utf-8") for name in _MODULES}
    return _START.replace(
        "{sources!r}", "{\n" + "".join(f"    {n!r}: {text!r},\n" for n, text in sources.items()) + "}"
    )


def source_here() -> str:
    """The same for the embedded cloud, on this machine only: there the driver is this interpreter's own."""
    return f"import sys\n\nsys.path.append({sysconfig.get_path('platlib')!r})\n{source()}"


def _file(module: str) -> Path:
    return _ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")
