import pytest

from tidegate.build.expansion import Unexpandable, expand

VALUES = {"A": "one", "EMPTY": "", "B_2": "two"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A/x", "one/x"),
        ("${A}${B_2}", "onetwo"),
        ("${NONE:-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("${A:+set}${NONE:+set}", "set"),
        (r"\$A \${A}", "$A ${A}"),
        ("plain", "plain"),
        ("$EMPTY", ""),
    ],
)
def test_values_take_the_place_of_variables(text: str, expected: str) -> None:
    assert expand(text, VALUES) == expected


@pytest.mark.parametrize("text", ["$NONE", "${A", "${A%x}", "${A:-${B_2}}", "$(id)", "cost: 5$"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(Unexpandable):
        expand(text, VALUES)
