import pytest

from tidegate.build.ignore import IgnoreRules


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("docs", "docs/a.md", True),
        ("docs", "src/docs/a.md", False),
        ("/docs/", "docs/a.md", True),
        ("**/docs", "src/docs/a.md", True),
        ("**/*.pyc", "a.pyc", True),
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("a/*/c", "a/b/c/d", True),
        ("a/*/c", "a/b/x/c", False),
        ("a?c", "abc", True),
        ("[a-c].txt", "b.txt", True),
        ("[^a-c].txt", "b.txt", False),
        ("*\n!keep.txt", "keep.txt", False),
        ("docs\n!docs/keep", "docs/keep/x", False),
        ("docs\n!docs/keep", "docs/other", True),
        ("!x\nx", "x", True),
        ("# a comment\n\n  spaced  ", "spaced", True),
        (".", "anything", False),
        ("", "pkg/__pycache__/x.pyc", True),
        ("", ".git/config", True),
        ("!.git", ".git/config", True),
        ("", ".github/x", False),
        ("a.b", "axb", False),
    ],
)
def test_rules(rules: str, path: str, ignored: bool) -> None:
    assert IgnoreRules(rules).ignores(path) is ignored


@pytest.mark.parametrize(
    ("rules", "folder", "pruned"), [("docs", "docs", True), ("docs\n!docs/a", "docs", False), ("", "a/.git", True)]
)
def test_a_folder_is_skipped_whole_only_when_nothing_in_it_can_be_kept(rules: str, folder: str, pruned: bool) -> None:
    assert IgnoreRules(rules).prunes(folder) is pruned
