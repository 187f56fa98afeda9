"""The site bundle: built in a copy of the source, named by the hash of what it consists of."""

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.build.content_type import content_type, is_hashed
from tidegate.build.disk import clear_when_full
from tidegate.errors import BuildError
from tidegate.model.ending import told_ending
from tidegate.process import run, without_credentials

_MODULES = "node_modules"
# Bundlers copy these as they are, names and all.
_VERBATIM = ("public", "static")
_TAIL_LINES = 40
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BundleRecipe:
    """How a site is built.

    Attributes:
        path: The site's folder below the source.
        install: Command that installs its packages, such as `npm ci`; empty for none.
        build: Command that builds it.
        output: Folder, below `path`, that the build fills.
        lock: Lock file below `path`: installed packages are kept by its content.
    """

    path: str
    install: tuple[str, ...]
    build: tuple[str, ...]
    output: str
    lock: str


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a site.

    Attributes:
        path: Below the bundle's root, with slashes.
        sha256: Of its content, in hex.
        size: In bytes.
        content_type: For browsers.
        hashed: Whether its name changes whenever its content does.
    """

    path: str
    sha256: str
    size: int
    content_type: str
    hashed: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """A built site: its digest, the folder that holds it, and its files, sorted by path."""

    digest: str
    root: Path
    files: tuple[BundleFile, ...]


async def build_bundle(recipe: BundleRecipe, source: Path, cache: Path, log: Callable[[str], None]) -> Bundle:
    """Build a site; `source` is only read. Equal output has an equal digest.

    Args:
        recipe: How to build it.
        source: The checked-out tree of a commit.
        cache: Keeps installed packages and bundles; may be deleted at any time.
        log: Takes each line of the commands' output.

    Raises:
        BuildError: A command fails (the tail of its output is in it), its output is empty or holds links, something
            that the recipe names does not exist, or the disk is full.
    """
    # Children run in folders of their own: from here on, paths do not depend on ours.
    source, cache = source.resolve(), cache.resolve()
    project = source / recipe.path
    if not project.is_dir():
        raise BuildError(f"the site's folder {recipe.path} does not exist in this commit", where="tidegate.yaml")
    work = cache / "site-work"
    work.mkdir(parents=True, exist_ok=True)
    with clear_when_full("the site"), tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as scratch:
        copy = await asyncio.to_thread(_copy_source, source, recipe, Path(scratch))
        if recipe.install:
            await _install(recipe, copy, cache / "node", log)
        await _command(recipe.build, copy, recipe.path, log)
        return await asyncio.to_thread(_keep, copy, recipe, cache / "sites")


def bundle_digest(files: tuple[BundleFile, ...]) -> str:
    """sha256 over sorted paths and content hashes."""
    hashed = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        hashed.update(f"{file.path}\0{file.sha256}\n".encode())
    return f"sha256:{hashed.hexdigest()}"


def _copy_source(source: Path, recipe: BundleRecipe, scratch: Path) -> Path:
    """Copy the site's folder; what is beside it is linked, for sites that import from their neighbours."""
    left_out = {".git", _MODULES, recipe.output.strip("/").partition("/")[0]}
    here, there = source.resolve(), scratch / "source"
    there.mkdir()
    for part in Path(recipe.path).parts:
        for sibling in here.iterdir():
            if sibling.name not in {part, ".git"}:
                (there / sibling.name).symlink_to(sibling)
        here, there = here / part, there / part
        if part != Path(recipe.path).parts[-1]:
            there.mkdir()

    def ignore(folder: str, names: list[str]) -> set[str]:
        return left_out.intersection(names) if Path(folder) == here else set()

    shutil.copytree(here, there, symlinks=True, ignore=ignore, dirs_exist_ok=True)
    return there


