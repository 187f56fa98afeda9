"""Schema: what a database is made of, as its own server words it, without its rows, owners and grants.

Definitions (constraints, views, defaults …) are texts that the server wrote from what it had understood, so that two
schemas which were read in the same way are equal where their texts are. Names are bare in the schema that unqualified
names mean (PostgreSQL's `current_schema`, MySQL's current database), and `schema.name` elsewhere. All tuples are
sorted by name, except columns, which keep their order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

VERSION_TABLE = "alembic_version"
"""Alembic's own table, which says what was applied: not a part of any schema."""


class ConstraintKind(StrEnum):
    """What a constraint demands."""

    PRIMARY_KEY = "primary key"
    UNIQUE = "unique"
    FOREIGN_KEY = "foreign key"
    CHECK = "check"
    EXCLUSION = "exclusion"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or a composite type.

    Attributes:
        name: Its name.
        type: With length, precision and scale, as the server writes it: `character varying(20)`.
        nullable: Whether NULL may be stored.
        default: Expression; empty without one.
        identity: `always`, `by default` (PostgreSQL) or `auto_increment` (MySQL); empty without one.
        generated: Expression and `stored` or `virtual`; empty for what is written by statements.
        collation: Where it is not that of the type, or of the database; empty otherwise.
    """

    name: str
    type: str
    nullable: bool = True
    default: str = ""
    identity: str = ""
    generated: str = ""
    collation: str = ""

    @property
    def may_be_left_out(self) -> bool:
        """Whether an INSERT that does not know the column is accepted."""
        return self.nullable or bool(self.default or self.identity or self.generated)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table.

    Attributes:
        name: Its name; the server makes one up where nobody gave one.
        kind: What it demands.
        columns: The columns that it is about, in order; those of an expression too, where the server knows them.
        definition: As in `ALTER TABLE … ADD CONSTRAINT name …`: with a foreign key's actions, whether it may be
            deferred, and `NOT VALID` where the rows before it were never looked at.
    """

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is not a constraint's own.

    Attributes:
        name: Its name.
        columns: The columns that it is about, without those of expressions.
        keys: What stands in the parentheses of CREATE INDEX, expressions, collations, order and INCLUDE with it.
        method: `btree`, `gin`, `fulltext` …
        unique: Whether it also demands uniqueness.
        predicate: Of a partial index; empty for one over all rows.
        valid: False for what a `CREATE INDEX CONCURRENTLY` that failed left behind: no query uses it.
    """

    name: str
    columns: tuple[str, ...]
    keys: str
    method: str = "btree"
    unique: bool = False
    predicate: str = ""
    valid: bool = True

    @property
    def definition(self) -> str:
        """All but the name, in one line."""
        start = f"{'unique ' if self.unique else ''}{self.method} {self.keys}"
        return start + (f" where {self.predicate}" if self.predicate else "") + ("" if self.valid else " INVALID")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of a table or a view.

    Attributes:
        name: Its name.
        definition: The whole statement that makes it.
        enabled: `origin` as it is made, `disabled`, `replica` or `always`.
    """

    name: str
    definition: str
    enabled: str = "origin"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of row level security; its definition is what follows `ON table` in CREATE POLICY."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or a partition of one.

    Attributes:
        name: See the module.
        columns: In their order. A partition that the server made like its parent lists them too.
        constraints: Its own, without those that it inherits.
        indexes: Those that are no constraint's own and no part of a partitioned index.
        triggers: Without those that the server makes for constraints.
        policies: Of row level security.
        row_security: Empty, `enabled`, or `forced` (for the owner too).
        persistence: `permanent`, or `unlogged`, which a crash empties and a replica does not have.
        partition_by: Such as `RANGE (day)`; empty for a table that is not partitioned.
        partition_of: Parent of a partition; empty for other tables.
        bound: Of a partition: `FOR VALUES …` or `DEFAULT`.
        inherits: Parents by INHERITS.
        options: Storage engine, where it is not the usual one (MySQL).
    """

    name: str
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    row_security: str = ""
    persistence: str = "permanent"
    partition_by: str = ""
    partition_of: str = ""
    bound: str = ""
    inherits: tuple[str, ...] = ()
    options: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A view.

    Attributes:
        name: See the module.
        definition: Its query.
        materialized: Whether its rows are kept.
        populated: False for a materialized view that no query may read yet.
        options: `security_barrier`, `check_option` …, sorted.
        indexes: Of a materialized view.
        triggers: INSTEAD OF.
    """

    name: str
    definition: str
    materialized: bool = False
    populated: bool = True
    options: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence, without its value.

    Attributes:
        name: See the module.
        definition: Type, start, increment, limits and cycle, as CREATE SEQUENCE takes them.
        owner: `table.column` that it goes with; empty for one that stands alone.
        identity: Whether the server made it for an identity column.
    """

    name: str
    definition: str
    owner: str = ""
    identity: bool = False


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An enum type; the order of its labels is their order in comparisons."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain; its definition is what follows `AS` in CREATE DOMAIN."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite type."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure.

    Attributes:
        name: With the types of its arguments, since functions may share a name: `total(integer)`.
        definition: The whole statement that makes it; of an aggregate, its parts.
        kind: `function`, `procedure` or `aggregate`.
    """

    name: str
    definition: str
    kind: str = "function"


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension; what belongs to it is not a part of the schema by itself."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Schema:
    """All of a database's schema.

    Attributes:
        engine: `postgresql` or `mysql`.
        version: The server's, such as `16.14`; not a part of what is compared.
    """

    engine: str
    version: str = ""
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    enumerations: tuple[Enumeration, ...] = ()
    domains: tuple[Domain, ...] = ()
    composites: tuple[Composite, ...] = ()
    routines: tuple[Routine, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def objects(self) -> int:
        """How many tables, views and other things of their rank it has."""
        return sum(1 for _ in self._all())

    def without_version_table(self) -> "Schema":
        """The same without Alembic's own table, in whatever schema it lies."""
        kept = tuple(one for one in self.tables if one.name.rpartition(".")[2] != VERSION_TABLE)
        return replace(self, tables=kept)

    def _all(self) -> Iterator[object]:
        yield from (*self.tables, *self.views, *self.sequences, *self.enumerations, *self.domains)
        yield from (*self.composites, *self.routines, *self.extensions)
