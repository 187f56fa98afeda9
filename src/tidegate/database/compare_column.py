"""Compare the columns of a table."""

import re
from collections.abc import Iterator

from tidegate.database.difference import Difference, Kind, Weight
from tidegate.database.remedy import Remedies
from tidegate.database.wider import takes_all
from tidegate.database.wording import Wording
from tidegate.model.schema import Column, Schema, Table

_NEXT = re.compile(r"nextval\('(?P<name>.*)'::regclass\)")


def columns(
    table: Table, other: Table, expected: Schema, found: Schema, words: Wording, mend: Remedies
) -> Iterator[Difference]:
    """Differences of the columns of a table that both schemas have."""
    there = {column.name: column for column in other.columns}
    numbered = _numbered(table.name, expected), _numbered(table.name, found)
    for column in table.columns:
        twin = there.pop(column.name, None)
        if twin is None:
            yield Difference(table.name, column.name, Kind.COLUMN, _text(column), "", mend.column(table, column))
            continue
        for kind, here, now, weight in _parts(column, twin, numbered, words):
            yield Difference(table.name, column.name, kind, here, now, mend.alter(table, column, twin, kind), weight)
    for unknown in there.values():
        if unknown.may_be_left_out:
            yield Difference(table.name, unknown.name, Kind.COLUMN, "", _text(unknown), weight=Weight.NOTED)
        else:
            text = f"{_text(unknown)} without a default: an INSERT that does not know it fails"
            yield Difference(table.name, unknown.name, Kind.COLUMN, "", text, mend.optional(table, unknown))


def _parts(
    column: Column, other: Column, numbered: tuple[set[str], set[str]], words: Wording
) -> Iterator[tuple[Kind, str, str, Weight]]:
    if column.type != other.type:
        wider = takes_all(other.type, column.type)
        yield Kind.TYPE, column.type, other.type, Weight.LOOSER if wider else Weight.BREAKS
    if column.nullable is not other.nullable:
        here, now = ("NULL" if one.nullable else "NOT NULL" for one in (column, other))
        yield Kind.NULLABILITY, here, now, Weight.LOOSER if other.nullable else Weight.BREAKS
    if not words.alike(column.generated, other.generated):
        yield Kind.GENERATED, column.generated, other.generated, Weight.BREAKS
    if column.identity != other.identity:
        yield Kind.IDENTITY, column.identity, other.identity, Weight.BREAKS
    elif not _same_default(column, other, numbered, words):
        yield Kind.DEFAULT, column.default, other.default, Weight.BREAKS if column.default else Weight.LOOSER
    if column.collation != other.collation:
        here, now = (one.collation or "the default" for one in (column, other))
        yield Kind.COLLATION, here, now, Weight.BREAKS


def _same_default(column: Column, other: Column, numbered: tuple[set[str], set[str]], words: Wording) -> bool:
    """A column's own sequence numbers it, whatever its name."""
    if words.alike(column.default, other.default):
        return True
    own = column.name in numbered[0] and column.name in numbered[1]
    return own and bool(_NEXT.fullmatch(column.default) and _NEXT.fullmatch(other.default))


def _numbered(table: str, schema: Schema) -> set[str]:
    """Columns of a table that have a sequence of their own."""
    owners = (one.owner.rpartition(".") for one in schema.sequences)
    return {column for owner, _, column in owners if owner == table}


def _text(column: Column) -> str:
    return f"{column.type}{'' if column.nullable else ' NOT NULL'}"
