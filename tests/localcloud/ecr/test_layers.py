from collections.abc import Callable
from pathlib import Path

import pytest

from tidegate.localcloud.ecr.layers import LayerInvalid, unpack_layer

Tar = Callable[..., bytes]


def unpack(tmp_path: Path, blob: bytes) -> Path:
    (tmp_path / "blob").write_bytes(blob)
    unpack_layer(tmp_path / "blob", tmp_path / "out/layer")
    return tmp_path / "out/layer"


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_files_links_and_modes(tmp_path: Path, tar: Tar, mode: str) -> None:
    layer = unpack(
        tmp_path, tar(("a", None), ("a/f", b"1"), ("/abs", b"2"), ("a/s", "->/etc/passwd"), ("h", "=>a/f"), mode=mode)
    )
    assert (layer / "a/f").read_bytes() == b"1"
    assert (layer / "abs").read_bytes() == b"2"
    assert (layer / "a/s").readlink() == Path("/etc/passwd")
    assert (layer / "h").samefile(layer / "a/f")


def test_a_later_entry_replaces_an_earlier_one(tmp_path: Path, tar: Tar) -> None:
    layer = unpack(tmp_path, tar(("x", "->/etc"), ("x", None), ("x/f", b"1"), ("y/z", b"2"), ("y", b"3")))
    assert (layer / "x/f").read_bytes() == b"1"
    assert (layer / "y").read_bytes() == b"3"


@pytest.mark.parametrize(
    "entries",
    [
        (("../evil", b"x"),),
        (("a/../../evil", b"x"),),
        (("/../evil", b"x"),),
        (("s", "->.."), ("s/evil", b"x")),
        (("s", "->/tmp"), ("s/evil", None)),
        (("f", b"x"), ("f/evil", b"x")),
        (("h", "=>../evil"),),
        (("h", "=>missing"),),
        (("s", "->/etc/passwd"), ("h", "=>s")),
    ],
)
def test_ways_out_are_refused(tmp_path: Path, tar: Tar, entries: tuple[tuple[str, str | bytes | None], ...]) -> None:
    with pytest.raises(LayerInvalid):
        unpack(tmp_path, tar(*entries))
    assert not (tmp_path / "out/layer").exists()
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("whole_bytes", [None, 500])
def test_a_damaged_layer_is_refused(tmp_path: Path, tar: Tar, whole_bytes: int | None) -> None:
    blob = b"no archive at all" * 100 if whole_bytes is None else tar(("f", bytes(range(256)) * 4000))[:whole_bytes]
    with pytest.raises(LayerInvalid):
        unpack(tmp_path, blob)
    assert not (tmp_path / "out/layer").exists()
