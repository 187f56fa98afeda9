"""The Python packages that a gate's commands see: a virtual environment, by the hash of its requirement files."""

import asyncio
import fcntl
import hashlib
import os
import posixpath
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from uv import find_uv_bin

from tidegate.errors import ConfigError, GateFailed
from tidegate.process import run, without_credentials

_READY = "tidegate-ready"
_INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", re.MULTILINE)
"""pip, "Requirements File Format": files that a requirement file takes in, named from its own folder."""


async def python_environment(
    source: Path, requirements: Sequence[str], cache: Path, log: Callable[[str], None]
) -> Mapping[str, str]:
    """Environment variables under which a command finds the packages of the requirement files first.

    Built once for each content of the files, those that they include among them; a build that was interrupted is made
    anew, and of several that want the same one, one builds it.

    Raises:
        ConfigError: When a requirement file does not exist.
        GateFailed: When the packages cannot be installed; the tail of the installer's output is in it.
    """
    visible = without_credentials(os.environ)
    inherited = {key: value for key, value in visible.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    inherited["PYTHONDONTWRITEBYTECODE"] = "1"
    if not requirements:
        return inherited
    folder = cache / "python" / _key(source, requirements)
    if not (folder / _READY).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("ab") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            if not (folder / _READY).exists():
                await _create(source, requirements, folder, inherited, log)
    return {
        **inherited,
        "VIRTUAL_ENV": str(folder.resolve()),
        "PATH": f"{(folder / 'bin').resolve()}{os.pathsep}{inherited.get('PATH', os.defpath)}",
    }


def _key(source: Path, requirements: Sequence[str]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    seen: set[str] = set()
    pending = list(requirements)
    while pending:
        name = pending.pop(0)
        if name in seen or "://" in name:
            continue
        seen.add(name)
        try:
            content = (source / name).read_bytes()
        except OSError as missing:
            raise ConfigError(f"requirement file {name} cannot be read", where="gates") from missing
        digest.update(name.encode() + b"\0" + content + b"\0")
        included = _INCLUDE.findall(content.decode(errors="replace"))
        pending += [posixpath.normpath(posixpath.join(posixpath.dirname(name), one)) for one in included]
    return digest.hexdigest()[:24]


async def _create(
    source: Path, requirements: Sequence[str], folder: Path, env: Mapping[str, str], log: Callable[[str], None]
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv = find_uv_bin()
    files = [argument for name in requirements for argument in ("-r", name)]
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder.resolve())],
        [uv, "pip", "install", "--quiet", "--python", str(folder.resolve() / "bin/python"), *files],
    ):
        ended = await run(command, cwd=source, env=env, log=log)
        if ended.code != 0:
            raise GateFailed(
                "\n".join(("the gate's Python packages cannot be installed", *ended.tail[-12:])),
                where=", ".join(requirements),
                what_next="mend the cause, then `tidegate resume`",
            )
    (folder / _READY).touch()
