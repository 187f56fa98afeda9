import pytest

from tidegate.changes.detect import detect
from tidegate.model.changes import ChangeSet, Ignored, Match, PatternError

COMPONENTS = {
    "shared": ["src/agent.py", "src/workflow/**", "requirements*.txt", "Dockerfile*"],
    "api": ["src/api/**"],
    "backend": ["src/**", "Dockerfile*", "requirements*.txt"],
    "frontend": ["frontend/twinbar/**"],
}
IGNORE = ["docs/**", ".claude/**"]


def changes(*files: str, base: str | None = "b" * 40) -> ChangeSet:
    return detect(base, "h" * 40, files, COMPONENTS, IGNORE)


@pytest.mark.parametrize(
    ("file", "components"),
    [
        ("src/agent.py", {"shared", "backend"}),
        ("src/api/handler.py", {"api", "backend"}),
        ("Dockerfile.lambda.container", {"shared", "backend"}),
        ("requirements.txt", {"shared", "backend"}),
        ("frontend/twinbar/src/App.tsx", {"frontend"}),
        ("frontend/other/x", set()),
        ("tests/shared/test_agent.py", set()),
    ],
)
def test_a_file_changes_the_components_that_name_it(file: str, components: set[str]) -> None:
    assert changes(file).components == components


def test_each_match_tells_the_file_and_the_first_pattern_that_matched() -> None:
    found = changes("src/agent.py", "requirements.txt")
    assert found.reason("shared") == Match("shared", "src/agent.py", "src/agent.py")
    assert found.reasons("backend") == (
        Match("backend", "src/agent.py", "src/**"),
        Match("backend", "requirements.txt", "requirements*.txt"),
    )
    assert found.reason("frontend") is None
    assert found.reasons("frontend") == ()


def test_only_ignored_files_start_nothing_and_the_reason_is_kept() -> None:
    found = changes("docs/a.md", ".claude/settings.json")
    assert found.is_ignored
    assert found.components == frozenset()
    assert found.ignored == (Ignored("docs/a.md", "docs/**"), Ignored(".claude/settings.json", ".claude/**"))


def test_one_other_file_is_enough_to_start() -> None:
    found = changes("docs/a.md", "terraform/main.tf")
    assert not found.is_ignored
    assert found.unmatched == ("terraform/main.tf",)


def test_an_ignored_file_belongs_to_no_component_whatever_else_changed() -> None:
    found = detect("b", "h", ["docs/a.md", "src/a"], {"all": ["**"]}, ["docs/**"])
    assert found.reasons("all") == (Match("all", "src/a", "**"),)


def test_no_files_are_not_ignored_files() -> None:
    found = changes()
    assert not found.is_ignored
    assert found.files == ()


def test_before_the_first_release_there_is_no_base() -> None:
    found = changes("src/agent.py", "frontend/twinbar/index.html", base=None)
    assert found.base is None
    assert found.components == {"shared", "backend", "frontend"}


def test_a_lone_negated_pattern_is_refused() -> None:
    with pytest.raises(PatternError, match=r"!docs/\*\*"):
        detect("b", "h", ["src/a"], {"code": ["!docs/**"]})
