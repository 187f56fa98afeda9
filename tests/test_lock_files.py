"""The lock files, held against what they are made of and against each other."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package → its version, with a condition where there is one, and its hashes."""
    found: dict[str, tuple[str, list[str]]] = {}
    package = ""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"([a-z0-9-]+)==(.*) \\", line):
            package = head[1]
            found[package] = (head[2], [])
        else:
            one = re.fullmatch(r"    --hash=(sha256:[0-9a-f]{64})(?: \\)?", line)
            assert one, f"{name}: neither a package nor a hash: {line}"
            found[package][1].append(one[1])
    return found


@pytest.mark.parametrize(
    ("file", "extras"), [("runner.lock", ("source",)), ("runner-database.lock", ("source", "database"))]
)
def test_runners_get_what_was_tested_and_no_more(file: str, extras: tuple[str, ...]) -> None:
    runner, every = locked(file), locked("requirements.lock")
    optional = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(one for extra in extras for one in optional[extra])]
    assert {re.split(r"[^A-Za-z0-9-]", one)[0] for one in wanted} <= set(runner), "run `make lock`"
    for package, (version, hashes) in runner.items():
        assert hashes
        assert every[package][0].split(" ;")[0] == version.split(" ;")[0], f"{package}: run `make lock`"
        assert set(hashes) <= set(every[package][1])
    assert not {"moto", "pytest", "playwright"} & set(runner)
    assert ("sqlalchemy" in runner) is ("database" in extras)
