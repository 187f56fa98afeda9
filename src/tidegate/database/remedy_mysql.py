"""MySQL's and MariaDB's words for mending. Their DDL commits by itself: each statement is a step of its own."""

from collections.abc import Sequence as Many

from tidegate.database.difference import Kind
from tidegate.database.remedy import Statements
from tidegate.model.schema import Column, Constraint, ConstraintKind, Index, Sequence, Table, Trigger, View

_SPECIAL = frozenset({"fulltext", "spatial"})


def quoted(name: str) -> str:
    """A name, or `database.name`, as statements write it."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in name.split("."))


def column_definition(column: Column) -> str:
    """A column as in CREATE TABLE."""
    parts = [quoted(column.name), column.type]
    parts += [f"COLLATE {column.collation}"] if column.collation else []
    if column.generated:
        expression, _, manner = column.generated.rpartition(" ")
        parts.append(f"GENERATED ALWAYS AS ({expression}) {manner.upper()}")
    parts += [] if column.nullable else ["NOT NULL"]
    parts += [f"DEFAULT {column.default}"] if column.default else []
    return " ".join(parts + (["AUTO_INCREMENT"] if column.identity else []))


class MySQL:
    """See `remedy.Remedies`."""

    def table(self, table: Table, owned: Many[Sequence]) -> Statements:
        """Make a table with all that belongs to it; `owned` are the sequences of its columns."""
        del owned  # There are none.
        late = tuple(one for one in table.constraints if one.kind is ConstraintKind.FOREIGN_KEY)
        rules = [self._rule(one) for one in table.constraints if one.kind is not ConstraintKind.FOREIGN_KEY]
        body = ", ".join([*(column_definition(column) for column in table.columns), *rules])
        engine = f" ENGINE={table.options}" if table.options else ""
        partitions = f" PARTITION BY {table.partition_by}" if table.partition_by else ""
        return (
            f"CREATE TABLE {quoted(table.name)} ({body}){engine}{partitions}",
            *(f"ALTER TABLE {quoted(table.name)} ADD {self._rule(one)}" for one in late),
            *(statement for one in table.indexes for statement in self.index(table.name, one, None)),
            *(statement for one in table.triggers for statement in self.trigger(table.name, one, None)),
        )

    def _rule(self, one: Constraint) -> str:
        """A primary key has no name of its own."""
        if one.kind is ConstraintKind.PRIMARY_KEY:
            return one.definition
        return f"CONSTRAINT {quoted(one.name)} {one.definition}"

    def column(self, table: Table, column: Column) -> Statements:
        """Add a column."""
        return (f"ALTER TABLE {quoted(table.name)} ADD COLUMN {column_definition(column)}",)

    def alter(self, table: Table, column: Column, found: Column, kind: Kind) -> Statements:
        """Change what differs in a column."""
        start = f"ALTER TABLE {quoted(table.name)}"
        if kind is Kind.GENERATED and bool(column.generated) is not bool(found.generated):
            return (f"{start} DROP COLUMN {quoted(column.name)}", f"{start} ADD COLUMN {column_definition(column)}")
        return (f"{start} MODIFY COLUMN {column_definition(column)}",)

    def optional(self, table: Table, found: Column) -> Statements:
        """Let INSERTs leave out a column that the code does not know."""
        loose = Column(found.name, found.type, nullable=True, collation=found.collation)
        return (f"ALTER TABLE {quoted(table.name)} MODIFY COLUMN {column_definition(loose)}",)

    def constraint(self, table: Table, constraint: Constraint, found: Constraint | None) -> Statements:
        """Add a constraint, in the place of the one that was found."""
        if found and constraint.kind is ConstraintKind.PRIMARY_KEY:  # AUTO_INCREMENT needs a key at any time.
            return (f"ALTER TABLE {quoted(table.name)} DROP PRIMARY KEY, ADD {self._rule(constraint)}",)
        drop = self.without_constraint(table, found) if found else ()
        return (*drop, f"ALTER TABLE {quoted(table.name)} ADD {self._rule(constraint)}")

    def without_constraint(self, table: Table, found: Constraint) -> Statements:
        """Drop a constraint."""
        words = {
            ConstraintKind.PRIMARY_KEY: "PRIMARY KEY",
            ConstraintKind.UNIQUE: f"INDEX {quoted(found.name)}",
            ConstraintKind.FOREIGN_KEY: f"FOREIGN KEY {quoted(found.name)}",
            ConstraintKind.CHECK: f"CONSTRAINT {quoted(found.name)}",
            ConstraintKind.EXCLUSION: f"CONSTRAINT {quoted(found.name)}",
        }
        return (f"ALTER TABLE {quoted(table.name)} DROP {words[found.kind]}",)

    def index(self, table: str, index: Index, found: Index | None, *, live: bool = True) -> Statements:
        """Make an index, in the place of the one that was found; `live` without keeping writers out."""
        del live  # InnoDB lets writers in by itself (MySQL manual, "Online DDL Operations").
        drop = self.without_index(table, found) if found else ()
        kind = f"{index.method.upper()} " if index.method in _SPECIAL else "UNIQUE " if index.unique else ""
        using = f" USING {index.method.upper()}" if index.method == "hash" else ""
        return (*drop, f"CREATE {kind}INDEX {quoted(index.name)}{using} ON {quoted(table)} {index.keys}")

    def without_index(self, table: str, found: Index) -> Statements:
        """Drop an index."""
        return (f"DROP INDEX {quoted(found.name)} ON {quoted(table)}",)

    def trigger(self, table: str, trigger: Trigger, found: Trigger | None) -> Statements:
        """Make a trigger, in the place of the one that was found."""
        del table
        drop = (f"DROP TRIGGER {quoted(found.name)}",) if found else ()
        return (*drop, trigger.definition)

    def view(self, view: View, found: View | None) -> Statements:
        """Make a view, in the place of the one that was found."""
        return (f"CREATE {'OR REPLACE ' if found else ''}VIEW {quoted(view.name)} AS {view.definition}",)
