"""The dependency layer: what `pip install -r FILE` would put into the image, made with uv and without the image."""

import asyncio
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tidegate.build.disk import clear_when_full
from tidegate.build.layer import Entry, FileEntry, Layer, LinkEntry, write_layer
from tidegate.build.requirements import read_requirements
from tidegate.errors import BuildError
from tidegate.process import run, without_credentials

# Raised when the same requirements would make another layer than before.
BUILDER_VERSION = "1"
PLATFORM = "x86_64-manylinux_2_28"

# uv's --target puts these beside the packages; pip would put them below the interpreter's prefix.
_PREFIX_FOLDERS = frozenset({"bin", "etc", "include", "man", "sbin", "share"})
# What says how, when and from where something was installed, and not what.
_INSTALLER_FILES = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"})
_SHEBANG = re.compile(rb"#!(?:[^\n]*python[^\n]*|/bin/sh\n'''exec' [^\n]*\n' ''')(?=\n)")
_NO_WHEEL = re.compile(r"Wheels are required for `([^`]+)`")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python of a base image.

    Attributes:
        version: Such as `3.11`.
        prefix: Where it lives, such as `/var/lang`.
    """

    version: str
    prefix: str

    @property
    def site_packages(self) -> str:
        """Where it looks for packages, and where `pip install` without `--target` puts them."""
        return f"{self.prefix}/lib/python{self.version}/site-packages"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What one dependency layer is made of.

    Attributes:
        files: The requirement files on disk.
        interpreter: The Python that will import them.
        target: `--target` as an absolute path of the image; None installs into the interpreter.
        from_source: Packages that may be built from source: pure Python only.
        options: Further options of pip that change the outcome.
        shown: How messages name the requirement files.
    """

    files: tuple[Path, ...]
    interpreter: Interpreter
    target: str | None
    from_source: tuple[str, ...]
    options: tuple[str, ...]
    shown: tuple[str, ...]

    def key(self) -> str:
        """Hash of everything that decides about the layer's content.

        Raises:
            BuildError: A requirement file cannot be read.
            NotExpressible: A requirement is a local path.
        """
        texts = [
            [text for _, text in read_requirements(file, shown)]
            for file, shown in zip(self.files, self.shown, strict=True)
        ]
        interpreter = [self.interpreter.version, self.interpreter.prefix]
        parts = [BUILDER_VERSION, PLATFORM, interpreter, self.target, self.from_source, self.options, texts]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


async def build_dependency_layer(dependencies: Dependencies, cache: Path, log: Callable[[str], None]) -> Layer:
    """Install with uv into a scratch folder and write the layer below `cache`.

    Raises:
        BuildError: uv cannot install the requirements (the tail of its output is in it), a package that was built
            from source is not pure Python, or the disk is full.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with clear_when_full("the dependencies"), tempfile.TemporaryDirectory(dir=cache, prefix="install-") as scratch:
        target = Path(scratch) / "target"
        await _install(dependencies, target, log)
        _check_purity(dependencies, target)
        entries = dict(_entries(target, dependencies))
        return await asyncio.to_thread(write_layer, entries, cache)


async def _install(dependencies: Dependencies, target: Path, log: Callable[[str], None]) -> None:
    command = [
        *(find_uv_bin(), "pip", "install", "--target", str(target), "--python", sys.executable),
        *("--python-platform", PLATFORM, "--python-version", dependencies.interpreter.version),
        *("--only-binary", ":all:", "--no-compile", "--color", "never"),
    ]
    for package in dependencies.from_source:
        command += ["--no-binary", package]
    command += dependencies.options
    for file in dependencies.files:
        command += ["-r", str(file)]
    ended = await run(command, cwd=target.parent, env=_environment(), log=log)
    if ended.code == 0:
        return
    output = "\n".join(ended.tail)
    what_next = "correct the requirements; see the output above"
    if sdist_only := _NO_WHEEL.search(output):
        name = sdist_only[1]
        what_next = f"{name} has no wheel: name it with `--no-binary {name}` in the Dockerfile's pip install if it is "
        what_next += "pure Python, else build this image with the docker builder"
    where = ", ".join(dependencies.shown)
    raise BuildError(f"the dependencies cannot be installed:\n{output}", where=where, what_next=what_next)


def _environment() -> Mapping[str, str]:
    """The caller's environment (indexes, caches, proxies) without what would lead uv to another Python."""
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "UV_COMPILE_BYTECODE", "CONDA_PREFIX"}
    return {key: value for key, value in without_credentials(os.environ).items() if key not in dropped}


def _check_purity(dependencies: Dependencies, target: Path) -> None:
    """A package that was built here from source must not hold code for this machine."""
    exceptions = {_normal(name) for name in dependencies.from_source}
    for info in target.glob("*.dist-info"):
        if _normal(info.name.partition("-")[0]) not in exceptions:
            continue
        if "Root-Is-Purelib: true" not in (info / "WHEEL").read_text(encoding="utf-8"):
            raise BuildError(
                f"{info.name.removesuffix('.dist-info')} was built from source and is not pure Python",
                where=", ".join(dependencies.shown),
                what_next="build this image with the docker builder",
            )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _entries(target: Path, dependencies: Dependencies) -> Iterator[tuple[str, Entry]]:
    """What was installed, by its path in the image, without traces of this machine."""
    interpreter = dependencies.interpreter
    library = (dependencies.target or interpreter.site_packages).strip("/")
    prefix = (dependencies.target or interpreter.prefix).strip("/")
    shebang = f"#!{interpreter.prefix}/bin/python{interpreter.version}".encode()
    for path in sorted(target.rglob("*")):
        relative = path.relative_to(target)
        if _is_trace(relative) or (path.is_dir() and not path.is_symlink()):
            continue
        place = f"{prefix if relative.parts[0] in _PREFIX_FOLDERS else library}/{relative.as_posix()}"
        if path.is_symlink():
            yield place, LinkEntry(str(path.readlink()))
        elif relative.parts[0] == "bin":
            yield place, FileEntry(_SHEBANG.sub(shebang, path.read_bytes(), count=1), executable=True)
        elif relative.name == "RECORD" and relative.parent.suffix == ".dist-info":
            yield place, FileEntry(_trimmed_record(path.read_text(encoding="utf-8")))
        else:
            yield place, FileEntry(path, executable=bool(path.stat().st_mode & 0o100))


def _is_trace(relative: Path) -> bool:
    if "__pycache__" in relative.parts or str(relative) in {".lock", ".gitignore"}:
        return True
    return relative.parent.suffix == ".dist-info" and relative.name in _INSTALLER_FILES


def _trimmed_record(text: str) -> bytes:
    """RECORD without what is not in the layer as it was installed: scripts, bytecode, the installer's own files."""
    kept = []
    for line in text.splitlines():
        path = line.rpartition(",")[0].rpartition(",")[0].strip('"')
        if path.startswith(("bin/", "../")) or _is_trace(Path(path)):
            continue
        kept.append(line)
    return "".join(f"{line}\n" for line in sorted(kept)).encode()
