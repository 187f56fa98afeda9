"""Values for rows of a scratch database, by a column's type: pure. Texts throughout; the server takes them as it does.

Rows are made so that they differ, and so that some have NULL wherever it may stand: a column that is added NOT NULL
passes on an empty table and fails on a full one.
"""

import re
from collections.abc import Callable, Sequence
from random import Random

from tidegate.model.schema import Column, Constraint, ConstraintKind, Schema, Table

ROWS = 3
NULL_ROW = 2
"""The row, from 1, in which whatever may be NULL is."""

_MAKERS: tuple[tuple[str, Callable[[int, re.Match[str]], str]], ...] = (
    (r".*\[\]$", lambda _, __: "{}"),
    (r"(bool|tinyint\(1\))", lambda row, _: str(row % 2)),
    (r"(tiny|small|medium|big)?int(?!erval)|year|oid", lambda row, _: str(row)),
    (r"(numeric|decimal)\((\d+),\s*0\)", lambda row, _: str(row)),
    (r"(numeric|decimal)\((\d+),\s*(\d+)\)", lambda row, found: _fraction(row, int(found[2]), int(found[3]))),
    (r"numeric|decimal|real|double|float|money", lambda row, _: f"{row}.5"),
    (r"(character varying|varchar|character|char|bpchar)(?:\((\d+)\))?", lambda row, found: _text(row, found[2])),
    (r"(long|medium|tiny)?text|citext|name", lambda row, _: f"{row} text"),
    (r"timestamp|datetime", lambda row, _: f"2020-01-0{row} 10:00:00"),
    (r"date\b", lambda row, _: f"2020-01-0{row}"),
    (r"time\b", lambda row, _: f"10:00:0{row}"),
    (r"interval", lambda row, _: f"{row} days"),
    (r"uuid", lambda row, _: f"00000000-0000-4000-8000-{row:012d}"),
    (r"jsonb?", lambda row, _: f'{{"row": {row}}}'),
    (r"bytea|.*blob|(var)?binary", lambda row, _: f"{row}"),
    (r"inet|cidr", lambda row, _: f"10.0.0.{row}"),
    (r"macaddr\b", lambda row, _: f"08:00:2b:01:02:0{row}"),
    (r"bit(?: varying)?(?:\((\d+)\))?", lambda row, found: f"{row % 2}".zfill(int(found[1] or 1))),
    (r"tsvector|tsquery|xml|ltree|hstore", lambda _, __: ""),
    (r".*range\b", lambda _, __: "empty"),
    (r"point", lambda row, _: f"({row},{row})"),
    (r"(?:enum|set)\('((?:[^']|'')*)'", lambda _, found: str(found[1])),
)


def value(column: Column, row: int, schema: Schema) -> str | None:
    """A value for a column in a row, counted from 1; None is NULL, and what nobody knows a value for."""
    if column.nullable and row == NULL_ROW:
        return None
    for enumeration in schema.enumerations:
        if enumeration.name == column.type:
            return enumeration.labels[(row - 1) % len(enumeration.labels)]
    base = next((domain.definition for domain in schema.domains if domain.name == column.type), column.type)
    for pattern, make in _MAKERS:
        if found := re.match(pattern, base, re.IGNORECASE):
            return make(row, found)
    return None


def filled(table: Table) -> tuple[Column, ...]:
    """The columns that rows are given values for; the server makes the others."""
    return tuple(
        column
        for column in table.columns
        if not column.generated and not column.identity and "nextval(" not in column.default
    )


def candidate(constraint: Constraint, randomness: Random) -> str:
    """Another value for a column of a check that refused a row: mostly one of those that stand in the check."""
    texts = [found.replace("''", "'") for found in re.findall(r"'((?:[^']|'')*)'", constraint.definition)]
    numbers = [int(found) for found in re.findall(r"(?<![\w'.])-?\d+(?![\w'])", constraint.definition)]
    near = [str(number + shift) for number in numbers for shift in (0, 1, -1, 0.5)]
    usual = ["0", "1", "100", "a", "A", "abcdef", "a@b.example", "2021-06-01", "2999-01-01", "2001-01-01"]
    chosen: str = randomness.choice([*texts, *near, *texts, *near, *usual])
    return chosen


def in_order(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Tables, each behind those that its foreign keys name where that can be; partitions are filled by their parent."""
    rest = {table.name: table for table in tables if not table.partition_of}
    done: list[Table] = []
    while rest:
        free = [table for table in rest.values() if not ((parents(table) - {table.name}) & rest.keys())]
        done.extend(rest.pop(table.name) for table in free or [next(iter(rest.values()))])
    return tuple(done)


def parents(table: Table) -> set[str]:
    """The tables that foreign keys of a table name."""
    return {one[1] for one in references(table)}


def references(table: Table) -> tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]:
    """Foreign keys: columns, the other table, its columns."""
    found = []
    for constraint in table.constraints:
        if constraint.kind is ConstraintKind.FOREIGN_KEY:
            words = re.search(r"REFERENCES\s+([^\s(]+)\s*\(([^)]*)\)", constraint.definition, re.IGNORECASE)
            if words:
                other = tuple(_bare(name) for name in words[2].split(","))
                found.append((constraint.columns, _bare(words[1]), other))
    return tuple(found)


def _bare(name: str) -> str:
    return ".".join(part.strip().strip('"`') for part in name.strip().split("."))


def _text(row: int, limit: str | None) -> str:
    return f"{row} text"[: int(limit) if limit else None]


def _fraction(row: int, precision: int, scale: int) -> str:
    return f"{row}.5" if precision > scale else f"0.{row}"
