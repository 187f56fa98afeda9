"""Unpacking one layer into a folder of its own. A layer is untrusted: nothing it says may lead out of its folder."""

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

_GZIP = b"\x1f\x8b"


class LayerInvalid(ValueError):
    """A layer that is no tar archive, or that reaches out of its folder."""


def unpack_layer(blob: Path, into: Path) -> None:
    """Unpack a layer (tar, gzip or not) into the new folder `into`; whiteout files stay as they are.

    Owners and times are not kept; devices and fifos are left out, as handlers run without a /dev of their own.

    Raises:
        LayerInvalid: `into` is removed.
        OSError: When the disk is full; `into` is removed.
    """
    into.mkdir(parents=True)
    try:
        with _opened(blob) as tar:
            for entry in tar:
                _unpack_entry(tar, entry, into)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        shutil.rmtree(into)
        raise LayerInvalid(f"the layer is damaged: {error}") from None
    except BaseException:
        shutil.rmtree(into)
        raise


@contextmanager
def _opened(blob: Path) -> Iterator[tarfile.TarFile]:
    with blob.open("rb") as file:
        magic = file.read(len(_GZIP))
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r|gz" if magic == _GZIP else "r|", bufsize=256 * 1024) as tar:
            yield tar


def _unpack_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo, root: Path) -> None:
    path = _inside(entry.name, root)
    if path == root:
        return
    if entry.isdir():
        _remove(path, keep_folder=True)
        path.mkdir(exist_ok=True)
        # The owner can always write: else nothing could be unpacked below, nor the folder removed.
        path.chmod(entry.mode & 0o1777 | 0o700)
    elif entry.isreg():
        _remove(path)
        source = tar.extractfile(entry)
        assert source is not None
        _write(source, path, entry.mode)
    elif entry.issym():
        _remove(path)
        path.symlink_to(entry.linkname)
    elif entry.islnk():
        target = _inside(entry.linkname, root)
        if target.is_symlink() or not target.is_file():
            raise LayerInvalid(f"{entry.name}: hard link to {entry.linkname}, which is no file of the layer")
        _remove(path)
        path.hardlink_to(target)


def _inside(name: str, root: Path) -> Path:
    """The path of an entry, its parent folder created; refuses every way out of `root`."""
    pure = PurePosixPath(name)
    if pure.is_absolute():
        pure = pure.relative_to("/")
    if ".." in pure.parts or "\0" in name:
        raise LayerInvalid(f"{name}: leads out of the layer")
    parent = root
    for part in pure.parts[:-1]:
        parent /= part
        # A symbolic link as a parent would be followed by every call below.
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise LayerInvalid(f"{name}: {parent.name} is not a folder of the layer")
        if not parent.exists():
            parent.mkdir(mode=0o755)
    return root / pure


def _remove(path: Path, *, keep_folder: bool = False) -> None:
    """Let a later entry of the same name replace an earlier one."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir() and not keep_folder:
        shutil.rmtree(path)


def _write(source: IO[bytes], path: Path, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode & 0o777)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor, which Path cannot open
        shutil.copyfileobj(source, file, 256 * 1024)
