"""Differences as a table: two schemas in, lines out; equal ones give nothing."""

from dataclasses import replace

import pytest
from hypothesis import given

from tests.database.schemas import SCHEMAS
from tidegate.database.compare import compare
from tidegate.database.difference import Kind, Weight
from tidegate.database.remedy import alembic
from tidegate.model.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Enumeration,
    Extension,
    Index,
    Policy,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
)

ID = Column("id", "integer", nullable=False, default="nextval('funds_id_seq'::regclass)")
NAME = Column("name", "character varying(40)", nullable=False)
KEY = Constraint("funds_pkey", ConstraintKind.PRIMARY_KEY, ("id",), "PRIMARY KEY (id)")
UNIQUE = Constraint("funds_name_key", ConstraintKind.UNIQUE, ("name",), "UNIQUE (name)")
FUNDS = Table("funds", (ID, NAME), (UNIQUE, KEY))
OWNED = Sequence("funds_id_seq", "AS integer START WITH 1", "funds.id")


def schema(*tables: Table, version: str = "16.14", **more: object) -> Schema:
    return replace(Schema("postgresql", version, tables, sequences=(OWNED,)), **more)  # type: ignore[arg-type]


def with_column(*columns: Column) -> Table:
    return replace(FUNDS, columns=(*FUNDS.columns, *columns))


def with_rule(*rules: Constraint) -> Table:
    return replace(FUNDS, constraints=(*FUNDS.constraints, *rules))


def index(name: str = "i", keys: str = "(name)", **more: object) -> Index:
    return replace(Index(name, ("name",), keys), **more)  # type: ignore[arg-type]


ONE = schema(FUNDS)


@given(SCHEMAS)
def test_equal_schemas_have_no_differences(any_schema: Schema) -> None:
    assert compare(any_schema, any_schema) == ()


@given(SCHEMAS, SCHEMAS)
def test_the_order_of_what_is_read_is_not_that_of_the_lines(one: Schema, other: Schema) -> None:
    backwards = replace(other, tables=other.tables[::-1], views=other.views[::-1])
    there = compare(replace(one, engine="postgresql"), replace(other, engine="postgresql"))
    assert there == compare(replace(one, engine="postgresql"), replace(backwards, engine="postgresql"))
    assert [list(Weight).index(each.weight) for each in there] == sorted(
        list(Weight).index(each.weight) for each in there
    )


@given(SCHEMAS, SCHEMAS)
def test_each_difference_is_one_line(one: Schema, other: Schema) -> None:
    for each in compare(one, other):
        assert "\n" not in each.line


UNKNOWN = [
    (with_column(Column("note", "text")), Kind.COLUMN, Weight.NOTED),
    (with_column(Column("at", "date", nullable=False, default="now()")), Kind.COLUMN, Weight.NOTED),
    (with_column(Column("n", "bigint", nullable=False, identity="always")), Kind.COLUMN, Weight.NOTED),
    (with_column(Column("code", "text", nullable=False)), Kind.COLUMN, Weight.BREAKS),
    (with_rule(Constraint("c", ConstraintKind.CHECK, ("name",), "CHECK (true)")), Kind.CHECK, Weight.BREAKS),
    (
        with_rule(Constraint("u", ConstraintKind.UNIQUE, ("id", "name"), "UNIQUE (id, name)")),
        Kind.UNIQUE,
        Weight.BREAKS,
    ),
    (
        with_rule(Constraint("f", ConstraintKind.FOREIGN_KEY, ("id",), "FOREIGN KEY (id) REFERENCES o(id)")),
        Kind.FOREIGN_KEY,
        Weight.BREAKS,
    ),
    (replace(FUNDS, indexes=(index(),)), Kind.INDEX, Weight.NOTED),
    (replace(FUNDS, indexes=(index(unique=True, predicate="x"),)), Kind.INDEX, Weight.BREAKS),
    (replace(FUNDS, indexes=(index(valid=False),)), Kind.INDEX_VALIDITY, Weight.NOTED),
    (replace(FUNDS, triggers=(Trigger("t", "CREATE TRIGGER t"),)), Kind.TRIGGER, Weight.NOTED),
    (replace(FUNDS, row_security="enabled"), Kind.ROW_SECURITY, Weight.BREAKS),
    (replace(FUNDS, policies=(Policy("p", "USING (false)"),)), Kind.POLICY, Weight.BREAKS),
]


