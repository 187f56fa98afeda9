import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tidegate.build.dependencies import Dependencies, Interpreter, build_dependency_layer
from tidegate.build.layer import Layer
from tidegate.errors import BuildError

Wheel = Callable[..., Path]
PYTHON = Interpreter("3.11", "/var/lang")


def dependencies(tmp_path: Path, text: str, *, target: str | None = None, from_source: str = "") -> Dependencies:
    file = tmp_path / "requirements.txt"
    file.write_text(f"--no-index\n--find-links {tmp_path / 'wheels'}\n{text}\n")
    named = (from_source,) if from_source else ()
    return Dependencies((file,), PYTHON, target, named, (), ("requirements.txt",))


def contents(layer: Layer) -> dict[str, bytes]:
    assert layer.path is not None
    with tarfile.open(layer.path) as tar:
        return {m.name: file.read() for m in tar if (file := tar.extractfile(m)) is not None}


def ignore(_line: str) -> None:
    return None


async def test_packages_go_where_pip_would_put_them(tmp_path: Path, wheel: Wheel) -> None:
    wheel(tmp_path / "wheels", "greeting", script=True)
    layer = await build_dependency_layer(dependencies(tmp_path, "greeting"), tmp_path / "cache", ignore)
    found = contents(layer)
    site = "var/lang/lib/python3.11/site-packages"
    assert sorted(found) == [
        "var/lang/bin/greeting-run",
        f"{site}/greeting-1.0.dist-info/METADATA",
        f"{site}/greeting-1.0.dist-info/RECORD",
        f"{site}/greeting-1.0.dist-info/WHEEL",
        f"{site}/greeting-1.0.dist-info/entry_points.txt",
        f"{site}/greeting/__init__.py",
    ]
    assert found["var/lang/bin/greeting-run"].startswith(b"#!/var/lang/bin/python3.11\n")
    assert b"bin/" not in found[f"{site}/greeting-1.0.dist-info/RECORD"]
    assert b"INSTALLER" not in found[f"{site}/greeting-1.0.dist-info/RECORD"]
    assert str(tmp_path).encode() not in b"".join(found.values())


async def test_a_target_is_followed(tmp_path: Path, wheel: Wheel) -> None:
    wheel(tmp_path / "wheels", "greeting", script=True)
    wanted = dependencies(tmp_path, "greeting", target="/var/task/vendor")
    found = contents(await build_dependency_layer(wanted, tmp_path / "cache", ignore))
    assert "var/task/vendor/greeting/__init__.py" in found
    assert "var/task/vendor/bin/greeting-run" in found


async def test_two_installations_make_one_layer(tmp_path: Path, wheel: Wheel) -> None:
    wheel(tmp_path / "wheels", "greeting", script=True)
    wanted = dependencies(tmp_path, "greeting")
    first = await build_dependency_layer(wanted, tmp_path / "a", ignore)
    second = await build_dependency_layer(wanted, tmp_path / "somewhere/else/b", ignore)
    assert first.digest == second.digest


def test_the_key_covers_what_decides(tmp_path: Path) -> None:
    same = {
        dependencies(tmp_path, "greeting==1.0").key(),
        dependencies(tmp_path, "greeting==1.0  # a comment\n\n").key(),
    }
    assert len(same) == 1
    other = {
        dependencies(tmp_path, "greeting==2.0").key(),
        dependencies(tmp_path, "greeting==1.0", target="/opt").key(),
        dependencies(tmp_path, "greeting==1.0", from_source="greeting").key(),
    }
    assert len(same | other) == 4


async def test_what_cannot_be_installed_shows_the_installers_words(tmp_path: Path, wheel: Wheel) -> None:
    wheel(tmp_path / "wheels", "greeting")
    with pytest.raises(BuildError, match="absent") as error:
        await build_dependency_layer(dependencies(tmp_path, "absent==1"), tmp_path / "cache", ignore)
    assert error.value.where == "requirements.txt"
    assert list((tmp_path / "cache").iterdir()) == []


BACKEND = """
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "sourced-1.0.dist-info"
    with zipfile.ZipFile(f"{folder}/sourced-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("sourced.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: sourced\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: PURE\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return "sourced-1.0-py3-none-any.whl"
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "sourced"
version = "1.0"
"""


def sdist(folder: Path, *, pure: bool) -> None:
    """A package that only exists as source, and builds without anything else."""
    root = folder / "sourced-1.0"
    root.mkdir(parents=True)
    (root / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: sourced\nVersion: 1.0\n")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND.replace("PURE", str(pure).lower()))
    with tarfile.open(folder / "sourced-1.0.tar.gz", "w:gz") as tar:
        tar.add(root, "sourced-1.0")


async def test_a_package_without_a_wheel_is_named(tmp_path: Path) -> None:
    sdist(tmp_path / "wheels", pure=True)
    with pytest.raises(BuildError) as error:
        await build_dependency_layer(dependencies(tmp_path, "sourced"), tmp_path / "cache", ignore)
    assert "--no-binary sourced" in error.value.what_next


async def test_a_named_exception_is_built_from_source(tmp_path: Path) -> None:
    sdist(tmp_path / "wheels", pure=True)
    wanted = dependencies(tmp_path, "sourced", from_source="Sourced")
    layer = await build_dependency_layer(wanted, tmp_path / "cache", ignore)
    assert "var/lang/lib/python3.11/site-packages/sourced.py" in contents(layer)


async def test_a_named_exception_must_be_pure_python(tmp_path: Path) -> None:
    sdist(tmp_path / "wheels", pure=False)
    wanted = dependencies(tmp_path, "sourced", from_source="sourced")
    with pytest.raises(BuildError, match="not pure Python"):
        await build_dependency_layer(wanted, tmp_path / "cache", ignore)
