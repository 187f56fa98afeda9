"""Build: what CodeBuild runs inside the VPC, as far as it is. Names are those of the AWS CodeBuild API reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SourceKind(StrEnum):
    """Where a project gets its source, as far as that decides how it is told which commit is meant."""

    NONE = "NO_SOURCE"
    BUCKET = "S3"
    GIT = "GIT"
    PIPELINE = "CODEPIPELINE"


@dataclass(frozen=True, slots=True)
class BuildProject:
    """A project of CodeBuild.

    Attributes:
        location: For a bucket, `bucket/key` of a ZIP file.
    """

    name: str
    source: SourceKind
    location: str = ""


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What a build is started with, besides its project.

    Attributes:
        token: What makes two starts the same build; the build carries it as a variable, by which it is found again.
        variables: Environment variables.
        version: The commit, for a source in git; empty for the project's own.
        location: `bucket/key` of a ZIP file in place of the project's own; empty for that one.
        buildspec: A path in the source, or the buildspec itself, in place of the project's own; empty for that one.
        timeout_minutes: When CodeBuild itself ends it.
    """

    project: str
    token: str
    variables: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    location: str = ""
    buildspec: str = ""
    timeout_minutes: int = 20


class BuildStatus(StrEnum):
    """AWS API: StatusType."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class BuildPhase:
    """One phase.

    Attributes:
        name: AWS API: BuildPhaseType, such as `BUILD`.
        status: AWS API: StatusType; empty while it goes on.
        code: Why, such as `COMMAND_EXECUTION_ERROR`; empty where nothing is said.
        message: The same for people.
    """

    name: str
    status: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """A build, as far as it is.

    Attributes:
        id: `PROJECT:UUID`.
        token: That of the order which started it; empty for a stranger's.
        log_group: Where it writes; empty until it does, and where its project writes nothing.
        log_stream: The same.
    """

    id: str
    project: str
    status: BuildStatus
    phases: tuple[BuildPhase, ...] = ()
    token: str = ""
    log_group: str = ""
    log_stream: str = ""

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status is not BuildStatus.IN_PROGRESS

    @property
    def current(self) -> str:
        """The phase that it is in."""
        return self.phases[-1].name if self.phases else ""

    @property
    def culprit(self) -> BuildPhase | None:
        """The first phase that ended otherwise than well."""
        return next((phase for phase in self.phases if phase.status not in ("", BuildStatus.SUCCEEDED.value)), None)


TOKEN = "TIDEGATE_BUILD"  # noqa: S105 - the name of a variable
"""The variable that carries a build's token."""
