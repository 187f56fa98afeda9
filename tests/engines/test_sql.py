"""Names and texts inside statements."""

import pytest

from tidegate.engines import EngineFailed
from tidegate.engines.sql import escaped_text, quoted, standard_text


@pytest.mark.parametrize(
    ("name", "mark", "expected"),
    [("funds", '"', '"funds"'), ('a"b', '"', '"a""b"'), ("a`b", "`", "`a``b`"), ("a b", "`", "`a b`")],
)
def test_names(name: str, mark: str, expected: str) -> None:
    assert quoted(name, mark) == expected


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_names_that_no_engine_has(name: str) -> None:
    with pytest.raises(EngineFailed):
        quoted(name, '"')


@pytest.mark.parametrize(
    ("text", "standard", "escaped"),
    [
        ("a", "'a'", "'a'"),
        ("a'b", "'a''b'", "'a\\'b'"),
        ("a\\'b", "'a\\''b'", "'a\\\\\\'b'"),
        ("a\nb", "'a\nb'", "'a\\nb'"),
    ],
)
def test_texts(text: str, standard: str, escaped: str) -> None:
    assert standard_text(text) == standard
    assert escaped_text(text) == escaped


def test_a_text_with_a_nul() -> None:
    with pytest.raises(EngineFailed):
        standard_text("a\0b")
    with pytest.raises(EngineFailed):
        escaped_text("a\0b")