async def _install(recipe: BundleRecipe, project: Path, cache: Path, log: Callable[[str], None]) -> None:
    """Install the packages, or link those that the same lock file led to before."""
    lock = project / recipe.lock
    if not lock.is_file():
        raise BuildError(f"the lock file {recipe.lock} does not exist", where=recipe.path)
    kept = cache / await _modules_key(recipe, project) / _MODULES
    if not kept.is_dir():
        await _command(recipe.install, project, recipe.path, log)
        fresh = project / _MODULES
        if not fresh.is_dir() or _links_out(fresh):
            # Another way of installing, or packages that lie in the source itself: these belong to this copy alone.
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.rename(kept)
        except OSError:
            # Another build was faster.
            if not kept.is_dir():
                raise
            await asyncio.to_thread(shutil.rmtree, fresh)
    (project / _MODULES).symlink_to(kept.resolve())


def _links_out(modules: Path) -> bool:
    """Whether a package is a link to a folder outside, as npm makes for `file:` dependencies and workspaces."""
    inside = modules.resolve()
    packages = [*modules.iterdir(), *modules.glob("@*/*")]
    return any(path.is_symlink() and not path.resolve().is_relative_to(inside) for path in packages)


async def _modules_key(recipe: BundleRecipe, project: Path) -> str:
    hashed = hashlib.sha256("\0".join(recipe.install).encode())
    for name in (recipe.lock, "package.json", ".npmrc"):
        path = project / name
        content = path.read_bytes() if path.is_file() else b""
        hashed.update(f"\0{name}\0{len(content)}\0".encode() + content)
    node = await run(["node", "--version"], cwd=project, env=_environment())
    hashed.update(f"{node.tail} {os.uname().machine}".encode())
    return hashed.hexdigest()[:32]


async def _command(command: tuple[str, ...], project: Path, shown: str, log: Callable[[str], None]) -> None:
    log(f"$ {' '.join(command)}")
    ended = await run(command, cwd=project, env=_environment(), log=log)
    if ended.code != 0:
        tail = "\n".join(ended.tail[-_TAIL_LINES:])
        raise BuildError(f"`{' '.join(command)}` ended with {told_ending(ended.code)}:\n{tail}", where=shown)


def _environment() -> Mapping[str, str]:
    """The caller's environment without what a site's build must not depend on, or must not see."""
    inherited = {
        key: value
        for key, value in without_credentials(os.environ).items()
        if key != "NODE_ENV"  # NODE_ENV=production would keep the build tools from being installed
    }
    quiet = {f"npm_config_{name}": "false" for name in ("audit", "fund", "progress", "update_notifier")}
    return {**inherited, **quiet, "CI": "true", "SOURCE_DATE_EPOCH": "0", "NO_COLOR": "1"}


def _keep(project: Path, recipe: BundleRecipe, store: Path) -> Bundle:
    output = project / recipe.output
    if not output.is_dir():
        raise BuildError(f"the build left no folder {recipe.output}", where=recipe.path)
    files = tuple(_described(path, project, recipe) for path in sorted(output.rglob("*")) if not _is_folder(path))
    if not files:
        raise BuildError(f"the build left nothing in {recipe.output}", where=recipe.path)
    digest = bundle_digest(files)
    root = store / digest.removeprefix("sha256:")
    store.mkdir(parents=True, exist_ok=True)
    if not root.is_dir():
        try:
            output.rename(root)
        except OSError:
            # Another build made the same bundle meanwhile.
            if not root.is_dir():
                raise
    return Bundle(digest, root, tuple(sorted(files, key=lambda file: file.path)))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _described(path: Path, project: Path, recipe: BundleRecipe) -> BundleFile:
    relative = path.relative_to(project / recipe.output).as_posix()
    if path.is_symlink() or not path.is_file():
        raise BuildError(f"{recipe.output}/{relative} is not a plain file", where=recipe.path)
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    lasting = is_hashed(relative) and not any((project / folder / relative).exists() for folder in _VERBATIM)
    return BundleFile(relative, hashed.hexdigest(), path.stat().st_size, content_type(relative), lasting)
