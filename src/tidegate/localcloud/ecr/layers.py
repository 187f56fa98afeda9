"""Unpacking one layer into a folder of its own. A layer is untrusted: nothing it says may lead out of its folder."""

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

_GZIP = b"\x1f\x8b"
_CHUNK = 256 * 1024


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
            unpacking = _Unpacking(tar, into)
            for entry in tar:
                unpacking.add(entry)
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
        with tarfile.open(fileobj=file, mode="r|gz" if magic == _GZIP else "r|", bufsize=_CHUNK) as tar:
            yield tar


class _Unpacking:
    """One layer on its way into its folder."""

    def __init__(self, tar: tarfile.TarFile, root: Path) -> None:
        self._tar = tar
        self._root = root
        # Parents that are known to be true folders of the layer: checking them anew for every file takes longest.
        self._folders: set[PurePosixPath] = {PurePosixPath()}

    def add(self, entry: tarfile.TarInfo) -> None:
        """Unpack one entry; a later one replaces an earlier one of the same name."""
        path = self._inside(entry.name)
        if path == self._root:
            return
        if entry.isdir():
            self._remove(path, keep_folder=True)
            path.mkdir(exist_ok=True)
            # The owner can always write: else nothing could be unpacked below, nor the folder removed.
            path.chmod(entry.mode & 0o1777 | 0o700)
        elif entry.isreg():
            self._write(entry, path)
        elif entry.issym():
            self._remove(path)
            path.symlink_to(entry.linkname)
        elif entry.islnk():
            target = self._inside(entry.linkname)
            if target.is_symlink() or not target.is_file():
                raise LayerInvalid(f"{entry.name}: hard link to {entry.linkname}, which is no file of the layer")
            self._remove(path)
            path.hardlink_to(target)

    def _inside(self, name: str) -> Path:
        """The path of an entry, its parent folder created; refuses every way out of the layer's folder."""
        pure = PurePosixPath(name)
        if pure.is_absolute():
            pure = pure.relative_to("/")
        if ".." in pure.parts or "\0" in name:
            raise LayerInvalid(f"{name}: leads out of the layer")
        if pure.parent not in self._folders:
            self._make_parents(pure, name)
            self._folders.add(pure.parent)
        return self._root / pure

    def _make_parents(self, pure: PurePosixPath, name: str) -> None:
        parent = self._root
        for part in pure.parts[:-1]:
            parent /= part
            # A symbolic link as a parent would be followed by every call.
            if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
                raise LayerInvalid(f"{name}: {parent.name} is not a folder of the layer")
            if not parent.exists():
                parent.mkdir(mode=0o755)

    def _write(self, entry: tarfile.TarInfo, path: Path) -> None:
        source = self._tar.extractfile(entry)
        assert source is not None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, entry.mode & 0o777)
        except FileExistsError:
            self._remove(path)
            descriptor = os.open(path, flags, entry.mode & 0o777)
        with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor, which Path cannot open
            shutil.copyfileobj(source, file, _CHUNK)

    def _remove(self, path: Path, *, keep_folder: bool = False) -> None:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir() and not keep_folder:
            shutil.rmtree(path)
            self._folders = {PurePosixPath()}
