"""The source of a build, unpacked into a folder of its own."""

import io
import stat
import zipfile
from pathlib import Path

from tidegate.localcloud.codebuild.stored import Unavailable


def unpack(archive: bytes, into: Path) -> None:
    """Unpack a ZIP file, executable bits and symbolic links that stay inside included.

    Raises:
        Unavailable: When it is none, or a name leads out of the folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for entry in opened.infolist():
                _write(opened, entry, into)
    except zipfile.BadZipFile as error:
        raise Unavailable(f"the source is not a ZIP file: {error}") from error


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path) -> None:
    path = into / entry.filename
    if not path.resolve().is_relative_to(into.resolve()):
        raise Unavailable(f"the source holds {entry.filename}, which leads out of its folder")
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    content, mode = opened.read(entry), entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        target = content.decode()
        if not (path.parent / target).resolve().is_relative_to(into.resolve()):
            raise Unavailable(f"the source holds {entry.filename}, which points out of its folder")
        path.symlink_to(target)
        return
    path.write_bytes(content)
    path.chmod(0o755 if mode & 0o111 else 0o644)