@pytest.mark.parametrize(("found", "kind", "weight"), UNKNOWN)
def test_what_the_code_does_not_know_is_named_and_breaks_only_what_it_may_refuse(
    found: Table, kind: Kind, weight: Weight
) -> None:
    (one,) = compare(ONE, schema(found))
    assert (one.kind, one.weight) == (kind, weight)
    assert not one.expected or kind is Kind.ROW_SECURITY
    assert bool(one.remedy) is (weight is Weight.BREAKS or kind is Kind.INDEX_VALIDITY)


@pytest.mark.parametrize(
    ("column", "rule", "weight"),
    [
        (Column("owner", "integer"), Constraint("f", ConstraintKind.FOREIGN_KEY, ("owner",), "F"), Weight.NOTED),
        (
            Column("owner", "integer", default="1"),
            Constraint("f", ConstraintKind.FOREIGN_KEY, ("owner",), "F"),
            Weight.BREAKS,
        ),
        (Column("slug", "text"), Constraint("u", ConstraintKind.UNIQUE, ("name", "slug"), "U"), Weight.NOTED),
        (Column("slug", "text", default="''"), Constraint("u", ConstraintKind.UNIQUE, ("slug",), "U"), Weight.BREAKS),
        (Column("size", "integer"), Constraint("c", ConstraintKind.CHECK, ("size",), "C"), Weight.NOTED),
        (Column("size", "integer"), Constraint("c", ConstraintKind.CHECK, ("size", "name"), "C"), Weight.BREAKS),
    ],
)
def test_a_rule_over_a_column_that_inserts_leave_out(column: Column, rule: Constraint, weight: Weight) -> None:
    found = replace(with_column(column), constraints=(*FUNDS.constraints, rule))
    differences = compare(ONE, schema(found))
    assert {one.column: one.weight for one in differences} == {column.name: Weight.NOTED, rule.name: weight}


@pytest.mark.parametrize(
    ("here", "there", "kind", "weight"),
    [
        (Column("c", "integer"), Column("c", "text"), Kind.TYPE, Weight.BREAKS),
        (Column("c", "integer"), Column("c", "bigint"), Kind.TYPE, Weight.LOOSER),
        (Column("c", "text"), Column("c", "text", nullable=False), Kind.NULLABILITY, Weight.BREAKS),
        (Column("c", "text", nullable=False), Column("c", "text"), Kind.NULLABILITY, Weight.LOOSER),
        (Column("c", "text", default="'a'"), Column("c", "text"), Kind.DEFAULT, Weight.BREAKS),
        (Column("c", "text"), Column("c", "text", default="'a'"), Kind.DEFAULT, Weight.LOOSER),
        (Column("c", "text", collation="C"), Column("c", "text"), Kind.COLLATION, Weight.BREAKS),
        (Column("c", "text", generated="(a) stored"), Column("c", "text"), Kind.GENERATED, Weight.BREAKS),
        (Column("c", "bigint", identity="always"), Column("c", "bigint"), Kind.IDENTITY, Weight.BREAKS),
    ],
)
def test_columns(here: Column, there: Column, kind: Kind, weight: Weight) -> None:
    (one,) = compare(schema(with_column(here)), schema(with_column(there)))
    assert (one.where, one.kind, one.weight) == ("funds.c", kind, weight)
    assert one.remedy


def test_a_name_alone_is_noted() -> None:
    renamed = replace(UNIQUE, name="uq_funds_name")
    found = replace(FUNDS, constraints=(KEY, renamed), indexes=(index("j"),))
    lines = [one.line for one in compare(schema(replace(FUNDS, indexes=(index(),))), schema(found))]
    assert lines == [
        "funds.funds_name_key: unique: expected funds_name_key, found named uq_funds_name",
        "funds.i: index: expected i, found named j",
    ]


def test_a_unique_index_does_what_a_unique_constraint_does() -> None:
    found = schema(replace(FUNDS, constraints=(KEY,), indexes=(index("ux", unique=True),)))
    for pair in ((ONE, found), (found, ONE)):
        (one,) = compare(*pair)
        assert (one.kind, one.weight) == (Kind.UNIQUE, Weight.NOTED)
    partial = schema(replace(FUNDS, constraints=(KEY,), indexes=(index("ux", unique=True, predicate="id > 1"),)))
    assert [one.weight for one in compare(ONE, partial)] == [Weight.BREAKS, Weight.BREAKS]


