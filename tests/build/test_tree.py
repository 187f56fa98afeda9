import os
from pathlib import Path

import pytest

from tidegate.build.dockerfile import NotExpressible
from tidegate.build.ignore import IgnoreRules
from tidegate.build.layer import FileEntry, FolderEntry, LinkEntry
from tidegate.build.tree import CopiedTree


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    for path in ("src/a.py", "src/sub/b.py", "src/__pycache__/a.pyc", "docs/x.md", "one.txt", "two.txt", "run.sh"):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    (root / "run.sh").chmod(0o755)
    (root / "src/empty").mkdir()
    (root / "src/link").symlink_to("a.py")
    (root / "outside").symlink_to("/etc/passwd")
    return root


def tree(context: Path, rules: str = "") -> CopiedTree:
    return CopiedTree(context, IgnoreRules(rules), "Dockerfile", ["/var/task"])


def files(copied: CopiedTree) -> dict[str, str]:
    return {
        path: entry.content.read_text()
        for path, entry in copied.entries.items()
        if isinstance(entry, FileEntry) and isinstance(entry.content, Path)
    }


@pytest.mark.parametrize(
    ("sources", "destination", "expected"),
    [
        (("one.txt",), "/var/task/", {"var/task/one.txt": "one.txt"}),
        (("one.txt",), "/var/task", {"var/task/one.txt": "one.txt"}),
        (("one.txt",), "/var/task/other.txt", {"var/task/other.txt": "one.txt"}),
        (("one.txt",), ".", {"var/task/one.txt": "one.txt"}),
        (("one.txt",), "./deep/er/", {"var/task/deep/er/one.txt": "one.txt"}),
        (("one.txt",), "/opt", {"opt/one.txt": "one.txt"}),
        (("one.txt", "two.txt"), "/d/", {"d/one.txt": "one.txt", "d/two.txt": "two.txt"}),
        (("*.txt",), "/d/", {"d/one.txt": "one.txt", "d/two.txt": "two.txt"}),
        (("docs",), "/d", {"d/x.md": "docs/x.md"}),
        (("docs/",), "/d/", {"d/x.md": "docs/x.md"}),
        (("s*/sub",), "/d/", {"d/b.py": "src/sub/b.py"}),
        (("src",), "x", {"var/task/x/a.py": "src/a.py", "var/task/x/sub/b.py": "src/sub/b.py"}),
    ],
)
def test_where_files_go(context: Path, sources: tuple[str, ...], destination: str, expected: dict[str, str]) -> None:
    copied = tree(context)
    copied.copy(1, sources, destination, "/var/task")
    assert files(copied) == expected


def test_modes_links_and_empty_folders(context: Path) -> None:
    copied = tree(context)
    copied.copy(1, ("src", "run.sh"), "/d/", "/")
    assert copied.entries["d/link"] == LinkEntry("a.py")
    assert copied.entries["d/empty"] == FolderEntry()
    assert copied.entries["d/run.sh"] == FileEntry(context / "run.sh", executable=True)
    assert copied.file("/d/a.py") == context / "src/a.py"
    assert copied.file("/d/none") is None


def test_later_copies_win(context: Path) -> None:
    copied = tree(context)
    copied.copy(1, ("one.txt",), "/x", "/")
    copied.copy(2, ("two.txt",), "/x", "/")
    assert files(copied) == {"x": "two.txt"}


def test_ignored_files_stay_out_and_exceptions_come_in(context: Path) -> None:
    copied = tree(context, "*\n!src/sub")
    copied.copy(1, (".",), "/d", "/")
    assert files(copied) == {"d/src/sub/b.py": "src/sub/b.py"}
    with pytest.raises(NotExpressible, match="nothing of that name"):
        copied.copy(2, ("one.txt",), "/d", "/")


def test_a_working_folder_is_made_and_known(context: Path) -> None:
    copied = tree(context)
    copied.make_folder("/var/task")
    copied.make_folder("/srv/app")
    copied.copy(1, ("one.txt",), "/srv/app", "/")
    assert dict(copied.entries) == {"srv/app": FolderEntry(), "srv/app/one.txt": FileEntry(context / "one.txt")}


@pytest.mark.parametrize(
    ("sources", "destination", "what"),
    [
        (("none",), "/d/", "nothing of that name"),
        (("*.none",), "/d/", "nothing of that name"),
        (("../secret",), "/d/", "leads out"),
        (("outside",), "/d/", "leads out"),
        (("one.txt", "two.txt"), "/d", "ends with /"),
    ],
)
def test_what_cannot_be_copied(context: Path, sources: tuple[str, ...], destination: str, what: str) -> None:
    with pytest.raises(NotExpressible, match=what) as refused:
        tree(context).copy(7, sources, destination, "/")
    assert refused.value.where == "Dockerfile:7"


def test_a_pipe_is_refused(context: Path) -> None:
    os.mkfifo(context / "src/pipe")
    with pytest.raises(NotExpressible, match="neither a file"):
        tree(context).copy(1, ("src",), "/d", "/")
