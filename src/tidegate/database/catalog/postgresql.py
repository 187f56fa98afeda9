"""PostgreSQL's catalog as a Schema."""

from typing import NamedTuple

from tidegate.database.catalog import postgresql_queries as queries
from tidegate.database.catalog.question import Ask, Row, grouped, unreadable
from tidegate.model.schema import (
    Column,
    Composite,
    Constraint,
    ConstraintKind,
    Domain,
    Enumeration,
    Extension,
    Index,
    Policy,
    Routine,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
)

_OF_RELATIONS = (queries.COLUMNS, queries.CONSTRAINTS, queries.INDEXES, queries.TRIGGERS, queries.POLICIES)
"""Those whose first column is a relation's oid."""

_KINDS = {
    "p": ConstraintKind.PRIMARY_KEY,
    "u": ConstraintKind.UNIQUE,
    "f": ConstraintKind.FOREIGN_KEY,
    "c": ConstraintKind.CHECK,
    "x": ConstraintKind.EXCLUSION,
}
_IDENTITY = {"a": "always", "d": "by default"}
_ENABLED = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}
_ROUTINES = {"f": "function", "p": "procedure", "a": "aggregate", "w": "function"}


class _Parts(NamedTuple):
    columns: dict[int, list[Row]]
    constraints: dict[int, list[Row]]
    indexes: dict[int, list[Row]]
    triggers: dict[int, list[Row]]
    policies: dict[int, list[Row]]


def read(ask: Ask) -> Schema:
    """Read all of the current database; twelve queries, however many tables there are.

    Raises:
        errors.DatabaseError: The user may use no schema of its search path, so that no name is known as the code's.
    """
    (version, schema) = ask(queries.SERVER)[0]
    if schema is None:
        raise unreadable("any schema of its search path", "USAGE on the schema (`GRANT USAGE ON SCHEMA public TO …`)")
    ask(queries.SEARCH_PATH)
    parts = _Parts(*(grouped(ask(query)) for query in _OF_RELATIONS))
    relations = sorted(ask(queries.RELATIONS), key=lambda row: str(row[1]))
    types = sorted(ask(queries.TYPES))
    return Schema(
        engine="postgresql",
        version=str(version).split(" ")[0],
        tables=tuple(_table(row, parts) for row in relations if row[2] in "rpf"),
        views=tuple(_view(row, parts) for row in relations if row[2] in "vm"),
        sequences=tuple(_sequence(row) for row in sorted(ask(queries.SEQUENCES))),
        enumerations=tuple(Enumeration(row[0], tuple(row[2])) for row in types if row[1] == "e"),
        domains=tuple(_domain(row) for row in types if row[1] == "d"),
        composites=tuple(Composite(row[1], _columns(row, parts)) for row in relations if row[2] == "c"),
        routines=tuple(_routine(row) for row in sorted(ask(queries.ROUTINES))),
        extensions=tuple(Extension(row[0], row[1]) for row in sorted(ask(queries.EXTENSIONS))),
    )


def _table(row: Row, parts: _Parts) -> Table:
    (oid, name, kind, persistence, secured, forced, _, partition_by, bound, _, _, parents) = row
    above = tuple((parents or "").split("\n")) if parents else ()
    return Table(
        name=name,
        columns=_columns(row, parts),
        constraints=tuple(_constraint(one) for one in sorted(parts.constraints.get(oid, []))),
        indexes=_indexes(row, parts),
        triggers=_triggers(row, parts),
        policies=tuple(_policy(one) for one in sorted(parts.policies.get(oid, []), key=lambda one: str(one[0]))),
        row_security=("forced" if forced else "enabled") if secured else "",
        persistence="unlogged" if persistence == "u" else "permanent",
        partition_by=partition_by or "",
        partition_of=above[0] if bound else "",
        bound=bound or "",
        inherits=() if bound else above,
        options="foreign" if kind == "f" else "",
    )


def _columns(row: Row, parts: _Parts) -> tuple[Column, ...]:
    return tuple(_column(one) for one in parts.columns.get(row[0], []))


def _column(row: Row) -> Column:
    (name, written, required, expression, identity, generated, collation) = row
    manner = {"s": "stored", "v": "virtual"}.get(generated, "")
    return Column(
        name=name,
        type=written,
        nullable=not required,
        default="" if manner else expression or "",
        identity=_IDENTITY.get(identity, ""),
        generated=f"{expression} {manner}" if manner else "",
        collation=collation or "",
    )


def _constraint(row: Row) -> Constraint:
    (name, kind, definition, columns) = row
    return Constraint(name, _KINDS[kind], tuple(columns), definition)


def _indexes(row: Row, parts: _Parts) -> tuple[Index, ...]:
    return tuple(_index(one) for one in sorted(parts.indexes.get(row[0], []), key=lambda one: str(one[0])))


def _index(row: Row) -> Index:
    (name, method, unique, valid, definition, predicate, columns) = row
    keys = definition.partition(f" USING {method} ")[2]
    if predicate:
        keys = keys.removesuffix(f" WHERE {predicate}")
    return Index(name, tuple(columns), keys, method, unique, predicate or "", valid)


def _triggers(row: Row, parts: _Parts) -> tuple[Trigger, ...]:
    return tuple(
        Trigger(name, definition, _ENABLED[enabled])
        for name, definition, enabled in sorted(parts.triggers.get(row[0], []))
    )


def _policy(row: Row) -> Policy:
    (name, permissive, command, roles, using, check) = row
    definition = f"AS {'PERMISSIVE' if permissive else 'RESTRICTIVE'} FOR {_COMMANDS[command]} TO {', '.join(roles)}"
    definition += f" USING ({using})" if using else ""
    return Policy(name, definition + (f" WITH CHECK ({check})" if check else ""))


def _view(row: Row, parts: _Parts) -> View:
    (_, name, kind, _, _, _, populated, _, _, definition, options, _) = row
    return View(
        name=name,
        definition=definition.strip(),
        materialized=kind == "m",
        populated=populated,
        options=tuple(sorted((options or "").split("\n"))) if options else (),
        indexes=_indexes(row, parts),
        triggers=_triggers(row, parts),
    )


def _sequence(row: Row) -> Sequence:
    (name, written, start, increment, least, most, cache, cycle, owner, dependency) = row
    definition = (
        f"AS {written} START WITH {start} INCREMENT BY {increment} MINVALUE {least} MAXVALUE {most}"
        f" CACHE {cache}{' CYCLE' if cycle else ''}"
    )
    return Sequence(name, definition, owner or "", identity=dependency == "i")


def _routine(row: Row) -> Routine:
    """The name in CREATE FUNCTION is always qualified, whatever the search path."""
    (name, kind, definition, prefix) = row
    bare = definition.replace(prefix, "", 1) if prefix and f" {prefix}" in definition.split("(")[0] else definition
    return Routine(name, bare.strip(), _ROUTINES[kind])


def _domain(row: Row) -> Domain:
    (name, _, _, base, required, default, collation, checks) = row
    parts = [base, f"COLLATE {collation}" if collation else "", f"DEFAULT {default}" if default else ""]
    parts += ["NOT NULL" if required else "", *checks]
    return Domain(name, " ".join(part for part in parts if part))
