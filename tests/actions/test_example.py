"""The example product's workflow files are committed, and are what its pipeline file makes."""

from pathlib import Path

from tests.plan.reference import DECLARED
from tidegate.actions import workflows
from tidegate.actions.difference import differences

PRODUCT = Path(__file__).parents[2] / "examples" / "daily-report"
FILES = sorted((PRODUCT / ".github" / "workflows").iterdir())


def test_the_committed_files_are_those_that_would_be_made() -> None:
    found = {file.relative_to(PRODUCT).as_posix(): file.read_text(encoding="utf-8") for file in FILES}
    assert differences(workflows(DECLARED), found) == (), "run `make docs`"
    assert [file.name for file in FILES] == ["deploy.yml", "pr-check.yml", "terraform-test.yml"]


def test_few_lines_stand_for_many() -> None:
    assert len((PRODUCT / "tidegate.yaml").read_text(encoding="utf-8").splitlines()) <= 120
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in FILES) >= 1000
