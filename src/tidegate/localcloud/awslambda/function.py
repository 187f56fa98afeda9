"""The values of a function: code, configuration, versions, aliases, statements."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from tidegate.localcloud.awslambda.names import LATEST


class State(enum.Enum):
    """AWS API: FunctionConfiguration.State."""

    PENDING = "Pending"
    ACTIVE = "Active"
    INACTIVE = "Inactive"


class UpdateStatus(enum.Enum):
    """AWS API: FunctionConfiguration.LastUpdateStatus."""

    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an update cannot complete.

    Attributes:
        code: AWS API: LastUpdateStatusReasonCode, such as `ImageDeleted`.
        reason: The same in words.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a change is given from outside, so that the state has neither clock nor chance.

    Attributes:
        now: Seconds since the epoch.
        revision: The RevisionId from the moment the change is accepted.
        settled: The RevisionId from the moment it completes.
        delay: Seconds between the two.
        failure: Why an update will fail then; None lets it succeed.
    """

    now: float
    revision: str
    settled: str
    delay: float = 0.0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A container image: as it was asked for, and what that was resolved to.

    Attributes:
        image_uri: The URI of the request.
        resolved_uri: The same image by digest.
        digest: `sha256:` and 64 hexadecimal digits.
    """

    image_uri: str
    resolved_uri: str
    digest: str

    @property
    def sha256(self) -> str:
        """CodeSha256 of an image function: its digest's hexadecimal digits."""
        return self.digest.removeprefix("sha256:")


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """AWS API: ImageConfig. None keeps what the image says."""

    command: tuple[str, ...] | None = None
    entry_point: tuple[str, ...] | None = None
    working_directory: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """What publishing a version freezes beside the code. Timeout is in seconds, memory and storage in MB."""

    role: str
    description: str = ""
    timeout: int = 3
    memory_size: int = 128
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    image: ImageConfig = ImageConfig()
    tracing: str = "PassThrough"
    architectures: tuple[str, ...] = ("x86_64",)
    ephemeral_storage: int = 512


@dataclass(frozen=True, slots=True)
class Settling:
    """A change that was accepted and completes by itself at a moment.

    Attributes:
        serving: What is invoked until then; None where there was nothing before.
        failure: Why it will fail; None for what succeeds.
    """

    at: float
    revision: str
    serving: "Version | None" = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """`$LATEST` or a published version. `failure` says why the last update failed."""

    number: str
    code: Code
    configuration: Configuration
    revision: str
    modified: float
    state: State
    update_status: UpdateStatus | None
    settling: Settling | None = None
    failure: Failure | None = None

    @property
    def serving(self) -> "Version":
        """What an invocation runs: during an update, still what was there before."""
        return self if self.settling is None or self.settling.serving is None else self.settling.serving

    def at(self, now: float) -> "Version":
        """The version as of `now`: a change whose moment has come is complete.

        Source: AWS Lambda developer guide, "Lambda function states": an update that fails is aborted, and the code and
        the configuration before it remain.
        """
        settling = self.settling
        if settling is None or now < settling.at:
            return self
        if settling.serving is not None and settling.failure is not None:
            return replace(
                settling.serving,
                update_status=UpdateStatus.FAILED,
                revision=settling.revision,
                failure=settling.failure,
            )
        return replace(
            self,
            state=State.ACTIVE,
            update_status=UpdateStatus.SUCCESSFUL,
            revision=settling.revision,
            settling=None,
            failure=None,
        )


@dataclass(frozen=True, slots=True)
class Alias:
    """A pointer to a version, or to two with a weight for the second."""

    name: str
    version: str
    revision: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def targets(self) -> frozenset[str]:
        """Every version that the alias can lead to."""
        return frozenset({self.version, *self.weights})

    def pick(self, draw: float) -> str:
        """The version that serves one invocation, for `draw` uniform in [0, 1)."""
        for number, weight in self.weights.items():
            if draw < weight:
                return number
            draw -= weight
        return self.version


class UrlAuth(enum.StrEnum):
    """AWS API: FunctionUrlConfig.AuthType."""

    NONE = "NONE"
    IAM = "AWS_IAM"


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """The HTTP endpoint of a function or of one of its aliases.

    Attributes:
        address: Where it listens, with a trailing slash.
        created: In seconds since the epoch, as `modified`.
    """

    id: str
    address: str
    auth: UrlAuth
    created: float
    modified: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One permission of a resource policy.

    Attributes:
        url_auth: Only for requests to a function URL of that kind.
        by_url: Only for invocations through a function URL.
    """

    sid: str
    action: str
    principal: str
    source_arn: str | None = None
    source_account: str | None = None
    url_auth: UrlAuth | None = None
    by_url: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The resource policy of a function, a version or an alias."""

    revision: str
    statements: tuple[Statement, ...] = ()


@dataclass(slots=True)
class Function:
    """All that belongs to one function. Only the state machine changes it.

    Attributes:
        policies: By qualifier; None is the unqualified function.
        urls: Likewise.
        reserved: Reserved concurrency; None is unreserved.
    """

    name: str
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    policies: dict[str | None, Policy] = field(default_factory=dict)
    urls: dict[str | None, FunctionUrl] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    reserved: int | None = None

    def version(self, number: str) -> Version | None:
        """A version by number, `$LATEST` included."""
        return self.latest if number == LATEST else self.versions.get(number)

    def put(self, version: Version) -> None:
        """Store a version under its number."""
        if version.number == LATEST:
            self.latest = version
        else:
            self.versions[version.number] = version

    def settle(self, now: float) -> None:
        """Complete every change whose moment has come."""
        self.latest = self.latest.at(now)
        for number, version in self.versions.items():
            if version.settling is not None:
                self.versions[number] = version.at(now)
