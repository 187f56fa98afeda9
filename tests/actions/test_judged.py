"""What others say of the workflow files: zizmor as a suspicious auditor, and GitHub's schema."""

import json
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from tests.actions.pipelines import pairwise
from tests.actions.test_example import FILES, PRODUCT
from tidegate.actions import workflows

BIN = Path(sysconfig.get_path("scripts"))
FLAWED = """\
name: Flawed
on: pull_request_target
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - run: echo ${{ github.event.pull_request.title }}
"""


def findings(folder: Path) -> list[str]:
    """What zizmor finds in a folder, and that it read something there. It asks no network."""
    command = [
        str(BIN / "zizmor"),
        "--offline",
        "--no-config",
        "--persona",
        "auditor",
        "--format",
        "json-v1",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode in {0, 11, 12, 13, 14}, done.stderr
    assert "completed" in done.stderr, "it must have read a file"
    return [f"{one['ident']}: {one['desc']}" for one in json.loads(done.stdout)]


def against_schema(*files: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *map(str, files)]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)


def written(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def test_they_find_what_is_wrong(tmp_path: Path) -> None:
    written(tmp_path, {".github/workflows/a.yml": FLAWED, "b.yml": FLAWED.replace("steps", "stops")})
    found = " ".join(findings(tmp_path))
    assert "template-injection" in found
    assert "dangerous-triggers" in found
    assert against_schema(tmp_path / "b.yml").returncode == 1


def test_nothing_is_wrong_with_the_example() -> None:
    assert findings(PRODUCT) == []
    done = against_schema(*FILES)
    assert done.returncode == 0, done.stdout


def test_nothing_is_wrong_whatever_the_settings(tmp_path: Path) -> None:
    count = 0
    for count, pipeline in enumerate(pairwise(), start=1):
        written(tmp_path / str(count), workflows(pipeline))
    assert 10 < count < 60
    assert findings(tmp_path) == []


def test_no_finding_is_silenced() -> None:
    for file in FILES:
        assert "zizmor:" not in file.read_text(encoding="utf-8")
