import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.actions.read import read
from tidegate.actions.page import Noted, Value, page

SCALARS = st.one_of(st.text(), st.integers(), st.booleans(), st.from_regex(r"[ -~]{1,12}", fullmatch=True))
# A key of YAML is at most 1,024 characters long as it is written.
KEYS = st.text(max_size=40)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_what_is_written_is_what_is_read(content: dict[str, Value]) -> None:
    assert read(page(content, ["head"])) == content


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("main", "main"),
        ("${{ a && !b['c'] }}", "${{ a && !b['c'] }}"),
        ("yes", '"yes"'),
        ("3.11", '"3.11"'),
        ("1e3", '"1e3"'),
        ("0x1f", '"0x1f"'),
        ("2026-11-24", '"2026-11-24"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("- a", '"- a"'),
        ("~", '"~"'),
        ("", '""'),
        ("a\nb", '"a\\nb"'),
        (" a", '" a"'),
        (True, "true"),
        (0, "0"),
        ({}, "{}"),
        ([], "[]"),
        (Noted("a@b", "v1"), "a@b # v1"),
        ("x" * 500 + " y", "x" * 500 + " y"),
    ],
)
def test_scalars(value: Value, written: str) -> None:
    assert page({"on": value}, ["head"]) == f"# head\n\non: {written}\n"


def test_a_comment_is_no_part_of_the_value() -> None:
    assert read(page({"a": [{"uses": Noted("a@b", "v1"), "b": 1}]}, [])) == {"a": [{"uses": "a@b", "b": 1}]}
