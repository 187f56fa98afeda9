"""The only subprocess to git: references, commits, changed files, and a commit's files in a folder.

Plumbing commands are used throughout, since a user's settings (`diff.relative`, `core.quotePath`, aliases) do not reach
them. Paths come back NUL-separated; names that are not UTF-8 hold surrogate escapes (PEP 383).
"""

import difflib
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tidegate.errors import SourceError

_EMPTY_FOLDER_NEXT = "give a folder that is empty or does not exist"
_DEEPEN = "fetch the whole history: git fetch --unshallow (GitHub Actions: actions/checkout with fetch-depth: 0)"
_FULL_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MODE_SUBMODULE = b"160000"
_STANDARD_UMASK = 0o022
"""git records one bit of a file's mode; the rest must not depend on who builds."""

_LOCAL_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""What `git rev-parse --local-env-vars` lists: a hook inherits it, and it would point git elsewhere."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: full object name, tree, first line and author; `committed` is in UTC."""

    sha: str
    tree: str
    subject: str
    author: str
    committed: datetime

    @property
    def short(self) -> str:
        """The first seven characters, as the reference's image tags have them."""
        return self.sha[:7]


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository on this machine, bare or with a working tree.

    Attributes:
        git_dir: The folder that holds the objects.
        root: The working tree's top folder; None for a bare repository.
    """

    git_dir: Path
    root: Path | None

    @classmethod
    def open(cls, folder: Path) -> "Repository":
        """Find the repository that `folder` is in, or is.

        Raises:
            SourceError: There is none, git refuses it, or git is not installed.
        """
        if not folder.is_dir():
            raise SourceError("no such folder", where=str(folder), what_next="give the folder of a git repository")
        found = _run(["git", "-C", str(folder), "rev-parse", "--absolute-git-dir", "--is-bare-repository"], check=False)
        if found.returncode:
            raise _not_a_repository(folder, os.fsdecode(found.stderr))
        git_dir, bare = os.fsdecode(found.stdout).rstrip("\n").rsplit("\n", 1)
        if bare == "true":
            return cls(Path(git_dir), None)
        top = _run(["git", "-C", str(folder), "rev-parse", "--show-toplevel"], check=False)
        if top.returncode:  # inside the .git folder itself
            return cls(Path(git_dir), Path(git_dir).parent)
        return cls(Path(git_dir), Path(os.fsdecode(top.stdout).removesuffix("\n")))

    def resolve(self, reference: str = "HEAD") -> str:
        """Return the full name of the commit that a branch, tag, `HEAD` or abbreviated name stands for.

        Raises:
            SourceError: No commit goes by that name, or nothing has been committed yet.
        """
        if reference and not reference.startswith("-"):
            found = self._git("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}", check=False)
            if found.returncode == 0:
                return os.fsdecode(found.stdout).strip()
        raise self._unknown(reference)

    def remote(self) -> str | None:
        """Return the address of the remote `origin`, or None without one."""
        found = self._git("config", "--get", "remote.origin.url", check=False)
        return os.fsdecode(found.stdout).strip() or None

    def branch(self) -> str | None:
        """Return the branch that HEAD is on, even if it has no commit yet, or None for a detached HEAD."""
        found = self._git("symbolic-ref", "--quiet", "--short", "HEAD", check=False)
        return os.fsdecode(found.stdout).strip() if found.returncode == 0 else None

    def branches(self) -> tuple[str, ...]:
        """Return the names of all local branches."""
        listed = self._git("for-each-ref", "--format=%(refname:short)", "refs/heads")
        return tuple(os.fsdecode(listed.stdout).split())

    def is_shallow(self) -> bool:
        """Tell whether the history was cut off when the repository was cloned."""
        return self._git("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits, or None if their histories share nothing.

        Raises:
            SourceError: Either is unknown, or a shallow clone hides what they share.
        """
        found = self._git("merge-base", self.resolve(one), self.resolve(other), check=False)
        if found.returncode == 0:
            return os.fsdecode(found.stdout).split()[0]
        if self.is_shallow():
            what = f"this clone is shallow and does not reach a common ancestor of {one} and {other}"
            raise SourceError(what, where=self.where, what_next=_DEEPEN)
        return None

    def commit(self, reference: str = "HEAD") -> Commit:
        """Return what is known of a commit.

        Raises:
            SourceError: No commit goes by that name.
        """
        shown = self._git(
            "show",
            "--no-patch",
            "--no-show-signature",
            "--format=%H%x00%T%x00%ct%x00%an%x00%s",
            self.resolve(reference),
        )
        sha, tree, seconds, author, subject = shown.stdout.decode(errors="replace").rstrip("\n").split("\0")
        return Commit(sha, tree, subject, author, datetime.fromtimestamp(int(seconds), UTC))

    def changed_files(self, base: str | None, head: str) -> tuple[str, ...]:
        """Return the paths that differ between two commits, or with no base every path of `head`.

        A renamed file counts under both names; a deleted file and a moved submodule count too.

        Raises:
            SourceError: Either commit is unknown, or not in this shallow clone.
        """
        tree = ["ls-tree", "-r", "-z", "--full-tree", "--name-only"]
        difference = ["diff-tree", "-r", "-z", "--no-renames", "--name-only"]
        references = [head] if base is None else [base, head]
        commits = [f"{reference}^{{commit}}" for reference in references]
        if not any(reference.startswith("-") for reference in references):
            listed = self._git(*(tree if base is None else difference), *commits, check=False)
            if listed.returncode == 0:
                return _paths(listed.stdout)
        for reference in references:
            self.resolve(reference)  # says what is wrong with it
        return _paths(self._git(*(tree if base is None else difference), *commits).stdout)

    def read(self, reference: str, path: str) -> bytes | None:
        """Return the content of one file at a commit, or None if the commit has no such file."""
        found = self._git("cat-file", "blob", f"{self.resolve(reference)}:{path}", check=False)
        return found.stdout if found.returncode == 0 else None

    def checkout(self, reference: str, into: Path) -> str:
        """Put the files of a commit into an empty folder, and return the commit's full name.

        File modes and symbolic links are those of the commit; line ends are not converted unless its own
        `.gitattributes` say so. The repository, its index and its working tree stay as they are.

        Raises:
            SourceError: The commit is unknown or holds a submodule, or the folder is not empty.
        """
        sha = self.resolve(reference)
        self._refuse_submodules(sha)
        if into.exists() and (not into.is_dir() or any(into.iterdir())):
            raise SourceError("will not put a commit's files there", where=str(into), what_next=_EMPTY_FOLDER_NEXT)
        into.mkdir(parents=True, exist_ok=True)
        settings = ("core.autocrlf=false", "core.symlinks=true", "core.fileMode=true", "core.fsmonitor=false")
        with tempfile.TemporaryDirectory(prefix="tidegate-index-") as scratch:
            command = ["git", f"--git-dir={self.git_dir}", f"--work-tree={into.resolve()}"]
            command += [part for setting in settings for part in ("-c", setting)]
            command += ["read-tree", "--reset", "-u", "--no-recurse-submodules", sha]
            _run(command, where=str(into), extra={"GIT_INDEX_FILE": str(Path(scratch, "index"))}, cwd=into)
        return sha

    @property
    def where(self) -> str:
        """The folder that a person knows this repository by."""
        return str(self.root or self.git_dir)

    def _git(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
        return _run(["git", f"--git-dir={self.git_dir}", *arguments], where=self.where, check=check)

    def _refuse_submodules(self, sha: str) -> None:
        for entry in self._git("ls-tree", "-r", "-z", "--full-tree", sha).stdout.split(b"\0"):
            if entry.startswith(_MODE_SUBMODULE):
                path = os.fsdecode(entry.split(b"\t", 1)[1])
                what = f"commit {sha[:7]} holds a submodule, {path!r}, whose files are in another repository"
                raise SourceError(what, where=self.where, what_next="add its files to this repository, as a subtree")

    def _unknown(self, reference: str) -> SourceError:
        if self._git("rev-parse", "--verify", "--quiet", "HEAD", check=False).returncode and not self.branches():
            what = f"nothing has been committed yet on branch {self.branch()!r}"
            return SourceError(what, where=self.where, what_next="commit first: git add . && git commit")
        if self.is_shallow():
            return SourceError(f"this shallow clone has no commit {reference!r}", where=self.where, what_next=_DEEPEN)
        if _FULL_NAME.fullmatch(reference):
            next_step = "fetch it; if a push rewrote the history, name another base"
            return SourceError(f"this repository has no commit {reference}", where=self.where, what_next=next_step)
        near = difflib.get_close_matches(reference, [*self.branches(), "HEAD"], n=1)
        next_step = f"did you mean {near[0]!r}?" if near else "git branch --all lists the branches there are"
        return SourceError(f"no commit goes by the name {reference!r}", where=self.where, what_next=next_step)


def _paths(listed: bytes) -> tuple[str, ...]:
    """Decode NUL-separated paths: UTF-8 on every machine, whatever its locale."""
    return tuple(listed.decode("utf-8", "surrogateescape").split("\0")[:-1])


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL_VARIABLES}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **extra}


def _run(
    command: list[str],
    *,
    where: str = "",
    check: bool = True,
    extra: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> "subprocess.CompletedProcess[bytes]":
    try:
        ended = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=_environment(extra or {}),
            cwd=cwd,
            umask=_STANDARD_UMASK,
            check=False,
        )
    except FileNotFoundError:
        next_step = "install git 2.30 or newer and put it on PATH"
        raise SourceError("git is not installed", where=where, what_next=next_step) from None
    if check and ended.returncode:
        said = os.fsdecode(ended.stderr).strip().removeprefix("fatal: ") or f"exit code {ended.returncode}"
        raise SourceError(f"git failed: {said}", where=where, what_next="run git fsck if the repository may be damaged")
    return ended


def _not_a_repository(folder: Path, said: str) -> SourceError:
    if "dubious ownership" in said:
        next_step = f"git config --global --add safe.directory {folder.resolve()}"
        return SourceError("git refuses a repository of another user", where=str(folder), what_next=next_step)
    if "not a git repository" in said:
        next_step = "run git init and commit, or give the folder of a repository"
        return SourceError("not a git repository", where=str(folder), what_next=next_step)
    return SourceError(f"git failed: {said.strip().removeprefix('fatal: ')}", where=str(folder))
