"""What can go wrong with migrations, beyond what `errors` names."""

from tidegate.errors import ConfigError, Failure


class HistoryError(ConfigError):
    """The migrations' files do not make a history that can be applied."""


class Ahead(Failure):
    """The database has a revision that this code does not know."""


class Blocked(Failure):
    """A migration needs another one first, of the other phase."""


class MigrationFailed(Failure):
    """A migration did not succeed.

    Attributes:
        revision: The revision that failed; empty when none had begun.
        statement: The number of its statement, from 1; 0 when it failed outside of a statement.
        kind: What kind of failure it was, see `faults`.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        what_next: str = "",
        revision: str = "",
        statement: int = 0,
        kind: str = "",
    ) -> None:
        super().__init__(what, where=where, what_next=what_next)
        self.revision = revision
        self.statement = statement
        self.kind = kind


class NotLossless(Failure):
    """A way down that is not declared lossless is not taken."""
