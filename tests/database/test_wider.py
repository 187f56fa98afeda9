"""Types that take all values of another."""

import pytest

from tidegate.database.wider import takes_all


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("bigint", "integer"),
        ("integer", "smallint"),
        ("int", "smallint"),
        ("double precision", "real"),
        ("character varying(80)", "character varying(40)"),
        ("character varying", "character varying(40)"),
        ("text", "character varying(40)"),
        ("varchar(80)", "varchar(40)"),
        ("longtext", "text"),
        ("numeric(14,2)", "numeric(12,2)"),
        ("numeric(14,4)", "numeric(12,2)"),
        ("numeric", "numeric(12,2)"),
    ],
)
def test_one_takes_all_of_the_other_and_not_the_reverse(wide: str, narrow: str) -> None:
    assert takes_all(wide, narrow)
    assert not takes_all(narrow, wide)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("numeric(12,4)", "numeric(12,2)"),
        ("numeric(12,2)", "numeric"),
        ("text", "integer"),
        ("character(80)", "character(40)"),
        ("timestamp with time zone", "timestamp without time zone"),
        ("bigint[]", "integer"),
        ("character varying(80)[]", "character varying(40)"),
        ("int unsigned", "int"),
        ("mood", "integer"),
        ("?!", "integer"),
    ],
)
def test_others_do_not(one: str, other: str) -> None:
    assert not takes_all(one, other)
