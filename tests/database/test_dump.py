"""The dump as a second opinion: what it shows that the catalog's reading does not, and nothing else."""

from dataclasses import replace

import pytest

from tests.database.conftest import fresh_database
from tidegate.database.access import Access, connect
from tidegate.database.difference import Difference, Kind, Weight
from tidegate.database.dump import dump_of_schema, entries, only_in_dumps
from tidegate.database.expectation import Expectation, of_document
from tidegate.database.expected import schema_of
from tidegate.database.schema_gate import expected_and_found, judge
from tidegate.database.second_opinion import differing, dump_program, second_opinion
from tidegate.engines import Server
from tidegate.errors import DatabaseError
from tidegate.model.database import Engine
from tidegate.model.verdict import Verdict

MADE = """
CREATE TABLE funds (id serial PRIMARY KEY, name varchar(40) NOT NULL, note text, CONSTRAINT named CHECK (name <> ''));
CREATE INDEX ix_funds_name ON funds (name);
CREATE VIEW names AS SELECT name FROM funds;
CREATE TABLE kept (id integer PRIMARY KEY, note text);
CREATE RULE kept_stays AS ON DELETE TO kept DO INSTEAD NOTHING;
CREATE STATISTICS funds_both ON id, name FROM funds;
CREATE TYPE span AS RANGE (subtype = date);
ALTER TABLE kept REPLICA IDENTITY FULL;
ALTER TABLE kept ALTER note SET STORAGE EXTERNAL;
CREATE TABLE alembic_version (version_num text PRIMARY KEY);
"""
PROGRAM = dump_program(Engine.POSTGRESQL)


def run(access: Access, *statements: str) -> None:
    with connect(access) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def expecting(access: Access) -> Expectation:
    schema = schema_of(access)
    return of_document(Expectation(schema, dumps=(dump_of_schema(PROGRAM, access),)).document())


@pytest.fixture
def access(postgres: Server) -> Access:
    made = fresh_database(postgres)
    run(made, MADE)
    return made


def opinion(expectation: Expectation, access: Access) -> tuple[Difference, ...]:
    (found, why_not) = second_opinion(expectation, schema_of(access), access)
    assert why_not == ""
    return found


@pytest.mark.parametrize(
    ("planted", "where", "weight"),
    [
        ("DROP RULE kept_stays ON kept", "kept.kept_stays", Weight.BREAKS),
        ("DROP STATISTICS funds_both", "funds_both", Weight.BREAKS),
        ("DROP TYPE span", "span", Weight.BREAKS),
        ("ALTER TABLE kept REPLICA IDENTITY DEFAULT", "kept", Weight.LOOSER),
        ("ALTER TABLE kept ALTER note SET STORAGE MAIN", "kept", Weight.LOOSER),
        ("CREATE RULE more AS ON UPDATE TO kept DO INSTEAD NOTHING", "kept.more", Weight.NOTED),
        ("ALTER TABLE kept SET (fillfactor = 70)", "kept", Weight.NOTED),
        ("ALTER TABLE funds CLUSTER ON ix_funds_name", "ix_funds_name", Weight.NOTED),
        ("CREATE CAST (text AS date) WITH INOUT", "CAST (text AS date)", Weight.NOTED),
    ],
    ids=lambda one: one if isinstance(one, str) and " " in one else "",
)
def test_a_difference_that_only_the_dump_shows_is_told(
    planted: str, where: str, weight: Weight, access: Access
) -> None:
    expectation = expecting(access)
    run(access, planted)
    found = schema_of(access)
    assert expected_and_found(expectation, found) == (), (
        "the catalog's reading would tell it: it is not a second opinion"
    )
    (one,) = opinion(expectation, access)
    assert (one.kind, one.where, one.weight) == (Kind.DUMP, where, weight)
    verdict = judge(expectation, found, more=(one,)).verdict
    assert verdict is (Verdict.SUCCESSFUL if weight is Weight.NOTED else Verdict.FAILED)
    run(access, *one.remedy)
    if one.remedy:
        assert [left for left in opinion(expectation, access) if left.weight is not Weight.NOTED] == []


