"""Fills tables of a scratch database with rows that their types, keys and checks take."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import sqlalchemy
from sqlalchemy.exc import DBAPIError

from tidegate.database.migrations.seeding import ROWS, candidate, filled, in_order, references, value
from tidegate.model.database import Engine
from tidegate.model.schema import Constraint, ConstraintKind, Schema, Table

TRIES = 80
Rows = Mapping[str, tuple[tuple[str, ...], list[str]]]
"""Tables: their columns, and their rows as texts, sorted."""


class Seeder:
    """Rows on a connection; the same ones in every run."""

    def __init__(self, connection: sqlalchemy.Connection, engine: Engine) -> None:
        """Seed through a connection, in transactions of its own."""
        self._connection = connection
        self._engine = engine
        self._random = Random(0)  # noqa: S311 - rows, no secrets

    def seed(self, schema: Schema) -> dict[str, str]:
        """Fill the tables that are empty; tells of those that took no row, and why."""
        refused: dict[str, str] = {}
        for table in in_order(schema.tables):
            if not self._count(table):
                reasons = [self._insert(table, schema, row) for row in range(1, ROWS + 1)]
                if all(reasons):
                    refused[table.name] = reasons[0]
        self._connection.commit()
        return refused

    def rows(self, schema: Schema) -> Rows:
        """What is in all tables."""
        found = {}
        for table in schema.tables:
            if table.partition_of:
                continue
            columns = tuple(sorted(column.name for column in table.columns))
            listed = ", ".join(self._name(column) for column in columns) or "1"
            told = self._connection.exec_driver_sql(f"SELECT {listed} FROM {self._name(table.name)}")  # noqa: S608
            found[table.name] = (columns, sorted(repr(tuple(row)) for row in told))
        self._connection.rollback()
        return found

    def _insert(self, table: Table, schema: Schema, row: int) -> str:
        """Insert a row, trying other values where a check or a key refuses it; returns why none was taken."""
        values = {column.name: value(column, row, schema) for column in filled(table)}
        values |= self._referred(table, row)
        reason, refusing = "", tuple[Constraint, ...]()
        for _ in range(TRIES):
            try:
                with self._connection.begin_nested():
                    self._connection.exec_driver_sql(*self._statement(table, values))
            except DBAPIError as error:
                told = str(error.orig)
                # A value that is tried for a check may not even be of the column's type: then another one is tried.
                named = tuple(one for one in table.constraints if one.name in told)
                refusing = named or refusing
                reason = told.partition("\n")[0] if named or not reason else reason
                if not self._otherwise(refusing, values):
                    return reason
            else:
                return ""
        return reason

    def _otherwise(self, refusing: Sequence[Constraint], values: dict[str, str | None]) -> bool:
        """Change the values of the constraints that refused a row; tells whether there was one to change."""
        changed = False
        for constraint in refusing:
            if constraint.kind is ConstraintKind.CHECK:
                for column in sorted(values.keys() & set(constraint.columns)):
                    values[column] = candidate(constraint, self._random)
                    changed = True
            elif constraint.kind in {ConstraintKind.UNIQUE, ConstraintKind.PRIMARY_KEY}:
                column = constraint.columns[-1]
                if values.get(column) is not None:
                    values[column] = str(self._random.randint(10, 9999))
                    changed = True
        return changed

    def _referred(self, table: Table, row: int) -> dict[str, str | None]:
        """Values of foreign keys: those of a row that is there."""
        values: dict[str, str | None] = {}
        for columns, other, theirs in references(table):
            listed = ", ".join(self._name(name) for name in theirs)
            there = self._connection.exec_driver_sql(
                f"SELECT {listed} FROM {self._name(other)} ORDER BY {listed} LIMIT 1 OFFSET {(row - 1) % ROWS}"  # noqa: S608
            ).first()
            values |= {
                column: None if there is None or there[place] is None else str(there[place])
                for place, column in enumerate(columns)
            }
        return values

    def _statement(self, table: Table, values: Mapping[str, str | None]) -> tuple[str, Any]:
        if not values:
            empty = "() VALUES ()" if self._engine is Engine.MYSQL else "DEFAULT VALUES"
            return f"INSERT INTO {self._name(table.name)} {empty}", ()
        names = ", ".join(self._name(name) for name in values)
        marks = ", ".join(["%s"] * len(values))
        return f"INSERT INTO {self._name(table.name)} ({names}) VALUES ({marks})", tuple(values.values())  # noqa: S608

    def _count(self, table: Table) -> int:
        found = self._connection.exec_driver_sql(f"SELECT count(*) FROM {self._name(table.name)}")  # noqa: S608
        return int(found.scalar_one())

    def _name(self, name: str) -> str:
        mark = "`" if self._engine is Engine.MYSQL else '"'
        return ".".join(f"{mark}{part.replace(mark, mark * 2)}{mark}" for part in name.split("."))
