"""The tree of a commit as one ZIP file: the same bytes for the same tree."""

import os
import stat
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


def archive(source: Path, into: Path) -> None:
    """Write every file of a tree, with its executable bit, and symbolic links as such.

    Raises:
        OSError: When a file cannot be read, or the disk is full.
    """
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(_files(source)):
            link = path.is_symlink()
            executable = not link and path.stat().st_mode & stat.S_IXUSR
            entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = stat.S_IFLNK | 0o777 if link else stat.S_IFREG | (0o755 if executable else 0o644)
            entry.external_attr = mode << 16
            opened.writestr(entry, os.readlink(path) if link else path.read_bytes())  # noqa: PTH115 - as it is written


def _files(source: Path) -> list[Path]:
    """Files and links below a folder; git's own are none of the commit."""
    found: list[Path] = []
    for folder, folders, names in os.walk(source):
        here = Path(folder)
        if here == source:
            folders[:] = [name for name in folders if name != ".git"]
        found += [here / name for name in (*names, *(one for one in folders if (here / one).is_symlink()))]
    return [path for path in found if path != source / ".git"]
