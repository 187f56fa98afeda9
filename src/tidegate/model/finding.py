"""Finding: something that is wrong with an environment's settings or infrastructure, and what mends it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a run out of the environment, a warning is told."""

    ERROR = "error"
    WARNING = "warning"


class Check(StrEnum):
    """What is looked at. The names are those of `doctor.accept` in `tidegate.yaml`."""

    SETTINGS = "settings"
    SITE = "site"
    LEAK = "leak"
    API = "api"
    ACCOUNT = "account"
    TRUST = "trust"
    FUNCTION = "function"
    VARIABLES = "variables"
    COPIED_SECRET = "copied-secret"  # noqa: S105 - the name of a check
    SECRET = "secret"  # noqa: S105 - likewise
    UNQUALIFIED = "unqualified"
    LOGS = "logs"
    TRACING = "tracing"
    ALARMS = "alarms"
    REGISTRY = "registry"
    LIFECYCLE = "lifecycle"
    VPC_TESTS = "vpc-tests"
    WAY_BACK = "way-back"
    DRIFT = "drift"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        what: One sentence.
        where: The resource or setting that it concerns.
        mend: Commands, in order, that mend it; what stands in them in CAPITALS is for a person to fill in.
        accepted: Why the team lives with it; empty when it does not.
    """

    check: Check
    severity: Severity
    what: str
    where: str
    mend: tuple[str, ...] = ()
    accepted: str = ""

    @property
    def blocks(self) -> bool:
        """Whether a run must not go on."""
        return self.severity is Severity.ERROR and not self.accepted


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that a team lives with, declared in `tidegate.yaml`.

    Attributes:
        check: Which kind.
        where: A pattern of shell's kind for `Finding.where`; `{env}` stands for the environment.
        reason: For those who read the report.
    """

    check: Check
    where: str
    reason: str
