"""The schema gate over 200 tables of a real PostgreSQL: the question, the comparison and the verdict.

The tables are as a product has them: a key, a foreign key, a CHECK and an index each, and a view over every fourth.
"""

from benchmarks.measure import Row, milliseconds, row, sample, seconds
from tidegate.database.access import Access, connect
from tidegate.database.expectation import Expectation, of_document
from tidegate.database.expected import schema_of
from tidegate.database.introspection.answer import answer, schema_in
from tidegate.database.schema_gate import judge
from tidegate.database.scratch import scratch_database, scratch_server
from tidegate.model.database import Engine
from tidegate.model.schema import Schema

TABLES = 200
NAME = f"the schema gate, {TABLES} tables"


def statements() -> list[str]:
    """Statements that make the tables, each with a foreign key to the one before it."""
    made = []
    for number in range(TABLES):
        before = f"REFERENCES table_{number - 1} (id)" if number else ""
        columns = ", ".join(f"value_{one} numeric(12, {one % 6}) DEFAULT {one}" for one in range(12))
        made.append(
            f"CREATE TABLE table_{number} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            f" before_id bigint {before}, name varchar(80) NOT NULL UNIQUE,"
            f" opened date NOT NULL DEFAULT CURRENT_DATE, {columns},"
            f" CONSTRAINT table_{number}_check CHECK (value_1 >= 0))"
        )
        made.append(f"CREATE INDEX ix_table_{number} ON table_{number} (opened) WHERE value_2 > 0")
        if number % 4 == 0:
            made.append(
                f"CREATE VIEW view_{number} AS SELECT name, max(opened) AS day FROM table_{number} GROUP BY name"
            )
    return made


def database(access: Access) -> None:
    """Carry the statements out."""
    with connect(access) as connection:
        for statement in statements():
            connection.exec_driver_sql(statement)
        connection.commit()


def gate(document: object, access: Access) -> None:
    """What the job does, from what the ledger keeps to the verdict; the connection is opened and closed."""
    verdict = judge(of_document(document), schema_of(access))
    assert not verdict.failures


def carried(schema: Schema) -> None:
    """An answer made inside the VPC and opened outside of it, without the wire."""
    assert schema_in(answer(schema), schema.engine) == schema


def rows() -> list[Row]:
    """The gate asked directly, and what the way through the function inside the VPC adds to it."""
    with scratch_server(Engine.POSTGRESQL) as server:
        access = scratch_database(server)
        database(access)
        found = schema_of(access)
        assert len(found.tables) == TABLES
        document = Expectation(found, (found,)).document()
        whole = sample(lambda: seconds(lambda: gate(document, access)), 11)
        asked = sample(lambda: seconds(lambda: schema_of(access)), 11)
        packed = sample(lambda: seconds(lambda: carried(found)), 11)
    return [
        row(NAME, "ms", milliseconds(whole), 1000.0),
        row("the question alone: twelve queries and a connection", "ms", milliseconds(asked)),
        row("an answer packed inside the VPC and unpacked outside", "ms", milliseconds(packed)),
    ]
