from pathlib import Path

import pytest

from tidegate.build.dockerfile import NotExpressible
from tidegate.build.requirements import read_requirements
from tidegate.errors import BuildError


def test_included_files_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "r.txt").write_text("a==1  # why\n\n-r more/base.txt\n--constraint=c.txt\n")
    (tmp_path / "more/base.txt").write_text("b==2 \\\n    --hash=sha256:1\n")
    (tmp_path / "c.txt").write_text("# nothing\n")
    assert read_requirements(tmp_path / "r.txt", "r.txt") == (
        ("r.txt", "a==1\n-r more/base.txt\n--constraint=c.txt"),
        ("r.txt -> more/base.txt", "b==2 --hash=sha256:1"),
        ("r.txt -> c.txt", ""),
    )


@pytest.mark.parametrize("line", ["-e .", "./pkg", "../pkg", "/abs/pkg", ".", "file:///x", "a @ file:///x"])
def test_a_local_requirement_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "r.txt").write_text(f"ok==1\n{line}\n")
    with pytest.raises(NotExpressible) as refused:
        read_requirements(tmp_path / "r.txt", "r.txt")
    assert refused.value.where == "r.txt:2"


@pytest.mark.parametrize("line", ["a @ https://example.com/a.whl", "--find-links /x", "-i https://x", "a.b==1"])
def test_what_is_not_local_is_accepted(tmp_path: Path, line: str) -> None:
    (tmp_path / "r.txt").write_text(line)
    assert read_requirements(tmp_path / "r.txt", "r.txt") == (("r.txt", line),)


def test_broken_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("-r r.txt\n")
    with pytest.raises(BuildError, match="includes itself"):
        read_requirements(tmp_path / "r.txt", "r.txt")
    (tmp_path / "r.txt").write_text("-r missing.txt\n")
    with pytest.raises(BuildError, match="cannot be read") as error:
        read_requirements(tmp_path / "r.txt", "r.txt")
    assert error.value.where == "r.txt -> missing.txt"
    (tmp_path / "r.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BuildError, match="cannot be read"):
        read_requirements(tmp_path / "r.txt", "r.txt")
