"""Writes the function's files into a folder: `python -m tidegate.database.introspection FOLDER`."""

import sys
from pathlib import Path

from tidegate.database.introspection.bundle import files


def main(arguments: list[str]) -> int:
    """Write them, over those of an earlier version; 2 without a folder to write to."""
    if len(arguments) != 1:
        print("usage: python -m tidegate.database.introspection FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
