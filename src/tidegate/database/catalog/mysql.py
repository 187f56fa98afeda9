"""MySQL's and MariaDB's catalog as a Schema, in words that both have in common."""

from typing import NamedTuple

from tidegate.database.catalog import mysql_queries as queries
from tidegate.database.catalog import mysql_words as words
from tidegate.database.catalog.question import Ask, Row, grouped, unreadable
from tidegate.model.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Index,
    Routine,
    Schema,
    Table,
    Trigger,
    View,
)

_PRIMARY = "PRIMARY"
_USUAL = "innodb"
_SAME_ACTION = frozenset({"RESTRICT", "NO ACTION"})
"""InnoDB makes no difference between them, and MySQL and MariaDB differ in which one is the default."""


class _Parts(NamedTuple):
    columns: dict[str, list[Row]]
    keys: dict[str, list[Row]]
    foreign_keys: dict[str, list[Row]]
    checks: dict[str, list[Row]]
    partitions: dict[str, list[Row]]
    triggers: dict[str, list[Row]]
    collation: str
    database: str
    maria: bool


def read(ask: Ask) -> Schema:
    """Read all of the current database; eleven queries, however many tables there are.

    Raises:
        errors.DatabaseError: The user may not read what a view or a routine is.
    """
    (version, database, collation) = ask(queries.SERVER)[0]
    maria = "mariadb" in version.lower()
    parts = _Parts(
        grouped(ask(queries.COLUMNS)),
        grouped(ask(queries.KEYS.format(expression="NULL" if maria else "EXPRESSION"))),
        grouped(ask(queries.FOREIGN_KEYS)),
        grouped(ask(queries.CHECKS_OF_MARIADB if maria else queries.CHECKS_OF_MYSQL)),
        grouped(ask(queries.PARTITIONS)),
        grouped(ask(queries.TRIGGERS)),
        collation,
        database,
        maria,
    )
    parameters = grouped(ask(queries.PARAMETERS))
    return Schema(
        engine="mysql",
        version=version,
        tables=tuple(_table(row, parts) for row in sorted(ask(queries.TABLES))),
        views=tuple(_view(row, database) for row in sorted(ask(queries.VIEWS))),
        routines=tuple(_routine(row, parameters) for row in sorted(ask(queries.ROUTINES))),
    )


def _table(row: Row, parts: _Parts) -> Table:
    (name, engine, _) = row
    checks = [one for one in parts.checks.get(name, []) if not _of_json(one)]
    json = {words.names(one[1])[0] for one in parts.checks.get(name, []) if _of_json(one)}
    columns = tuple(_column(one, parts, json) for one in parts.columns.get(name, []))
    keys = grouped(parts.keys.get(name, []))
    rules = [
        *(_key(key, rows) for key, rows in keys.items() if not rows[0][0]),
        *(_foreign_key(key, rows, parts) for key, rows in grouped(parts.foreign_keys.get(name, [])).items()),
        *(_check(one, columns, parts) for one in checks),
    ]
    return Table(
        name=name,
        columns=columns,
        constraints=tuple(sorted(rules, key=lambda one: one.name)),
        indexes=tuple(_index(key, rows) for key, rows in sorted(keys.items()) if rows[0][0]),
        triggers=tuple(_trigger(name, one) for one in sorted(parts.triggers.get(name, []))),
        partition_by=_partitions(parts.partitions.get(name, [])),
        options="" if (engine or "").lower() == _USUAL else engine or "",
    )


def _of_json(check: Row) -> bool:
    """MariaDB keeps JSON as a text with a check."""
    return words.JSON_VALID.fullmatch(check[1]) is not None


def _column(row: Row, parts: _Parts, json: set[str]) -> Column:
    (name, written, nullable, default, extra, expression, collation) = row
    extra = (extra or "").lower()
    kind = "json" if name in json else words.column_type(written)
    manner = "virtual" if "virtual" in extra else "stored" if "generated" in extra and expression else ""
    return Column(
        name=name,
        type=kind,
        nullable=nullable == "YES",
        default="" if manner else words.default(default, extra, kind, maria=parts.maria),
        identity="auto_increment" if "auto_increment" in extra else "",
        generated=f"{words.expression(expression, parts.database)} {manner}" if manner else "",
        collation="" if collation in (None, parts.collation) or kind == "json" else collation,
    )


