"""A schema as text, there and back."""

import json

import pytest
from hypothesis import given

from tests.database.schemas import SCHEMAS
from tidegate.database.schema_json import decode, encode
from tidegate.model.schema import Column, Schema, Table

ONE = Schema("postgresql", "16.14", (Table("t", (Column("id", "integer", nullable=False),)), Table("alembic_version")))


@given(SCHEMAS)
def test_a_schema_comes_back_as_it_was(schema: Schema) -> None:
    assert decode(encode(schema)) == schema


def damaged(**changes: object) -> str:
    return json.dumps({**json.loads(encode(ONE)), **changes})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Expecting"),
        ("[]", "schema is not an object"),
        (damaged(tables={}), "schema.tables is not a list"),
        (damaged(more=1), "schema: more is missing, or unknown here"),
        (json.dumps({k: v for k, v in json.loads(encode(ONE)).items() if k != "views"}), "schema: views is missing"),
        (damaged(version=16), "schema.version is not of type str"),
        (damaged(tables=[{}]), r"schema.tables\[0\]: .*columns.* is missing"),
        (encode(ONE).replace("false", "0", 1), r"schema.tables\[0\].columns\[0\].nullable is not of type bool"),
    ],
)
def test_anything_else_is_an_error(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decode(text)


def test_the_table_of_alembic_is_no_part_of_a_schema() -> None:
    assert [table.name for table in ONE.without_version_table().tables] == ["t"]
    elsewhere = Schema("postgresql", tables=(Table("app.alembic_version"), Table("my_alembic_version")))
    assert [table.name for table in elsewhere.without_version_table().tables] == ["my_alembic_version"]
