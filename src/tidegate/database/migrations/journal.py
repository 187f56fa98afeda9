"""Journal: who writes down what is about to be done to a database, and what came of it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MigrationStep:
    """A revision, or a statement of one that runs outside of a transaction.

    Attributes:
        revision: The revision.
        number: Of the statement, from 1; 0 for the whole revision.
        text: Title of the revision, or the statement without the texts in it.
        up: False on the way down.
    """

    revision: str
    number: int = 0
    text: str = ""
    up: bool = True

    @property
    def name(self) -> str:
        """Such as `migrate 0007`, `migrate 0007 statement 2` or `migrate 0007 down`."""
        way = "" if self.up else " down"
        return f"migrate {self.revision}{way}" + (f" statement {self.number}" if self.number else "")


class Journal(Protocol):
    """Written before an effect, and after it. Nothing goes on before a method has returned."""

    async def intended(self, step: MigrationStep) -> None:
        """The step begins. Without `done` behind it, what came of it must be looked for; the next run does so."""

    async def done(self, step: MigrationStep) -> None:
        """The step is done, or was found done."""

    async def noted(self, text: str) -> None:
        """Something that people should know: a wait, what was found left behind."""
