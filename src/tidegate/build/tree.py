"""What COPY puts into an image: paths in the image to files of the context."""

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from tidegate.build.dockerfile import refuse
from tidegate.build.ignore import IgnoreRules, translate
from tidegate.build.layer import Entry, FileEntry, FolderEntry, LinkEntry

# Folders that every base has, and a few that every Lambda base has: `COPY file /opt` goes into them.
_BASE_FOLDERS = ("", "bin", "etc", "home", "opt", "root", "srv", "tmp", "usr", "usr/local", "var")


class CopiedTree:
    """The files of one image, later COPYs over earlier ones.

    Args:
        context: The build context on disk.
        rules: What of it may not be copied.
        name: The Dockerfile's name, for messages.
        folders: Absolute paths that are folders in the base.
    """

    def __init__(self, context: Path, rules: IgnoreRules, name: str, folders: Iterable[str]) -> None:
        self._context = context
        self._rules = rules
        self._name = name
        self._entries: dict[str, Entry] = {}
        self._folders = set(_BASE_FOLDERS)
        for folder in folders:
            self._know_folder(inside(folder))

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Path in the image, without a leading slash → what is there."""
        return self._entries

    def file(self, path: str) -> Path | None:
        """The file of the context behind an absolute path of the image, or None."""
        entry = self._entries.get(inside(path))
        return entry.content if isinstance(entry, FileEntry) and isinstance(entry.content, Path) else None

    def make_folder(self, path: str) -> None:
        """WORKDIR makes a folder that is not there."""
        plain = inside(path)
        if plain not in self._folders:
            self._entries.setdefault(plain, FolderEntry())
        self._know_folder(plain)

    def copy(self, line: int, sources: tuple[str, ...], destination: str, workdir: str) -> None:
        """One COPY, with its variables expanded (Dockerfile reference, "COPY").

        Raises:
            NotExpressible: A source that is not there, is ignored, or leads out of the context.
        """
        found = [match for source in sources for match in self._matches(line, source)]
        target = inside(str(PurePosixPath(workdir) / destination))
        into = destination.endswith(("/", "/.")) or destination == "." or target in self._folders
        if len(found) > 1 and not into:
            raise refuse(
                self._name, line, f"COPY of several sources needs a destination that ends with /: {destination}"
            )
        for path in found:
            if path.is_dir():
                self._copy_folder(line, path, target)
            else:
                self._put(line, _join(target, path.name) if into else target, path)

    def _matches(self, line: int, source: str) -> list[Path]:
        pure = PurePosixPath(source.lstrip("/"))
        if ".." in pure.parts:
            raise refuse(self._name, line, f"COPY {source} leads out of the build context")
        if any(char in source for char in "*?["):
            pattern = translate(str(pure))
            folder = self._context
            level = [path for path in folder.glob("/".join("*" for _ in pure.parts)) if self._visible(path)]
            found = sorted(path for path in level if pattern.fullmatch(path.relative_to(folder).as_posix()))
        else:
            path = self._context / pure
            found = [path] if path.exists() and (str(pure) == "." or self._visible(path)) else []
        if not found:
            raise refuse(self._name, line, f"COPY {source}: nothing of that name in the build context")
        for path in found:
            # docker follows a link that is named itself; what it points to must be of the context.
            if not path.resolve().is_relative_to(self._context.resolve()):
                raise refuse(self._name, line, f"COPY {source} leads out of the build context")
        return [path.resolve() if path.is_symlink() else path for path in found]

    def _visible(self, path: Path) -> bool:
        return not self._rules.ignores(path.relative_to(self._context).as_posix()) or path.is_dir()

    def _copy_folder(self, line: int, folder: Path, target: str) -> None:
        self._know_folder(target)
        for path in sorted(folder.iterdir()):
            relative = path.relative_to(self._context).as_posix()
            inner = _join(target, path.name)
            if path.is_dir() and not path.is_symlink():
                if self._rules.prunes(relative):
                    continue
                self._copy_folder(line, path, inner)
                if not self._rules.ignores(relative) and inner not in self._entries:
                    self._entries[inner] = FolderEntry()
            elif not self._rules.ignores(relative):
                self._put(line, inner, path)

    def _put(self, line: int, target: str, path: Path) -> None:
        if target in self._folders:
            raise refuse(self._name, line, f"COPY of a file over the folder /{target}")
        if path.is_symlink():
            self._entries[target] = LinkEntry(str(path.readlink()))
        else:
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                raise refuse(self._name, line, f"{path.name} is neither a file, a folder nor a link")
            self._entries[target] = FileEntry(path, executable=bool(mode & stat.S_IXUSR))
        self._know_folder(str(PurePosixPath(target).parent))

    def _know_folder(self, path: str) -> None:
        pure = PurePosixPath(path)
        self._folders.update("" if str(part) == "." else str(part) for part in (pure, *pure.parents))


def inside(path: str) -> str:
    """An absolute path of the image without its leading slash and with `.` and `..` resolved."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != "/":
            parts.append(part)
    return "/".join(parts)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
