"""The README's first steps, as a person takes them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.config.load import load


def tidegate(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tidegate", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=folder, check=True)
    (folder / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.11\n", encoding="utf-8")
    (folder / "web").mkdir()
    (folder / "web" / "package.json").write_text(json.dumps({"scripts": {"build": "true"}}), encoding="utf-8")
    return folder


def test_init_writes_a_file_that_check_finds_right(repository: Path) -> None:
    done = tidegate(repository, "init")
    assert done.returncode == 0, done.stderr
    pipeline = load(repository / "tidegate.yaml")
    assert (pipeline.product, pipeline.branch, list(pipeline.environments)) == (
        "shop",
        "main",
        ["dev", "staging", "prod"],
    )
    assert pipeline.site
    assert pipeline.site.path == "web"
    done = tidegate(repository, "check")
    assert done.returncode == 0, done.stderr
    assert "dev → staging → prod" in done.stdout


def test_init_never_overwrites(repository: Path) -> None:
    (repository / "tidegate.yaml").write_text("mine", encoding="utf-8")
    done = tidegate(repository, "init")
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert (repository / "tidegate.yaml").read_text(encoding="utf-8") == "mine"


def test_check_as_json_is_the_pipeline(repository: Path) -> None:
    tidegate(repository, "init")
    done = tidegate(repository, "check", "--json")
    assert json.loads(done.stdout)["product"] == "shop"


@pytest.mark.parametrize("command", ["status", "history"])
def test_before_the_first_run_there_is_nothing_and_that_is_no_error(repository: Path, command: str) -> None:
    done = tidegate(repository, command)
    assert done.returncode == 0, done.stderr
    assert "yet" in done.stdout


def test_without_a_cloud_a_plan_says_how_to_get_one(repository: Path) -> None:
    tidegate(repository, "init")
    subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    subprocess.run(["git", *author, "commit", "--quiet", "-m", "one"], cwd=repository, check=True)
    done = tidegate(repository, "plan")
    assert done.returncode == 2
    assert "tidegate cloud up" in done.stderr


def test_a_sound_ledger_is_told_sound_and_a_damaged_one_is_named(repository: Path) -> None:
    done = tidegate(repository, "ledger", "check")
    assert done.returncode == 2
    tidegate(repository, "history")
    assert tidegate(repository, "ledger", "check").returncode == 0
    (repository / ".tidegate" / "ledger.db").write_bytes(b"no ledger at all" * 100)
    done = tidegate(repository, "ledger", "check")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def test_salvage_copies_what_is_whole(repository: Path) -> None:
    tidegate(repository, "history")
    done = tidegate(repository, "ledger", "salvage", "copy.db")
    assert done.returncode == 0, done.stderr
    assert (repository / "copy.db").exists()
    assert tidegate(repository, "ledger", "salvage", "copy.db").returncode == 2
