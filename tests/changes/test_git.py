import os
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tidegate.changes.git import Repository
from tidegate.errors import SourceError

Git = Callable[..., str]
DATE = "2025-01-02T03:04:05+07:00"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def git(folder: Path) -> Git:
    identity = {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE}

    def run(*arguments: str | bytes, cwd: Path = folder) -> str:
        settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always"]
        command = ["git", *settings, *arguments]
        return (
            subprocess.run(command, cwd=cwd, env={**os.environ, **identity}, check=True, capture_output=True)
            .stdout.decode()
            .strip()
        )

    run("init", "-q", "-b", "telegram")
    return run


def write(folder: Path, name: str | bytes, content: str = "x") -> None:
    path = os.fsencode(folder) + b"/" + (name if isinstance(name, bytes) else os.fsencode(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120  (names that are not UTF-8)
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(content)


def commit(git: Git, message: str = "change") -> str:
    git("add", "-A")
    git("commit", "-q", "-m", message)
    return git("rev-parse", "HEAD")


NAMES = [
    "a b",
    'q"uote',
    "it's",
    "new\nline",
    "tab\t",
    "日本/é",
    "-dash",
    "back\\slash",
    "trailing ",
    "[x]",
    "*",
    "!a",
    ":a",
    "$HOME",
]


def test_every_kind_of_file_name_comes_back_as_it_is(folder: Path, git: Git) -> None:
    write(folder, "first")
    base = commit(git)
    for name in NAMES:
        write(folder, name)
    write(folder, b"caf\xe9/latin\xff")
    head = commit(git)
    expected = {*NAMES, b"caf\xe9/latin\xff".decode("utf-8", "surrogateescape")}
    assert set(Repository.open(folder).changed_files(base, head)) == expected
    assert set(Repository.open(folder).changed_files(None, head)) == {*expected, "first"}


def test_added_changed_deleted_and_renamed_files_count(folder: Path, git: Git) -> None:
    for name in ("kept", "changed", "deleted", "before", "mode"):
        write(folder, name, name * 50)
    base = commit(git)
    write(folder, "changed", "other")
    write(folder, "added")
    (folder / "deleted").unlink()
    (folder / "before").rename(folder / "after")
    (folder / "mode").chmod(0o755)
    head = commit(git)
    files = Repository.open(folder).changed_files(base, head)
    assert files == ("added", "after", "before", "changed", "deleted", "mode")


def test_settings_of_the_user_change_nothing(folder: Path, git: Git) -> None:
    write(folder, "sub/a")
    base = commit(git)
    write(folder, "sub/b")
    write(folder, "other/é")
    head = commit(git)
    for setting in (
        "diff.relative=true",
        "diff.noprefix=true",
        "core.quotePath=true",
        "diff.renames=copies",
        "diff.external=false",
    ):
        git("config", *setting.split("="))
    assert Repository.open(folder / "sub").changed_files(base, head) == ("other/é", "sub/b")


def test_the_same_commit_has_no_changes(folder: Path, git: Git) -> None:
    write(folder, "a")
    head = commit(git)
    assert Repository.open(folder).changed_files(head, head) == ()


def test_what_is_not_committed_does_not_count(folder: Path, git: Git) -> None:
    write(folder, "a")
    base = commit(git)
    write(folder, "a", "changed")
    write(folder, "untracked")
    assert Repository.open(folder).changed_files(base, "HEAD") == ()


def test_a_commit_is_described(folder: Path, git: Git) -> None:
    write(folder, "a")
    sha = commit(git, "Add a report\n\nWith a body.")
    found = Repository.open(folder).commit("telegram")
    assert (found.sha, found.short, found.tree) == (sha, sha[:7], git("rev-parse", "HEAD^{tree}"))
    assert (found.subject, found.author) == ("Add a report", "Ada")
    assert found.committed == datetime(2025, 1, 1, 20, 4, 5, tzinfo=UTC)


def test_references_resolve_to_full_names(folder: Path, git: Git) -> None:
    write(folder, "a")
    sha = commit(git)
    git("tag", "-a", "v1", "-m", "v1")
    repository = Repository.open(folder)
    assert {repository.resolve(name) for name in ("HEAD", "telegram", "v1", sha, sha[:8])} == {sha}


def test_merge_base_is_where_histories_part(folder: Path, git: Git) -> None:
    write(folder, "a")
    base = commit(git)
    git("checkout", "-q", "-b", "side")
    write(folder, "b")
    commit(git)
    git("checkout", "-q", "telegram")
    write(folder, "c")
    commit(git)
    git("checkout", "-q", "--orphan", "alone")
    commit(git)
    repository = Repository.open(folder)
    assert repository.merge_base("telegram", "side") == base
    assert repository.merge_base("telegram", "alone") is None


def test_a_bare_repository_and_one_found_from_a_subfolder_work(folder: Path, git: Git, tmp_path: Path) -> None:
    write(folder, "sub/a")
    sha = commit(git)
    git("clone", "-q", "--bare", str(folder), str(tmp_path / "bare.git"))
    bare = Repository.open(tmp_path / "bare.git")
    assert bare.root is None
    assert bare.changed_files(None, "telegram") == ("sub/a",)
    assert bare.checkout("telegram", tmp_path / "out") == sha
    assert (tmp_path / "out/sub/a").read_text() == "x"
    assert Repository.open(folder / "sub").root == folder
    assert Repository.open(folder / ".git").resolve() == sha


def test_a_hook_s_variables_do_not_point_elsewhere(folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "a")
    sha = commit(git)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    assert Repository.open(folder).resolve() == sha


def test_a_linked_worktree_is_a_repository(folder: Path, git: Git, tmp_path: Path) -> None:
    write(folder, "a")
    sha = commit(git)
    git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    linked = Repository.open(tmp_path / "linked")
    assert linked.resolve() == sha
    assert linked.branch() is None
    assert linked.root == tmp_path / "linked"


class TestCheckout:
    def test_files_modes_and_links_are_those_of_the_commit(self, folder: Path, git: Git, tmp_path: Path) -> None:
        write(folder, "run.sh", "#!/bin/sh\n")
        (folder / "run.sh").chmod(0o755)
        write(folder, "crlf", "a\r\nb\n")
        for name in NAMES:
            write(folder, f"names/{name}", name)
        write(folder, b"names/caf\xe9")
        (folder / "link").symlink_to("run.sh")
        (folder / "dangling").symlink_to("/nowhere/at all")
        git("config", "core.autocrlf", "true")
        git("config", "core.safecrlf", "false")
        git("-c", "core.autocrlf=false", "add", "-A")
        git("-c", "core.autocrlf=false", "commit", "-q", "-m", "all")
        out = tmp_path / "out"
        before = git("status", "--porcelain", "-z")
        Repository.open(folder).checkout("HEAD", out)
        assert stat.S_IMODE((out / "run.sh").stat().st_mode) == 0o755
        assert stat.S_IMODE((out / "crlf").stat().st_mode) == 0o644
        assert (out / "crlf").read_bytes() == b"a\r\nb\n"
        assert (out / "link").readlink() == Path("run.sh")
        assert (out / "dangling").readlink() == Path("/nowhere/at all")
        assert {path.name for path in (out / "names").iterdir()} == {
            *(name.split("/")[0] for name in NAMES),
            os.fsdecode(b"caf\xe9"),
        }
        assert not (out / ".git").exists()
        assert git("status", "--porcelain", "-z") == before

    def test_an_earlier_commit_can_be_put_beside_the_working_tree(self, folder: Path, git: Git, tmp_path: Path) -> None:
        write(folder, "a", "old")
        old = commit(git)
        write(folder, "a", "new")
        commit(git)
        write(folder, "a", "dirty")
        Repository.open(folder).checkout(old, tmp_path / "out")
        assert (tmp_path / "out/a").read_text() == "old"
        assert (folder / "a").read_text() == "dirty"

    def test_export_attributes_leave_nothing_out(self, folder: Path, git: Git, tmp_path: Path) -> None:
        write(folder, ".gitattributes", "secret export-ignore\nstamp export-subst\n")
        write(folder, "secret")
        write(folder, "stamp", "$Format:%H$")
        commit(git)
        Repository.open(folder).checkout("HEAD", tmp_path / "out")
        assert (tmp_path / "out/secret").exists()
        assert (tmp_path / "out/stamp").read_text() == "$Format:%H$"

    def test_an_empty_tree_gives_an_empty_folder(self, folder: Path, git: Git, tmp_path: Path) -> None:
        git("commit", "-q", "--allow-empty", "-m", "nothing")
        Repository.open(folder).checkout("HEAD", tmp_path / "out")
        assert list((tmp_path / "out").iterdir()) == []

    def test_a_folder_with_files_is_refused(self, folder: Path, git: Git, tmp_path: Path) -> None:
        write(folder, "a")
        commit(git)
        (tmp_path / "out").mkdir()
        (tmp_path / "out/mine").write_text("mine")
        with pytest.raises(SourceError) as refused:
            Repository.open(folder).checkout("HEAD", tmp_path / "out")
        assert "empty" in refused.value.what_next
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]

    def test_a_submodule_is_refused_by_name(self, folder: Path, git: Git, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        git("init", "-q", cwd=other)
        write(other, "b")
        git("add", "-A", cwd=other)
        git("commit", "-q", "-m", "b", cwd=other)
        write(folder, "a")
        base = commit(git)
        git("submodule", "add", "-q", str(other), "libs/other module")
        commit(git)
        repository = Repository.open(folder)
        assert repository.changed_files(base, "HEAD") == (".gitmodules", "libs/other module")
        with pytest.raises(SourceError, match="submodule, 'libs/other module'"):
            repository.checkout("HEAD", tmp_path / "out")
        assert not (tmp_path / "out").exists()


class TestRefusals:
    def test_a_folder_outside_any_repository(self, folder: Path) -> None:
        with pytest.raises(SourceError, match="not a git repository") as refused:
            Repository.open(folder)
        assert refused.value.where == str(folder)
        assert "git init" in refused.value.what_next

    def test_a_folder_that_does_not_exist(self, folder: Path) -> None:
        with pytest.raises(SourceError, match="no such folder"):
            Repository.open(folder / "missing")

    def test_git_that_is_not_installed(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(folder))
        with pytest.raises(SourceError, match="git is not installed") as refused:
            Repository.open(folder)
        assert "install git" in refused.value.what_next

    def test_a_branch_without_a_commit(self, folder: Path, git: Git) -> None:
        git("status")
        repository = Repository.open(folder)
        assert repository.branch() == "telegram"
        with pytest.raises(SourceError, match="nothing has been committed yet on branch 'telegram'") as refused:
            repository.resolve()
        assert "git commit" in refused.value.what_next

    def test_a_detached_head_has_no_branch_and_still_resolves(self, folder: Path, git: Git) -> None:
        write(folder, "a")
        sha = commit(git)
        git("checkout", "-q", "--detach")
        repository = Repository.open(folder)
        assert repository.branch() is None
        assert repository.resolve() == sha

    @pytest.mark.parametrize("name", ["telegarm", "", "--all", "-h", "HEAD~5", "HEAD:a", "a..b", "x y"])
    def test_an_unknown_reference(self, folder: Path, git: Git, name: str) -> None:
        write(folder, "a")
        commit(git)
        with pytest.raises(SourceError, match="no commit goes by the name"):
            Repository.open(folder).resolve(name)

    def test_the_nearest_branch_is_named(self, folder: Path, git: Git) -> None:
        write(folder, "a")
        commit(git)
        with pytest.raises(SourceError) as refused:
            Repository.open(folder).resolve("telegarm")
        assert refused.value.what_next == "did you mean 'telegram'?"

    def test_a_base_that_was_rewritten(self, folder: Path, git: Git) -> None:
        write(folder, "a")
        commit(git)
        with pytest.raises(SourceError, match="this repository has no commit 0123") as refused:
            Repository.open(folder).changed_files("0123456789" * 4, "HEAD")
        assert "fetch" in refused.value.what_next

    def test_a_shallow_clone_without_the_base(self, folder: Path, git: Git, tmp_path: Path) -> None:
        write(folder, "a")
        base = commit(git)
        write(folder, "b")
        commit(git)
        git("clone", "-q", "--depth=1", f"file://{folder}", str(tmp_path / "shallow"))
        shallow = Repository.open(tmp_path / "shallow")
        assert shallow.is_shallow()
        assert not Repository.open(folder).is_shallow()
        with pytest.raises(SourceError, match="shallow clone has no commit") as refused:
            shallow.changed_files(base, "HEAD")
        assert "--unshallow" in refused.value.what_next

    def test_a_shallow_clone_that_hides_the_common_ancestor(self, folder: Path, git: Git, tmp_path: Path) -> None:
        write(folder, "a")
        commit(git)
        git("checkout", "-q", "-b", "side")
        write(folder, "b")
        commit(git)
        git("checkout", "-q", "telegram")
        write(folder, "c")
        commit(git)
        git("clone", "-q", "--depth=1", "--no-single-branch", f"file://{folder}", str(tmp_path / "shallow"))
        with pytest.raises(SourceError, match="shallow"):
            Repository.open(tmp_path / "shallow").merge_base("origin/telegram", "origin/side")

    def test_a_damaged_repository(self, folder: Path, git: Git) -> None:
        write(folder, "a")
        base = commit(git)
        tree = git("rev-parse", "HEAD^{tree}")
        write(folder, "b")
        commit(git)
        (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
        with pytest.raises(SourceError, match="git failed") as refused:
            Repository.open(folder).changed_files(base, "HEAD")
        assert "fsck" in refused.value.what_next


def test_one_file_of_a_commit_can_be_read(folder: Path, git: Git) -> None:
    write(folder, "a b/é", "content\n")
    commit(git)
    write(folder, "a b/é", "dirty")
    repository = Repository.open(folder)
    assert repository.read("HEAD", "a b/é") == b"content\n"
    assert repository.read("HEAD", "missing") is None
    assert repository.read("HEAD", "a b") is None
