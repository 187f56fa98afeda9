import asyncio
import os
import shutil
import sys
from pathlib import Path

import psutil
import pytest

from tidegate.build.bundle import Bundle, BundleRecipe, build_bundle
from tidegate.errors import BuildError

# Stands in for npm: it counts its runs outside of the tree, as a registry would see them.
INSTALL = """
import os, pathlib, sys
runs = pathlib.Path(sys.argv[1])
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
module = pathlib.Path("node_modules/tool")
module.mkdir(parents=True)
(module / "version").write_text(pathlib.Path("lock.json").read_text())
"""
BUILD = """
import os, pathlib
out = pathlib.Path("dist")
(out / "assets").mkdir(parents=True)
tool = pathlib.Path("node_modules/tool/version").read_text()
shared = pathlib.Path("../shared/name.txt").read_text()
(out / "index.html").write_text(f"<p>{shared} {tool}</p>")
(out / "assets/index-DiwrgTda.js").write_text("1")
(out / "assets/team-member01.png").write_text("copied")
assert os.environ["CI"] == "true"
assert not [key for key in os.environ if key.startswith("AWS_")]
print("built it")
"""


def ignore(_line: str) -> None:
    return None


@pytest.fixture
def product(tmp_path: Path) -> Path:
    root = tmp_path / "product"
    site = root / "frontend/site"
    (site / "public/assets").mkdir(parents=True)
    (site / "public/assets/team-member01.png").write_text("copied")
    (site / "install.py").write_text(INSTALL)
    (site / "build.py").write_text(BUILD)
    (site / "lock.json").write_text("v1")
    (root / "frontend/shared").mkdir()
    (root / "frontend/shared/name.txt").write_text("daily")
    return root


def recipe(tmp_path: Path, **changes: tuple[str, ...] | str) -> BundleRecipe:
    install = (sys.executable, "install.py", str(tmp_path / "runs"))
    values = {
        "path": "frontend/site",
        "install": install,
        "build": (sys.executable, "build.py"),
        "output": "dist",
        "lock": "lock.json",
    }
    return BundleRecipe(**{**values, **changes})  # type: ignore[arg-type]


async def build(tmp_path: Path, product: Path, **changes: tuple[str, ...] | str) -> Bundle:
    return await build_bundle(recipe(tmp_path, **changes), product, tmp_path / "cache", ignore)