def test_a_table_that_was_renamed_keeps_the_name_of_its_sequence() -> None:
    old = replace(FUNDS, columns=(replace(ID, default="nextval('shares_id_seq'::regclass)"), NAME))
    assert compare(ONE, schema(old, sequences=(replace(OWNED, name="shares_id_seq"),))) == ()
    foreign = schema(old, sequences=(OWNED, Sequence("shares_id_seq", "AS integer START WITH 1", "")))
    assert [one.kind for one in compare(ONE, foreign) if one.weight is Weight.BREAKS] == []
    lost = schema(replace(FUNDS, columns=(replace(ID, default=""), NAME)), sequences=())
    assert [one.kind for one in compare(ONE, lost)] == [Kind.DEFAULT, Kind.SEQUENCE]


def test_labels_of_an_enum() -> None:
    here = schema(FUNDS, enumerations=(Enumeration("mood", ("sad", "ok", "happy")),))
    there = schema(FUNDS, enumerations=(Enumeration("mood", ("happy", "sad", "new")),))
    found = {(one.column, one.weight): one for one in compare(here, there)}
    assert found["ok", Weight.BREAKS].remedy == ("ALTER TYPE mood ADD VALUE 'ok' AFTER 'sad'",)
    assert found["", Weight.BREAKS].expected == "order sad, happy"
    assert found["new", Weight.NOTED].found == "value new"


def test_a_missing_table_brings_all_that_belongs_to_it() -> None:
    (one,) = [each for each in compare(ONE, schema(sequences=())) if each.kind is Kind.TABLE]
    assert one.remedy == (
        "CREATE SEQUENCE funds_id_seq AS integer START WITH 1 NO CYCLE",
        (
            "CREATE TABLE funds (id integer DEFAULT nextval('funds_id_seq'::regclass) NOT NULL, "
            "name character varying(40) NOT NULL, CONSTRAINT funds_name_key UNIQUE (name), "
            "CONSTRAINT funds_pkey PRIMARY KEY (id))"
        ),
        "ALTER SEQUENCE funds_id_seq OWNED BY funds.id",
    )
    assert alembic([one]).splitlines()[3] == "    op.execute('ALTER SEQUENCE funds_id_seq OWNED BY funds.id')"


def test_names_that_are_words_of_the_language_are_quoted() -> None:
    (one,) = compare(schema(replace(FUNDS, name="Order", columns=(Column("user", "text"),))),
                     schema(replace(FUNDS, name="Order", columns=())))  # fmt: skip
    assert one.remedy == ('ALTER TABLE "Order" ADD COLUMN "user" text',)


def test_a_line_shows_where_long_definitions_part() -> None:
    text = " UNION ".join(f"SELECT {number} AS n FROM funds" for number in range(60))
    view = View("v", text)
    (one,) = compare(schema(FUNDS, views=(view,)), schema(FUNDS, views=(replace(view, definition=text + " WHERE x"),)))
    assert one.line.startswith("v: view: expected … ")
    assert "WHERE x" in one.line.partition("; mend")[0]
    assert "\n" not in one.line


def test_a_newer_server_words_views_of_one_relation_without_its_name() -> None:
    old = View("v", " SELECT funds.id,\n    funds.name\n   FROM funds\n  WHERE (funds.id > 1);")
    new = View("v", "SELECT id,\n    name\n   FROM funds\n  WHERE (id > 1);")
    assert compare(schema(FUNDS, views=(new,)), schema(FUNDS, version="15.4", views=(old,))) == ()
    assert len(compare(schema(FUNDS, views=(new,)), schema(FUNDS, views=(old,)))) == 1
    other = replace(old, definition=old.definition.replace("funds.name", "funds.label"))
    assert len(compare(schema(FUNDS, views=(new,)), schema(FUNDS, version="15.4", views=(other,)))) == 1
    joined = View("v", "SELECT a.id FROM a JOIN b ON a.id = b.id")
    swapped = View("v", "SELECT b.id FROM a JOIN b ON a.id = b.id")
    assert len(compare(schema(FUNDS, views=(joined,)), schema(FUNDS, version="15.4", views=(swapped,)))) == 1


def test_the_version_of_an_extension_is_the_servers_own() -> None:
    (one,) = compare(schema(extensions=(Extension("x", "1.0"),)), schema(extensions=(Extension("x", "1.1"),)))
    assert one.weight is Weight.NOTED


def test_two_engines_are_not_compared() -> None:
    (one,) = compare(ONE, Schema("mysql"))
    assert one.line == "database: storage: expected postgresql, found mysql"
    assert one.weight is Weight.BREAKS
