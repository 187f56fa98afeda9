"""Projects and builds as values: no I/O, no clock. Names are those of the AWS CodeBuild API reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Status(StrEnum):
    """AWS API: StatusType, of builds and of their phases."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


class PhaseType(StrEnum):
    """AWS API: BuildPhaseType, in the order in which a build goes through them."""

    SUBMITTED = "SUBMITTED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE"
    INSTALL = "INSTALL"
    PRE_BUILD = "PRE_BUILD"
    BUILD = "BUILD"
    POST_BUILD = "POST_BUILD"
    UPLOAD_ARTIFACTS = "UPLOAD_ARTIFACTS"
    FINALIZING = "FINALIZING"
    COMPLETED = "COMPLETED"


_ORDER = tuple(PhaseType)
# AWS CodeBuild user guide, "Build phase transitions": POST_BUILD runs behind a BUILD that failed, so that it can clean
# up; what comes behind any other failure is FINALIZING.
_GOES_ON = frozenset({PhaseType.BUILD, PhaseType.POST_BUILD})


class OnFailure(StrEnum):
    """What a phase of a buildspec says about its failure; without a word, the transitions decide."""

    ABORT = "ABORT"
    CONTINUE = "CONTINUE"


def following(phase: PhaseType, status: Status, on_failure: OnFailure | None = None) -> PhaseType:
    """The phase behind one that ended. Only for those that have one."""
    after = _ORDER[_ORDER.index(phase) + 1]
    if status is Status.SUCCEEDED or phase is PhaseType.FINALIZING:
        return after
    if status is not Status.FAILED or on_failure is OnFailure.ABORT:
        return PhaseType.FINALIZING
    return after if on_failure is OnFailure.CONTINUE or phase in _GOES_ON else PhaseType.FINALIZING


class Kind(StrEnum):
    """AWS API: EnvironmentVariableType, what a variable's value is: itself, or a name in a store."""

    PLAINTEXT = "PLAINTEXT"
    PARAMETER_STORE = "PARAMETER_STORE"
    SECRETS_MANAGER = "SECRETS_MANAGER"


@dataclass(frozen=True, slots=True)
class Variable:
    """AWS API: EnvironmentVariable.

    Attributes:
        value: For a secret `secret-id:json-key:version-stage:version-id`.
    """

    name: str
    value: str
    kind: Kind = Kind.PLAINTEXT


@dataclass(frozen=True, slots=True)
class Source:
    """AWS API: ProjectSource, of the kinds NO_SOURCE and S3.

    Attributes:
        kind: `NO_SOURCE` or `S3`.
        location: `bucket/key` of a ZIP file; empty without a source.
        buildspec: The buildspec itself, or its path in the source; empty for `buildspec.yml`.
    """

    kind: str
    location: str = ""
    buildspec: str = ""


@dataclass(frozen=True, slots=True)
class Logs:
    """Where a project's builds write (AWS API: CloudWatchLogsConfig)."""

    enabled: bool = True
    group: str = ""
    stream: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """A build project.

    Attributes:
        environment: AWS API: ProjectEnvironment without its variables, as it was given.
        timeout_minutes: How long a build may take.
        most_at_once: How many builds may run at a time; None for any number.
        vpc: AWS API: VpcConfig, as it was given.
        tags: AWS API: Tag, key to value.
        created: Seconds since the epoch.
    """

    name: str
    arn: str
    source: Source
    environment: Mapping[str, object]
    variables: tuple[Variable, ...]
    role: str
    created: float
    modified: float
    description: str = ""
    source_version: str = ""
    timeout_minutes: int = 60
    queued_minutes: int = 480
    most_at_once: int | None = None
    logs: Logs = field(default_factory=Logs)
    vpc: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def log_group(self) -> str:
        """The log group of its builds (AWS CodeBuild user guide: `/aws/codebuild/PROJECT` unless another is given)."""
        return self.logs.group or f"/aws/codebuild/{self.name}"


@dataclass(frozen=True, slots=True)
class Context:
    """AWS API: PhaseContext, why a phase ended as it did."""

    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """AWS API: BuildPhase; without status and end while it goes on."""

    kind: PhaseType
    started: float
    ended: float | None = None
    status: Status | None = None
    contexts: tuple[Context, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """One build, as far as it is. `project` is that of its start, with what StartBuild overrode.

    Attributes:
        id: `PROJECT:UUID`.
        number: The project's builds are counted.
        phases: The last one is the current one.
        logs_written: Whether its log stream exists.
    """

    id: str
    arn: str
    number: int
    project: Project
    initiator: str
    started: float
    phases: tuple[Phase, ...]
    status: Status = Status.IN_PROGRESS
    ended: float | None = None
    logs_written: bool = False

    @property
    def uuid(self) -> str:
        """What tells it from others, also the name of its log stream."""
        return self.id.rpartition(":")[2]

    @property
    def stream(self) -> str:
        """Its log stream (AWS API: CloudWatchLogsConfig, streamName: a prefix)."""
        prefix = self.project.logs.stream
        return f"{prefix}/{self.uuid}" if prefix else self.uuid

    @property
    def current(self) -> PhaseType:
        """The phase that it is in."""
        return self.phases[-1].kind

    @property
    def complete(self) -> bool:
        """Whether it ended."""
        return self.status is not Status.IN_PROGRESS

    @property
    def succeeding(self) -> bool:
        """Whether no phase failed so far (AWS CodeBuild user guide: CODEBUILD_BUILD_SUCCEEDING)."""
        return all(phase.status in (None, Status.SUCCEEDED) for phase in self.phases)

    def leave(
        self,
        status: Status,
        now: float,
        context: Context | None = None,
        on_failure: OnFailure | None = None,
    ) -> "Build":
        """The build once its current phase ended: in the following phase, or complete."""
        if self.complete:
            return self
        last = self.phases[-1]
        done = replace(last, ended=now, status=status, contexts=(context or Context(),))
        kind = following(last.kind, status, on_failure)
        moved = replace(self, phases=(*self.phases[:-1], done, Phase(kind, now)))
        return replace(moved, status=moved.outcome(), ended=now) if kind is PhaseType.COMPLETED else moved

    def begin_logs(self, *, enabled: bool) -> "Build":
        """The build once its log stream is there."""
        return replace(self, logs_written=enabled)

    def stop(self, now: float) -> "Build":
        """AWS API: StopBuild. A build that ended stays as it is."""
        if self.complete:
            return self
        stopped = replace(self.phases[-1], ended=now, status=Status.STOPPED)
        phases = (*self.phases[:-1], stopped, Phase(PhaseType.COMPLETED, now))
        return replace(self, phases=phases, status=Status.STOPPED, ended=now)

    def outcome(self) -> Status:
        """What its phases come to: the worst that happened first."""
        return next(
            (phase.status for phase in self.phases if phase.status not in (None, Status.SUCCEEDED)), Status.SUCCEEDED
        )