async def test_a_bundle_is_what_the_build_left(tmp_path: Path, product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    lines: list[str] = []
    bundle = await build_bundle(recipe(tmp_path), product, tmp_path / "cache", lines.append)
    assert [(file.path, file.content_type, file.hashed) for file in bundle.files] == [
        ("assets/index-DiwrgTda.js", "text/javascript; charset=utf-8", True),
        ("assets/team-member01.png", "image/png", False),
        ("index.html", "text/html; charset=utf-8", False),
    ]
    assert (bundle.root / "index.html").read_text() == "<p>daily v1</p>"
    assert bundle.files[2].size == len("<p>daily v1</p>")
    assert "built it" in lines


async def test_paths_may_be_relative(tmp_path: Path, product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        bundle = await build_bundle(recipe(tmp_path), Path(product.name), Path("near"), ignore)
        assert (bundle.root / "index.html").read_text() == "<p>daily v1</p>"
    assert (tmp_path / "runs").read_text() == "x"


async def test_the_source_is_only_read(tmp_path: Path, product: Path) -> None:
    before = sorted(product.rglob("*"))
    await build(tmp_path, product)
    assert sorted(product.rglob("*")) == before
    assert list((tmp_path / "cache/site-work").iterdir()) == []


async def test_equal_output_has_an_equal_digest_from_anywhere(tmp_path: Path, product: Path) -> None:
    first = await build(tmp_path, product)
    moved = tmp_path / "some/where/else"
    shutil.copytree(product, moved)
    (moved / "frontend/site/dist").mkdir()
    (moved / "frontend/site/dist/left-over").write_text("from a developer")
    second = await build_bundle(recipe(tmp_path), moved, tmp_path / "another", ignore)
    assert first.digest == second.digest
    (moved / "frontend/shared/name.txt").write_text("weekly")
    third = await build_bundle(recipe(tmp_path), moved, tmp_path / "another", ignore)
    assert third.digest != first.digest


async def test_packages_are_installed_once_a_lock_file(tmp_path: Path, product: Path) -> None:
    await build(tmp_path, product)
    (product / "frontend/shared/name.txt").write_text("weekly")
    await build(tmp_path, product)
    assert (tmp_path / "runs").read_text() == "x"
    (product / "frontend/site/lock.json").write_text("v2")
    bundle = await build(tmp_path, product)
    assert (tmp_path / "runs").read_text() == "xx"
    assert (bundle.root / "index.html").read_text() == "<p>weekly v2</p>"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"path": "nowhere"}, "nowhere does not exist"),
        ({"lock": "none.json"}, "lock file none.json"),
        ({"output": "out"}, "left no folder out"),
        ({"build": (sys.executable, "-c", "import os; os.mkdir('dist')")}, "left nothing in dist"),
        ({"build": ("no-such-program-here",)}, "no-such-program-here"),
        ({"build": (sys.executable, "-c", "print('the cause'); raise SystemExit(3)")}, r"exit code 3:\nthe cause"),
        ({"install": (sys.executable, "-c", "raise SystemExit('no packages')")}, "no packages"),
        (
            {"build": (sys.executable, "-c", "import os; os.mkdir('dist'); os.symlink('/etc/passwd', 'dist/x')")},
            "dist/x is not a plain file",
        ),
    ],
)
async def test_a_build_that_fails_says_why(
    tmp_path: Path, product: Path, changes: dict[str, tuple[str, ...] | str], what: str
) -> None:
    with pytest.raises(BuildError, match=what):
        await build(tmp_path, product, **changes)
    assert not (tmp_path / "cache/sites").exists() or not list((tmp_path / "cache/sites").iterdir())


async def test_a_site_without_an_installation(tmp_path: Path, product: Path) -> None:
    script = "import os; os.mkdir('dist'); open('dist/index.html', 'w').close()"
    bundle = await build(tmp_path, product, install=(), build=(sys.executable, "-c", script))
    assert [file.path for file in bundle.files] == ["index.html"]


async def test_a_cancelled_build_leaves_no_process_and_no_files(tmp_path: Path, product: Path) -> None:
    script = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(300)"
    task = asyncio.create_task(build(tmp_path, product, build=(sys.executable, "-c", script)))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
    assert list((tmp_path / "cache/site-work").iterdir()) == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on PATH")
async def test_npm_itself(tmp_path: Path) -> None:
    root = tmp_path / "product"
    root.mkdir()
    (root / "package.json").write_text(
        '{"name": "x", "version": "1.0.0", "scripts": {"build": "node build.js"}, "dependencies": {"dep": "file:dep"}}'
    )
    (root / "dep").mkdir()
    (root / "dep/package.json").write_text('{"name": "dep", "version": "1.0.0"}')
    (root / "dep/index.js").write_text("module.exports = 'from dep'")
    (root / "build.js").write_text(
        "const fs = require('fs'); fs.mkdirSync('dist'); fs.writeFileSync('dist/index.html', require('dep'))"
    )
    (root / "package-lock.json").write_text(
        '{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {'
        '"": {"name": "x", "version": "1.0.0", "dependencies": {"dep": "file:dep"}},'
        '"dep": {"version": "1.0.0"}, "node_modules/dep": {"resolved": "dep", "link": true}}}'
    )
    npm = BundleRecipe(".", ("npm", "ci"), ("npm", "run", "build"), "dist", "package-lock.json")
    for cache in ("one", "one", "two"):
        bundle = await build_bundle(npm, root, tmp_path / cache, ignore)
        assert (bundle.root / "index.html").read_text() == "from dep"
    assert not os.path.lexists(root / "node_modules")
