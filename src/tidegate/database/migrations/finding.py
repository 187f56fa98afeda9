"""Finding: what the lint, or a round trip, has to say about a revision."""

from dataclasses import dataclass

from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.severities import NEVER_ACCEPTED, Severity, severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        rule: squawk's, or one of ours; see `severities`.
        revision: Whose statement it is.
        where: File and line.
        what: What the statement does.
        mend: What to write instead; empty where nobody knows.
        severity: Whether it blocks.
        accepted: The reason that the revision gives for it; empty when it is not accepted.
    """

    rule: str
    revision: str
    where: str
    what: str
    mend: str = ""
    severity: Severity = Severity.BLOCK
    accepted: str = ""

    @property
    def blocks(self) -> bool:
        """Whether no environment is touched because of it."""
        return self.severity is Severity.BLOCK and not self.accepted

    @property
    def line(self) -> str:
        """One line for people."""
        told = f"{self.where}: {self.what} ({self.rule})" + (f"; {self.mend}" if self.mend else "")
        return f"{told}; accepted: {self.accepted}" if self.accepted else told


def judged(revision: Revision, rule: str, where: str, what: str, mend: str = "") -> Finding:
    """A finding with the severity that its rule has in the revision's phase, and the reason if it is accepted."""
    accepted = "" if rule in NEVER_ACCEPTED else revision.accepted.get(rule, "")
    return Finding(rule, revision.id, where, what, mend, severity(rule, revision.phase), accepted)
