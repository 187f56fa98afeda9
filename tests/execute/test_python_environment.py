import asyncio
import zipfile
from pathlib import Path

import pytest

from tidegate.errors import ConfigError, GateFailed
from tidegate.execute.python_environment import python_environment
from tidegate.process import run


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with requirement files, and a wheel that one of them names."""
    source = tmp_path / "source"
    (source / "tests").mkdir(parents=True)
    with zipfile.ZipFile(source / "tide-1.0-py3-none-any.whl", "w") as wheel:
        info = "tide-1.0.dist-info"
        wheel.writestr("tide.py", "LEVEL = 7\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tide\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    (source / "wheel.txt").write_text("./tide-1.0-py3-none-any.whl\n", encoding="utf-8")
    (source / "none.txt").write_text("# nothing\n", encoding="utf-8")
    (source / "tests" / "outer.txt").write_text("-r ../inner.txt\n", encoding="utf-8")
    (source / "inner.txt").write_text("# nothing either\n", encoding="utf-8")
    return source


def quiet(_: str) -> None:
    pass


async def test_a_command_finds_the_packages(source: Path, tmp_path: Path) -> None:
    env = await python_environment(source, ["wheel.txt"], tmp_path / "cache", quiet)
    ended = await run(["python", "-c", "import tide; print(tide.LEVEL)"], cwd=source, env=env)
    assert (ended.code, ended.tail) == (0, ("7",))
    assert env["PATH"].startswith(env["VIRTUAL_ENV"])
    assert env["PYTHONDONTWRITEBYTECODE"] == "1"


async def test_without_requirements_nothing_is_built(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    env = await python_environment(source, [], tmp_path / "cache", quiet)
    assert "PYTHONPATH" not in env
    assert not (tmp_path / "cache").exists()


async def built(source: Path, cache: Path, *names: str) -> str:
    return (await python_environment(source, names, cache, quiet))["VIRTUAL_ENV"]


async def test_one_content_is_built_once(source: Path, tmp_path: Path) -> None:
    first = await built(source, tmp_path, "none.txt")
    marker = Path(first) / "kept"
    marker.touch()
    assert await built(source, tmp_path, "none.txt") == first
    assert marker.exists()


@pytest.mark.parametrize("changed", ["tests/outer.txt", "inner.txt"])
async def test_another_content_is_another_environment(source: Path, tmp_path: Path, changed: str) -> None:
    first = await built(source, tmp_path, "tests/outer.txt")
    with (source / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert await built(source, tmp_path, "tests/outer.txt") != first


async def test_a_build_that_was_interrupted_is_made_anew(source: Path, tmp_path: Path) -> None:
    folder = Path(await built(source, tmp_path, "none.txt"))
    (folder / "tidegate-ready").unlink()
    (folder / "rubbish").touch()
    assert await built(source, tmp_path, "none.txt") == str(folder)
    assert not (folder / "rubbish").exists()


async def test_two_that_want_the_same_build_it_once(source: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    first, second = await asyncio.gather(
        *(python_environment(source, ["wheel.txt"], tmp_path, lines.append) for _ in range(2))
    )
    assert first == second
    ended = await run(["python", "-c", "import tide"], cwd=source, env=first)
    assert ended.code == 0


async def test_files_that_include_each_other_end(source: Path, tmp_path: Path) -> None:
    (source / "inner.txt").write_text("-c inner.txt\n", encoding="utf-8")
    assert await built(source, tmp_path, "tests/outer.txt")


@pytest.mark.parametrize(("name", "missing"), [("gone.txt", "gone.txt"), ("tests/outer.txt", "inner.txt")])
async def test_a_missing_file_is_told(source: Path, tmp_path: Path, name: str, missing: str) -> None:
    (source / "inner.txt").unlink()
    with pytest.raises(ConfigError, match=f"requirement file {missing} cannot be read"):
        await built(source, tmp_path, name)


async def test_what_cannot_be_installed_fails_the_gate_with_the_cause(source: Path, tmp_path: Path) -> None:
    (source / "none.txt").write_text("./no-such-1.0-py3-none-any.whl\n", encoding="utf-8")
    with pytest.raises(GateFailed) as raised:
        await built(source, tmp_path, "none.txt")
    assert raised.value.where == "none.txt"
    assert "no-such-1.0" in raised.value.what


async def test_a_gate_sees_no_credentials(monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, "not for tests")
    env = await python_environment(source, ["wheel.txt"], tmp_path / "cache", quiet)
    assert "not for tests" not in env.values()
    bare = await python_environment(source, [], tmp_path / "cache", quiet)
    assert "not for tests" not in bare.values()
