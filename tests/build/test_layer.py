import gzip
import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from tidegate.build.disk import clear_when_full
from tidegate.build.layer import Entry, FileEntry, FolderEntry, LinkEntry, write_layer
from tidegate.errors import BuildError


def entries(folder: Path) -> dict[str, Entry]:
    folder.mkdir()
    (folder / "x").write_bytes(b"content")
    os.utime(folder / "x", (hash(str(folder)) % 10**9,) * 2)
    return {
        "var/task/b": FileEntry(folder / "x"),
        "var/task/a": FileEntry(b"#!", executable=True),
        "var/task-2/" + "long" * 60: FileEntry(b""),
        "var/task/link": LinkEntry("b"),
        "var/empty": FolderEntry(),
        "tmp/x": FileEntry(b"x"),
    }


def test_equal_files_make_equal_bytes(tmp_path: Path) -> None:
    first = write_layer(entries(tmp_path / "one"), tmp_path / "layers")
    again = dict(reversed(entries(tmp_path / "two").items()))
    second = write_layer(again, tmp_path / "other")
    assert (first.digest, first.diff_id, first.size) == (second.digest, second.diff_id, second.size)
    assert first.path != second.path


def test_names_modes_and_digests(tmp_path: Path) -> None:
    layer = write_layer(entries(tmp_path / "one"), tmp_path / "layers")
    assert layer.path is not None
    packed = layer.path.read_bytes()
    assert layer.digest == f"sha256:{hashlib.sha256(packed).hexdigest()}"
    assert layer.diff_id == f"sha256:{hashlib.sha256(gzip.decompress(packed)).hexdigest()}"
    assert layer.size == len(packed)
    with tarfile.open(layer.path) as tar:
        members = {member.name: member for member in tar}
    assert {name: oct(m.mode) for name, m in members.items()} == {
        "tmp": "0o1777",
        "tmp/x": "0o644",
        "var": "0o755",
        "var/empty": "0o755",
        "var/task": "0o755",
        "var/task/a": "0o755",
        "var/task/b": "0o644",
        "var/task/link": "0o777",
        "var/task-2": "0o755",
        "var/task-2/" + "long" * 60: "0o644",
    }
    assert {(m.uid, m.gid, m.mtime, m.uname) for m in members.values()} == {(0, 0, 0, "")}
    assert list(members).index("var/task") < list(members).index("var/task/a")


def test_a_layer_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_layer({"a": FileEntry(b"x" * 10_000), "b": FileEntry(tmp_path / "missing")}, tmp_path / "layers")
    assert list((tmp_path / "layers").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_as_one() -> None:
    def fill() -> None:
        with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123 - unbuffered, so that closing cannot fail
            full.write(b"x")

    with pytest.raises(BuildError, match="no space left on the disk while writing a layer"), clear_when_full("a layer"):
        fill()
    with pytest.raises(FileNotFoundError), clear_when_full("a layer"):
        Path("/nowhere/at/all").read_bytes()
