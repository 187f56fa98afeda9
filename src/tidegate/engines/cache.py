"""Folders that are made once for each version, by one process alone or by several at once."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """The user's (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "tidegate" / "engines"


def made_once(home: Path, fill: Callable[[Path], None]) -> Path:
    """Make a folder unless it is there: whole or not at all. Where another process is first, its folder is kept.

    Args:
        home: The folder.
        fill: Puts what belongs into an empty folder that is then given the name.
    """
    if home.exists():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    growing = Path(tempfile.mkdtemp(dir=home.parent, prefix=".growing-"))
    try:
        fill(growing)
        try:
            growing.rename(home)
        except OSError:
            if not home.exists():
                raise
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return home
