"""The second opinion: the database's dump against that of what the code expects, where both can be had alike."""

from collections.abc import Iterable

from tidegate.database.access import Access
from tidegate.database.difference import Difference
from tidegate.database.dump import dump_of_schema, only_in_dumps
from tidegate.database.expectation import Expectation
from tidegate.database.schema_gate import expected_and_found
from tidegate.engines import available
from tidegate.engines.account import account
from tidegate.engines.binaries import programs
from tidegate.model.database import Engine
from tidegate.model.schema import Schema


def dump_program(engine: Engine) -> str:
    """The pg_dump beside the scratch server, which is of its version; empty where there is none."""
    if engine is not Engine.POSTGRESQL or available(engine.value):
        return ""
    return programs(engine.value, account())["pg_dump"]


def second_opinion(expectation: Expectation, found: Schema, access: Access) -> tuple[tuple[Difference, ...], str]:
    """Compare dumps.

    Args:
        expectation: What the code expects.
        found: What the catalog's reading said of the database.
        access: The database, which is asked directly.

    Returns:
        What only the dump shows; and why it was not compared, empty where it was.

    Raises:
        errors.DatabaseError: The dump could not be made.
    """
    if access.engine is not Engine.POSTGRESQL:
        return (), "there is no second opinion by a dump for MySQL"
    if not expectation.dumps:
        return (), "no dump was kept with what the code expects"
    program = dump_program(access.engine)
    if not program:
        return (), "there is no pg_dump here"
    ours, theirs = (one.version.partition(".")[0] for one in (expectation.schemas[0], found))
    if ours != theirs:
        return (), f"the expectation was read on PostgreSQL {ours}, and the database is {theirs}: their dumps differ"
    text = dump_of_schema(program, access)
    return differing(expectation, text, expected_and_found(expectation, found)), ""


def differing(expectation: Expectation, text: str, known: Iterable[Difference]) -> tuple[Difference, ...]:
    """What a dump differs in from all that the code may find: pure."""
    told = tuple(known)
    sides = [
        {(one.table, one.column, one.expected): one for one in only_in_dumps(expected, text, told)}
        for expected in expectation.dumps
    ]
    return tuple(one for key, one in sides[0].items() if all(key in side for side in sides)) if sides else ()
