"""Revision: one migration of a product, as its file declares it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MigrationPhase(StrEnum):
    """When a migration is applied: before the new code goes live, or after the way back has closed."""

    EXPAND = "expand"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision.

    Attributes:
        id: Alembic's `revision`.
        down: The revisions that it follows; none for a first one.
        depends_on: Revisions of another branch that must be applied before it.
        labels: Alembic's `branch_labels`, as this very file declares them.
        file: Path below the migrations' folder.
        line: Where the file says `revision = …`.
        title: The first line of the file's docstring.
        lossless: Whether its downgrade gives back every row as it was, as the file declares with `lossless = True`.
        accepted: Rules of the lint that it may break, each with the reason.
        phase: When it is applied.
    """

    id: str
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    file: str = ""
    line: int = 1
    title: str = ""
    lossless: bool = False
    accepted: Mapping[str, str] = field(default_factory=dict)
    phase: MigrationPhase = MigrationPhase.EXPAND

    @property
    def where(self) -> str:
        """File and line, for people."""
        return f"{self.file}:{self.line}"

    @property
    def needs(self) -> tuple[str, ...]:
        """All revisions that must be applied before it."""
        return (*self.down, *self.depends_on)