def _keys(rows: list[Row]) -> str:
    return f"({', '.join(words.key_part(*row[2:]) for row in rows)})"


def _names(rows: list[Row]) -> tuple[str, ...]:
    return tuple(row[2] for row in rows if row[2])


def _key(name: str, rows: list[Row]) -> Constraint:
    kind = ConstraintKind.PRIMARY_KEY if name == _PRIMARY else ConstraintKind.UNIQUE
    return Constraint(name, kind, _names(rows), f"{kind.upper()} {_keys(rows)}")


def _index(name: str, rows: list[Row]) -> Index:
    return Index(name, _names(rows), _keys(rows), rows[0][1].lower())


def _foreign_key(name: str, rows: list[Row], parts: _Parts) -> Constraint:
    (_, schema, table, _, update, delete) = rows[0]
    target = words.quoted(table) if schema == parts.database else f"{words.quoted(schema)}.{words.quoted(table)}"
    ours, theirs = (", ".join(words.quoted(row[place]) for row in rows) for place in (0, 3))
    actions = "".join(
        f" ON {event} {rule}" for event, rule in (("UPDATE", update), ("DELETE", delete)) if rule not in _SAME_ACTION
    )
    columns = tuple(row[0] for row in rows)
    definition = f"FOREIGN KEY ({ours}) REFERENCES {target} ({theirs}){actions}"
    return Constraint(name, ConstraintKind.FOREIGN_KEY, columns, definition)


def _check(row: Row, columns: tuple[Column, ...], parts: _Parts) -> Constraint:
    (name, clause, enforced) = row
    text = words.expression(clause, parts.database)
    about = tuple(column.name for column in columns if column.name in words.names(text))
    return Constraint(name, ConstraintKind.CHECK, about, f"CHECK ({text}){enforced}")


def _partitions(rows: list[Row]) -> str:
    if not rows:
        return ""
    (method, expression, *_) = rows[0]
    values = {"RANGE": "VALUES LESS THAN", "LIST": "VALUES IN"}.get(method.split()[0], "")
    each = (f"PARTITION {words.quoted(row[2])}" + _bound(values, row[3]) for row in rows)
    return f"{method} ({expression}) ({', '.join(each)})"


def _bound(words_before: str, limit: str | None) -> str:
    if not words_before or limit is None:
        return ""
    return f" {words_before} {limit if limit == 'MAXVALUE' else f'({limit})'}"


def _trigger(table: str, row: Row) -> Trigger:
    (name, timing, event, statement) = row
    start = f"CREATE TRIGGER {words.quoted(name)} {timing} {event} ON {words.quoted(table)}"
    return Trigger(name, f"{start} FOR EACH ROW {statement}")


def _view(row: Row, database: str) -> View:
    (name, definition, check, security) = row
    if not definition:
        raise unreadable(f"view {name}", "SHOW VIEW on the database")
    options = [f"check_option={check}"] if check != "NONE" else []
    options += [f"security={security}"] if security != "DEFINER" else []
    return View(name, words.without_database(definition, database), options=tuple(options))


def _routine(row: Row, parameters: dict[str, list[Row]]) -> Routine:
    (name, specific, kind, returns, body, deterministic, access, security) = row
    if body is None:
        raise unreadable(f"{kind.lower()} {name}", "SHOW_ROUTINE (MariaDB: SHOW CREATE ROUTINE)")
    given = ", ".join(
        " ".join(part for part in ((mode if kind == "PROCEDURE" else ""), words.quoted(one or ""), written) if part)
        for mode, one, written in parameters.get(specific, [])
    )
    result = f" RETURNS {returns}" if kind == "FUNCTION" else ""
    manner = f"{'' if deterministic == 'YES' else 'NOT '}DETERMINISTIC {access} SQL SECURITY {security}"
    return Routine(name, f"CREATE {kind} {words.quoted(name)}({given}){result} {manner} {body}", kind.lower())
