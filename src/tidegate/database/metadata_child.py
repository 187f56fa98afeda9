"""Imports a product's MetaData in a process of its own, and writes the statements that would make its tables.

Started as `python -P -m tidegate.database.metadata_child ROOT FILE NAME ENGINE OUT`. It has no address of a database
and no password: whoever started it runs the statements.
"""

import importlib
import json
import sys
import traceback
from pathlib import Path

_DIALECTS = {"postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://"}


def main(root: str, file: str, name: str, engine: str, out: str) -> int:
    """Write `{"statements": […]}`, or `{"error": …, "line": …}` where the product's file is at fault."""
    try:
        answer: dict[str, object] = {"statements": _statements(_metadata(Path(root), file, name), engine)}
    except Exception as error:  # noqa: BLE001 - it is the product's code that runs here
        answer = {"error": f"{type(error).__name__}: {error}", "line": _line(error, Path(root) / file)}
    Path(out).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def _metadata(root: Path, file: str, name: str) -> object:
    """Import it by the name that the product's own code would use, from the root or from the folder below it."""
    parts = Path(file).with_suffix("").parts
    sys.path[:0] = [str(root), *([str(root / parts[0])] if len(parts) > 1 else [])]
    found = getattr(importlib.import_module(".".join(parts)), name)
    return getattr(found, "metadata", found)  # A declarative base has its MetaData.


def _statements(metadata: object, engine: str) -> list[str]:
    import sqlalchemy  # noqa: PLC0415 - its absence is told as any other fault

    if not isinstance(metadata, sqlalchemy.MetaData):
        raise TypeError(f"it is {type(metadata).__name__}, neither a MetaData nor a declarative base")
    made: list[str] = []

    def keep(statement: sqlalchemy.Executable, *_: object, **__: object) -> None:
        made.append(str(statement.compile(dialect=mock.dialect)))  # type: ignore[attr-defined]

    mock = sqlalchemy.create_mock_engine(_DIALECTS[engine], keep)
    schemas = sorted({table.schema for table in metadata.tables.values() if table.schema})
    made += [str(sqlalchemy.schema.CreateSchema(name).compile(dialect=mock.dialect)) for name in schemas]
    metadata.create_all(mock, checkfirst=False)
    return made


def _line(error: BaseException, file: Path) -> int:
    """The last line of the product's file that led to an error; 0 when none did."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == str(file)), 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
