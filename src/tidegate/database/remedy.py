"""Remedies: the statements that would mend a difference, in an engine's words. None is ever run by itself."""

from collections.abc import Iterable
from collections.abc import Sequence as Many
from typing import Protocol

from tidegate.database.difference import Difference, Kind
from tidegate.model.database import Engine
from tidegate.model.schema import Column, Constraint, Index, Sequence, Table, Trigger, View

Statements = tuple[str, ...]


class Remedies(Protocol):
    """The words of one engine. What is given is what the code expects, unless it says otherwise."""

    def table(self, table: Table, owned: Many[Sequence]) -> Statements:
        """Make a table with all that belongs to it; `owned` are the sequences of its columns."""

    def column(self, table: Table, column: Column) -> Statements:
        """Add a column."""

    def alter(self, table: Table, column: Column, found: Column, kind: Kind) -> Statements:
        """Change what differs in a column."""

    def optional(self, table: Table, found: Column) -> Statements:
        """Let INSERTs leave out a column that the code does not know."""

    def constraint(self, table: Table, constraint: Constraint, found: Constraint | None) -> Statements:
        """Add a constraint, in the place of the one that was found."""

    def without_constraint(self, table: Table, found: Constraint) -> Statements:
        """Drop a constraint."""

    def index(self, table: str, index: Index, found: Index | None, *, live: bool = True) -> Statements:
        """Make an index, in the place of the one that was found; `live` without keeping writers out."""

    def without_index(self, table: str, found: Index) -> Statements:
        """Drop an index."""

    def trigger(self, table: str, trigger: Trigger, found: Trigger | None) -> Statements:
        """Make a trigger, in the place of the one that was found."""

    def view(self, view: View, found: View | None) -> Statements:
        """Make a view, in the place of the one that was found."""


def alembic(differences: Iterable[Difference]) -> str:
    """The body of `upgrade()` of an Alembic revision that would mend differences; for a person to look through."""
    lines = [f"    op.execute({statement!r})" for one in differences for statement in one.remedy]
    return "\n".join(("def upgrade() -> None:", *(lines or ["    pass"]))) + "\n"


def remedies(engine: Engine) -> Remedies:
    """The words of an engine."""
    from tidegate.database import remedy_mysql, remedy_postgresql  # noqa: PLC0415 - they are of this protocol's types

    return remedy_mysql.MySQL() if engine is Engine.MYSQL else remedy_postgresql.PostgreSQL()
