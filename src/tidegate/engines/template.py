"""What a fresh server begins with, made once for each version and kept in the user's cache folder."""

import hashlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tidegate.engines.account import Account
from tidegate.engines.cache import cache_folder, made_once
from tidegate.engines.errors import EngineFailed
from tidegate.engines.kept import Kept

# Part of every key: raised when templates of the same version are made in another way.
_GENERATION = 2

Recipe = Callable[[Path, Path], Sequence[str]]
"""Makes the command that fills a folder; the second argument is a file with the administrator's password."""


class Template:
    """A data folder to copy, and the administrator's password that it was made with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def password(self) -> str:
        """The administrator's password."""
        return (self._folder / "password").read_text(encoding="ascii")

    def copy(self, into: Path) -> None:
        """Copy the data folder."""
        shutil.copytree(self._folder / "data", into, symlinks=True)


def template(name: str, server: str, recipe: Recipe, runner: Account) -> Template:
    """The template of a version; made when there is none, by this process alone or by two at once.

    Args:
        name: The engine's name.
        server: Path of its server, which is asked for its version.
        recipe: How the data folder is made.
        runner: The account that makes it.

    Raises:
        EngineFailed: When it cannot be made.
    """
    version = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    shape = " ".join(recipe(Path("data"), Path("password"))[1:])
    key = hashlib.sha256(f"{_GENERATION} {version} {shape}".encode()).hexdigest()[:16]
    return Template(made_once(cache_folder() / f"{name}-{key}", lambda growing: _make(growing, recipe, runner)))


def _make(growing: Path, recipe: Recipe, runner: Account) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="tidegate-template-"))
    room = runner.room(scratch)
    password = room / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(24), encoding="ascii")
    runner.owns(room)
    command = recipe(room / "data", password)
    made = Kept(command, runner=runner, log=room / "log", ending="KILL", remove=(room, scratch))
    try:
        if made.wait(None) != 0:
            raise EngineFailed("a fresh database could not be made", where=f"{command[0]}: {made.tail()}")
        shutil.copytree(room / "data", growing / "data", symlinks=True)
        shutil.copy(password, growing / "password")
    finally:
        made.stop()
