"""Layers: one set of files is one sequence of bytes, wherever and whenever it is written."""

import hashlib
import io
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from tidegate.build.disk import clear_when_full

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Part of every layer's identity: higher levels cost seconds, lower ones megabytes.
COMPRESSION_LEVEL = 6
_CHUNK = 1 << 20

# Folders whose usual mode is not 0755; they must not change when a file is put below them.
_FOLDER_MODES = {"tmp": 0o1777, "var/tmp": 0o1777, "root": 0o700}


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a layer: its content is a file on disk or bytes."""

    content: Path | bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder that is there even when it is empty."""


Entry = FileEntry | LinkEntry | FolderEntry


@dataclass(frozen=True, slots=True)
class Layer:
    """A compressed layer.

    Attributes:
        digest: sha256 of the compressed bytes, as the registry names it.
        diff_id: sha256 of the archive, as the image's configuration names it.
        size: Compressed bytes.
        path: The file; None when only the registry holds it.
    """

    digest: str
    diff_id: str
    size: int
    path: Path | None = None


class _Compressor(io.RawIOBase):
    """A file object that tarfile writes to: hashes, compresses and hashes again, in constant memory."""

    def __init__(self, out: IO[bytes]) -> None:
        super().__init__()
        self._out = out
        # wbits 31: a gzip member whose header holds no name and no time.
        self._zlib = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, 31)
        self._plain = hashlib.sha256()
        self._packed = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: "Buffer", /) -> int:
        self._plain.update(data)
        self._emit(self._zlib.compress(data))
        return memoryview(data).nbytes

    def finish(self) -> tuple[str, str, int]:
        self._emit(self._zlib.flush())
        return f"sha256:{self._packed.hexdigest()}", f"sha256:{self._plain.hexdigest()}", self._size

    def _emit(self, packed: bytes) -> None:
        if packed:
            self._packed.update(packed)
            self._size += len(packed)
            self._out.write(packed)


def write_layer(entries: Mapping[str, Entry], folder: Path) -> Layer:
    """Write a layer into `folder`, named by its digest; blocks.

    Entries are sorted; owner, group and times are zero; modes are 0755 or 0644. Parent folders are added.

    Args:
        entries: Path in the image, without a leading slash → what is there.
        folder: Where layers are kept; created when missing.

    Raises:
        BuildError: When the disk is full; nothing half-written is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with clear_when_full("a layer"), tempfile.NamedTemporaryFile(dir=folder, prefix="new-", delete=False) as out:
        temporary = Path(out.name)
        try:
            sink = _Compressor(out)
            with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_CHUNK) as tar:
                for path, entry in _with_parents(entries):
                    _add(tar, path, entry)
            digest, diff_id, size = sink.finish()
            out.flush()
            final = folder / f"{digest.removeprefix('sha256:')}.tar.gz"
            temporary.replace(final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return Layer(digest, diff_id, size, final)


def _with_parents(entries: Mapping[str, Entry]) -> list[tuple[str, Entry]]:
    whole: dict[str, Entry] = dict(entries)
    for path in entries:
        for parent in PurePosixPath(path).parents:
            if str(parent) != ".":
                whole.setdefault(str(parent), FolderEntry())
    # By components: a folder comes before what is in it, whatever characters its siblings begin with.
    return sorted(whole.items(), key=lambda item: item[0].split("/"))


def _add(tar: tarfile.TarFile, path: str, entry: Entry) -> None:
    info = tarfile.TarInfo(path)
    match entry:
        case FolderEntry():
            info.type = tarfile.DIRTYPE
            info.mode = _FOLDER_MODES.get(path, 0o755)
            tar.addfile(info)
        case LinkEntry(target):
            info.type = tarfile.SYMTYPE
            info.mode = 0o777
            info.linkname = target
            tar.addfile(info)
        case FileEntry(content, executable):
            info.mode = 0o755 if executable else 0o644
            if isinstance(content, bytes):
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                with content.open("rb") as file:
                    info.size = content.stat().st_size
                    tar.addfile(info, file)
