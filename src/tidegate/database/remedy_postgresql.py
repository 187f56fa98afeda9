"""PostgreSQL's words for mending."""

import re
from collections.abc import Sequence as Many

from tidegate.database.difference import Kind
from tidegate.database.remedy import Statements
from tidegate.model.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Index,
    Policy,
    Sequence,
    Table,
    Trigger,
    View,
)

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_WORDS = """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
    leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
    session_user some symmetric system_user table then to trailing true union unique user using variadic when where
    window with authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join
    left like natural notnull outer overlaps right similar tablesample verbose between bigint bit boolean char
    character coalesce dec decimal exists extract float greatest grouping inout int integer interval json least
    national nchar none normalize nullif numeric out overlay position precision real row setof smallint substring time
    timestamp treat trim values varchar xmlelement"""
_RESERVED = frozenset(_WORDS.split())
"""PostgreSQL documentation, appendix C: reserved, and not usable as a column's name."""

_ENABLE = {"origin": "ENABLE", "disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}
_SLOW = frozenset({ConstraintKind.FOREIGN_KEY, ConstraintKind.CHECK})
"""May be added without looking at the rows, which a second statement does without keeping writers out."""


def quoted(name: str) -> str:
    """A name, or `schema.name`, as statements write it."""
    return ".".join(
        part if _PLAIN.fullmatch(part) and part not in _RESERVED else '"' + part.replace('"', '""') + '"'
        for part in name.split(".")
    )


def column_definition(column: Column) -> str:
    """A column as in CREATE TABLE."""
    parts = [quoted(column.name), column.type]
    parts += [f"COLLATE {quoted(column.collation)}"] if column.collation else []
    parts += [f"DEFAULT {column.default}"] if column.default else []
    parts += [f"GENERATED {column.identity.upper()} AS IDENTITY"] if column.identity else []
    if column.generated:
        expression, _, manner = column.generated.rpartition(" ")
        parts.append(f"GENERATED ALWAYS AS ({expression}) {manner.upper()}")
    return " ".join(parts + (["NOT NULL"] if not column.nullable else []))


def sequence(one: Sequence, found: Sequence | None = None) -> Statements:
    """Make a sequence, or bring the one that was found to what it should be."""
    return (f"{'ALTER' if found else 'CREATE'} SEQUENCE {quoted((found or one).name)} {_explicit(one.definition)}",)


def _explicit(definition: str) -> str:
    return definition if definition.endswith("CYCLE") else f"{definition} NO CYCLE"


def policy(table: str, one: Policy, found: Policy | None) -> Statements:
    """Make a policy, in the place of the one that was found."""
    name, at = quoted(one.name), quoted(table)
    drop = (f"DROP POLICY {name} ON {at}",) if found else ()
    return (*drop, f"CREATE POLICY {name} ON {at} {one.definition}")


def row_security(table: str, expected: str) -> Statements:
    """Have row level security as expected."""
    start = f"ALTER TABLE {quoted(table)}"
    return (
        f"{start} {'ENABLE' if expected else 'DISABLE'} ROW LEVEL SECURITY",
        f"{start} {'FORCE' if expected == 'forced' else 'NO FORCE'} ROW LEVEL SECURITY",
    )


class PostgreSQL:
    """See `remedy.Remedies`."""

    def table(self, table: Table, owned: Many[Sequence]) -> Statements:
        """Make a table with all that belongs to it; `owned` are the sequences of its columns."""
        name = quoted(table.name)
        late = tuple(one for one in table.constraints if one.kind is ConstraintKind.FOREIGN_KEY)
        made = tuple(one for one in owned if not one.identity)
        return (
            *(statement for one in made for statement in sequence(one)),
            self._create(table),
            *(f"ALTER SEQUENCE {quoted(one.name)} OWNED BY {quoted(one.owner)}" for one in made),
            *(f"ALTER TABLE {name} ADD CONSTRAINT {quoted(one.name)} {one.definition}" for one in late),
            *(statement for one in table.indexes for statement in self.index(table.name, one, None, live=False)),
            *(statement for one in table.triggers for statement in self.trigger(table.name, one, None)),
            *(row_security(table.name, table.row_security) if table.row_security else ()),
            *(statement for one in table.policies for statement in policy(table.name, one, None)),
        )

    def _create(self, table: Table) -> str:
        start = f"CREATE {'UNLOGGED ' if table.persistence == 'unlogged' else ''}TABLE {quoted(table.name)}"
        own = [one for one in table.constraints if one.kind is not ConstraintKind.FOREIGN_KEY]
        rules = [f"CONSTRAINT {quoted(one.name)} {one.definition}" for one in own]
        end = f" PARTITION BY {table.partition_by}" if table.partition_by else ""
        if table.partition_of:
            inner = f" ({', '.join(rules)})" if rules else ""
            return f"{start} PARTITION OF {quoted(table.partition_of)}{inner} {table.bound}{end}"
        body = ", ".join([*(column_definition(column) for column in table.columns), *rules])
        inherits = f" INHERITS ({', '.join(map(quoted, table.inherits))})" if table.inherits else ""
        return f"{start} ({body}){inherits}{end}"

    def column(self, table: Table, column: Column) -> Statements:
        """Add a column."""
        return (f"ALTER TABLE {quoted(table.name)} ADD COLUMN {column_definition(column)}",)

    def alter(self, table: Table, column: Column, found: Column, kind: Kind) -> Statements:
        """Change what differs in a column."""
        start = f"ALTER TABLE {quoted(table.name)}"
        at = f"{start} ALTER COLUMN {quoted(column.name)}"
        if kind in (Kind.TYPE, Kind.COLLATION):
            collate = f" COLLATE {quoted(column.collation or 'default')}" if Kind.COLLATION is kind else ""
            using = "" if kind is Kind.COLLATION else f" USING {quoted(column.name)}::{column.type}"
            return (f"{at} TYPE {column.type}{collate}{using}",)
        if kind is Kind.NULLABILITY:
            return (f"{at} {'DROP' if column.nullable else 'SET'} NOT NULL",)
        if kind is Kind.DEFAULT:
            return (f"{at} SET DEFAULT {column.default}" if column.default else f"{at} DROP DEFAULT",)
        if kind is Kind.IDENTITY:
            return self._identity(at, column, found)
        if column.generated or found.generated:  # PostgreSQL 16 cannot change an expression in its place.
            return (f"{start} DROP COLUMN {quoted(column.name)}", f"{start} ADD COLUMN {column_definition(column)}")
        return ()

    def _identity(self, at: str, column: Column, found: Column) -> Statements:
        if not column.identity:
            return (f"{at} DROP IDENTITY",)
        if found.identity:
            return (f"{at} SET GENERATED {column.identity.upper()}",)
        drop = (f"{at} DROP DEFAULT",) if found.default else ()
        return (*drop, f"{at} ADD GENERATED {column.identity.upper()} AS IDENTITY")

    def optional(self, table: Table, found: Column) -> Statements:
        """Let INSERTs leave out a column that the code does not know."""
        return (f"ALTER TABLE {quoted(table.name)} ALTER COLUMN {quoted(found.name)} DROP NOT NULL",)

    def constraint(self, table: Table, constraint: Constraint, found: Constraint | None) -> Statements:
        """Add a constraint, in the place of the one that was found."""
        start, name = f"ALTER TABLE {quoted(table.name)}", quoted(constraint.name)
        if found and found.definition == f"{constraint.definition} NOT VALID":
            return (f"{start} VALIDATE CONSTRAINT {quoted(found.name)}",)
        drop = self.without_constraint(table, found) if found else ()
        add = f"{start} ADD CONSTRAINT {name} {constraint.definition}"
        if constraint.kind not in _SLOW or table.partition_by or add.endswith("NOT VALID"):
            return (*drop, add)
        return (*drop, f"{add} NOT VALID", f"{start} VALIDATE CONSTRAINT {name}")

    def without_constraint(self, table: Table, found: Constraint) -> Statements:
        """Drop a constraint."""
        return (f"ALTER TABLE {quoted(table.name)} DROP CONSTRAINT {quoted(found.name)}",)

    def index(self, table: str, index: Index, found: Index | None, *, live: bool = True) -> Statements:
        """Make an index, in the place of the one that was found; `live` without keeping writers out."""
        drop = self.without_index(table, found) if found else ()
        start = f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {'CONCURRENTLY ' if live else ''}"
        end = f" WHERE {index.predicate}" if index.predicate else ""
        return (*drop, f"{start}{quoted(index.name)} ON {quoted(table)} USING {index.method} {index.keys}{end}")

    def without_index(self, table: str, found: Index) -> Statements:
        """Drop an index."""
        schema, dot, _ = table.rpartition(".")
        return (f"DROP INDEX {quoted(schema + dot + found.name)}",)

    def trigger(self, table: str, trigger: Trigger, found: Trigger | None) -> Statements:
        """Make a trigger, in the place of the one that was found."""
        at = quoted(table)
        drop = (f"DROP TRIGGER {quoted(found.name)} ON {at}",) if found else ()
        able = f"ALTER TABLE {at} {_ENABLE[trigger.enabled]} TRIGGER {quoted(trigger.name)}"
        if found and found.definition == trigger.definition:
            return (able,)
        return (*drop, trigger.definition, *((able,) if trigger.enabled != "origin" else ()))

    def view(self, view: View, found: View | None) -> Statements:
        """Make a view, in the place of the one that was found."""
        name, kind = quoted(view.name), "MATERIALIZED VIEW" if view.materialized else "VIEW"
        drop = (f"DROP {'MATERIALIZED VIEW' if found.materialized else 'VIEW'} {name}",) if found else ()
        options = f" WITH ({', '.join(view.options)})" if view.options else ""
        rest = (
            *(statement for one in view.indexes for statement in self.index(view.name, one, None, live=False)),
            *(statement for one in view.triggers for statement in self.trigger(view.name, one, None)),
        )
        return (*drop, f"CREATE {kind} {name}{options} AS {view.definition.rstrip(';')}", *rest)