def test_an_equal_schema_has_none(access: Access) -> None:
    assert opinion(expecting(access), access) == ()


@pytest.mark.parametrize(
    "planted",
    [
        "ALTER TABLE funds DROP COLUMN name CASCADE",
        "ALTER TABLE funds RENAME CONSTRAINT named TO other",
        "ALTER SEQUENCE funds_id_seq RENAME TO others",
        "DROP TABLE funds CASCADE",
        "DROP INDEX ix_funds_name",
        "CREATE OR REPLACE VIEW names AS SELECT name, 1 AS one FROM funds",
        "ALTER TABLE funds ADD COLUMN more text",
    ],
)
def test_what_the_catalog_tells_is_not_told_twice(planted: str, access: Access) -> None:
    expectation = expecting(access)
    run(access, planted)
    # A drop takes the statistics of the table with it, of which the catalog's reading does not know.
    assert [one.where for one in opinion(expectation, access) if one.where != "funds_both"] == []


def test_columns_in_another_order_are_the_same(access: Access) -> None:
    expectation = expecting(access)
    run(access, "ALTER TABLE kept DROP COLUMN note, ADD COLUMN note text, ALTER note SET STORAGE EXTERNAL")
    assert opinion(expectation, access) == ()
    run(
        access,
        "ALTER TABLE kept DROP CONSTRAINT kept_pkey, DROP COLUMN id",
        "ALTER TABLE kept ADD id integer PRIMARY KEY",
    )
    assert opinion(expectation, access) == ()


def test_what_a_contract_migration_is_about_is_none_on_either_side(access: Access) -> None:
    before = expecting(access)
    standing = schema_of(access)
    first = dump_of_schema(PROGRAM, access)
    run(access, "DROP RULE kept_stays ON kept")
    behind = dump_of_schema(PROGRAM, access)
    both = replace(before, migrated=(standing, schema_of(access)), dumps=(first, behind))
    for text in (first, behind):
        assert [one for one in differing(both, text, ()) if one.weight is not Weight.NOTED] == []
    run(access, "DROP TYPE span")
    assert [one.where for one in opinion(both, access)] == ["span"]


def test_it_says_why_it_was_not_asked(access: Access) -> None:
    expectation, found = expecting(access), schema_of(access)
    assert (
        second_opinion(replace(expectation, dumps=()), found, access)[1]
        == "no dump was kept with what the code expects"
    )
    older = second_opinion(expectation, replace(found, version="15.4"), access)
    assert older[0] == ()
    assert older[1].endswith("and the database is 15: their dumps differ")
    assert "MySQL" in second_opinion(expectation, found, replace(access, engine=Engine.MYSQL))[1]


def test_a_user_who_may_not_read_the_tables_is_told_without_the_password(access: Access, postgres: Server) -> None:
    expectation, found = expecting(access), schema_of(access)
    postgres.execute("CREATE ROLE dumper LOGIN PASSWORD 's3cret/word';")
    with pytest.raises(DatabaseError, match=r"the dump failed: .*permission denied for table") as caught:
        second_opinion(expectation, found, replace(access, user="dumper", password="s3cret/word"))
    assert "pg_read_all_data" in caught.value.what_next
    with pytest.raises(DatabaseError, match=r"the dump failed: .*password authentication failed") as wrong:
        second_opinion(expectation, found, replace(access, password="s3cret/word"))
    for error in (caught.value, wrong.value):
        assert "s3cret" not in f"{error} {error.what_next}"
        assert error.__context__ is None


def test_a_body_that_looks_like_a_head_is_no_entry(access: Access) -> None:
    body = "\nSELECT 1;\n-- Name: trap; Type: TABLE; Schema: public; Owner: -\n"
    run(access, f"CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS '{body}'")
    found = entries(dump_of_schema(PROGRAM, access))
    assert ("TABLE", "public.trap") not in found
    assert ("FUNCTION", "public.one()") in found
    assert ("TABLE", "public.alembic_version") not in found
    assert list(only_in_dumps("", "", ())) == []
