"""What commands of a product never see."""

import os
import sys
from pathlib import Path

import pytest

from tidegate.process import run, secrets_in, without_credentials

GIVEN = {
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "key-1",
    "AWS_SESSION_TOKEN": "token-1",
    "AWS_REGION": "eu-west-1",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "token-2",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.test",
    "GITHUB_TOKEN": "token-3",
    "GH_TOKEN": "token-4",
    "GITHUB_OUTPUT": "/tmp/output",
    "GITHUB_ENV": "/tmp/env",
    "GITHUB_SHA": "abc",
    "PATH": "/bin",
}


def test_credentials_and_the_files_of_a_runner_are_left_out() -> None:
    assert without_credentials(GIVEN) == {"GITHUB_SHA": "abc", "PATH": "/bin"}
    assert without_credentials(without_credentials(GIVEN)) == without_credentials(GIVEN)


def test_what_must_not_be_read_in_a_log() -> None:
    assert set(secrets_in(GIVEN)) == {"key-1", "token-1", "token-2", "token-3", "token-4"}
    assert secrets_in({"GH_TOKEN": ""}) == ()


async def test_a_command_that_prints_all_that_it_sees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in GIVEN.items():
        if name != "PATH":
            monkeypatch.setenv(name, value)
    lines: list[str] = []
    command = [sys.executable, "-c", "import os; print(*os.environ.values(), sep='\\n')"]
    await run(command, cwd=tmp_path, env=without_credentials(os.environ), log=lines.append)
    assert not {line for line in lines if line in secrets_in(GIVEN)}
    assert "abc" in lines
