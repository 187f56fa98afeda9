"""Difference: one thing in which a database is not what the code expects, and the statements that would mend it."""

from dataclasses import dataclass
from enum import StrEnum

_MOST = 90
"""Characters of a definition that a line shows."""


class Kind(StrEnum):
    """What differs."""

    TABLE = "table"
    COLUMN = "column"
    TYPE = "type"
    NULLABILITY = "nullability"
    DEFAULT = "default"
    IDENTITY = "identity"
    GENERATED = "generated expression"
    COLLATION = "collation"
    PRIMARY_KEY = "primary key"
    UNIQUE = "unique"
    FOREIGN_KEY = "foreign key"
    CHECK = "check"
    EXCLUSION = "exclusion"
    INDEX = "index"
    INDEX_VALIDITY = "index validity"
    TRIGGER = "trigger"
    ROW_SECURITY = "row security"
    POLICY = "policy"
    PERSISTENCE = "persistence"
    PARTITIONING = "partitioning"
    PARTITION = "partition"
    INHERITANCE = "inheritance"
    STORAGE = "storage"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    SEQUENCE = "sequence"
    ENUMERATION = "enum"
    DOMAIN = "domain"
    COMPOSITE = "composite type"
    ROUTINE = "function"
    EXTENSION = "extension"
    DUMP = "dump"


class Weight(StrEnum):
    """What a difference means for the code.

    `BREAKS`: it may fail, or rows may be wrong. `LOOSER`: the database takes all that the code writes, and more than it
    expects, as after an expand migration of a later release: nothing to deploy on, and no reason to keep a release from
    being put back. `NOTED`: something that the code does not know and need not know, or another name for the same.
    """

    BREAKS = "breaks"
    LOOSER = "looser"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        table: The table, or the view, sequence, type or function that it is about.
        column: The column, constraint, index, trigger, policy or label in it; empty for the whole.
        kind: What differs.
        expected: What the code expects; empty where it expects nothing.
        found: What the database has; empty where it has nothing.
        remedy: Statements in order that would mend it; none where nothing needs to be done.
        weight: What it means for the code.
    """

    table: str
    column: str
    kind: Kind
    expected: str
    found: str
    remedy: tuple[str, ...] = ()
    weight: Weight = Weight.BREAKS

    @property
    def where(self) -> str:
        """`table.column`, or the table alone."""
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def line(self) -> str:
        """One line for people: where, what, expected, found, and what mends it."""
        expected, found = _excerpts(self.expected, self.found)
        text = f"{self.where}: {self.kind.value}: expected {expected}, found {found}"
        return text + (f"; mend: {_one_line('; '.join(self.remedy))}" if self.remedy else "")


def _excerpts(expected: str, found: str) -> tuple[str, str]:
    """Both texts from shortly before the place where they part, so that long ones show what differs."""
    left, right = _one_line(expected), _one_line(found)
    if max(len(left), len(right)) > _MOST and left and right:
        both = zip(left, right, strict=False)
        same = next((at for at, (one, other) in enumerate(both) if one != other), min(len(left), len(right)))
        start = max(0, same - _MOST // 3)
        left, right = (("… " if start else "") + one[start:] for one in (left, right))
    return _shortened(left), _shortened(right)


def _shortened(text: str) -> str:
    if not text:
        return "nothing"
    return text if len(text) <= _MOST else text[: _MOST - 2] + " …"


def _one_line(text: str) -> str:
    return " ".join(text.split())
