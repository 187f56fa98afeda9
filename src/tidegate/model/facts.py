"""Facts: what was seen of an environment besides its pointers. No value of a variable or a secret is among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

RETENTION_DAYS: Final = 30
"""How long a log group keeps what it gets."""

KEEPING_LIFECYCLE: Final = (
    '{"rules":[{"rulePriority":1,"description":"Only what has no tag any more","selection":{"tagStatus":"untagged",'
    '"countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}'
)
"""A lifecycle policy that keeps what is live and the way back: every image that Tidegate pushes has a tag."""


class Via(StrEnum):
    """By what a function is invoked."""

    URL = "function URL"
    SOURCE = "event source mapping"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A thing that could not be looked at: what it is, and why not.

    Attributes:
        matters: Whether a deployment might go wrong by it.
    """

    where: str
    reason: str
    matters: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose credentials are used."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Trust:
    """A statement of a role's trust policy that lets GitHub's tokens, or everybody, assume it.

    Attributes:
        principal: GitHub's identity provider, or `*`.
        subjects: Patterns of the token's `sub` that are let in; empty where any is.
    """

    principal: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invoker:
    """What invokes a function.

    Attributes:
        id: Of the mapping, or of the rule's target.
        source: Where events come from: the queue's ARN, the rule's name, or the URL.
        qualifier: Alias or version; empty when the function is named without.
        plain: Whether a rule's target is nothing but an id and an ARN.
    """

    via: Via
    id: str
    source: str
    qualifier: str
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement of a function's resource policy. `source` is the ARN, or its pattern, that it is limited to."""

    id: str
    principal: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function as it is configured now: what its next version will freeze.

    Attributes:
        variables: Names of its environment variables.
        references: Those among them whose value refers to a secret, in CloudFormation's notation.
        tracing: X-Ray's mode.
        log_group: Where it logs to.
        invokers: What invokes it; None where that could not be looked at.
        grants: Qualifier → statements of its resource policy; empty is the function itself.
    """

    name: str
    arn: str
    variables: tuple[str, ...]
    tracing: str
    log_group: str
    invokers: tuple[Invoker, ...] | None = ()
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    references: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """An HTTP API.

    Attributes:
        endpoint: Its URL without a stage or a trailing slash.
        integrations: Id → URI.
        stages: Name → stage variables.
    """

    id: str
    endpoint: str
    integrations: Mapping[str, str]
    stages: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class DomainMapping:
    """What lies below an address of a domain of one's own: a stage of an API."""

    url: str
    api: str
    stage: str


@dataclass(frozen=True, slots=True)
class DistributionFacts:
    """A CloudFront distribution: its domain, what it reads, and the KeyValueStore of its viewer-request function."""

    id: str
    domain: str
    origin: str
    store: str


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """What a distribution over a bucket would serve at a cache miss.

    Attributes:
        objects: How many objects it would serve.
        untested: How many of them are not those of the release that is live.
    """

    objects: int
    untested: int


@dataclass(frozen=True, slots=True)
class LogGroupFacts:
    """A log group; None keeps what it gets for ever."""

    retention_days: int | None


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image in a registry. `pushed` is in seconds since the epoch."""

    digest: str
    tags: tuple[str, ...]
    pushed: float


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """A repository of the registry; `lifecycle` is the policy's JSON text, empty without one."""

    mutability: str
    lifecycle: str
    images: tuple[ImageFacts, ...]


@dataclass(frozen=True, slots=True)
class Protected:
    """An image that must stay: it is live, or the way back."""

    repository: str
    digest: str
    why: str


@dataclass(frozen=True, slots=True)
class Settings:
    """An environment's settings as they were given.

    Attributes:
        values: Name → value, of those that are addresses; credentials are not among them.
        wrong_keys: Name of a credential → what is wrong with it.
        role: ARN of the role that was meant to be assumed; empty where none was named.
        repository: `owner/repo` on GitHub; empty where nobody said it.
        file: The file that they come from; empty for variables, as on GitHub.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    wrong_keys: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    repository: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """Everything that was seen of an environment. None stands for a thing that does not exist.

    What could not be looked at is in `unseen` and absent elsewhere, so that nothing is concluded from it.

    Attributes:
        trusts: Who may assume the role; None where that could not be looked at, or no role was meant.
        functions: By key of `tidegate.yaml`.
        distributions: By id.
        apis: Those that may invoke the function with the HTTP API.
        mappings: Of the domain that the API's address is on, where that is one of the team's own.
        groups: By name.
        alarmed: Names of the functions whose errors have an alarm; None where that could not be looked at.
        repositories: By name.
        secrets: Name → whether it exists.
        build_projects: Name of a CodeBuild project that tests are to run in → whether it exists.
        bucket: What APP would serve at a cache miss, where both distributions read the same files.
    """

    environment: str
    region: str
    identity: Identity | None = None
    settings: Settings = field(default_factory=Settings)
    trusts: tuple[Trust, ...] | None = None
    functions: Mapping[str, FunctionFacts | None] = field(default_factory=dict)
    distributions: Mapping[str, DistributionFacts | None] = field(default_factory=dict)
    apis: tuple[ApiFacts, ...] = ()
    mappings: tuple[DomainMapping, ...] = ()
    groups: Mapping[str, LogGroupFacts | None] = field(default_factory=dict)
    alarmed: frozenset[str] | None = None
    repositories: Mapping[str, RepositoryFacts | None] = field(default_factory=dict)
    secrets: Mapping[str, bool] = field(default_factory=dict)
    build_projects: Mapping[str, bool] = field(default_factory=dict)
    bucket: BucketFacts | None = None
    protected: tuple[Protected, ...] = ()
    unseen: tuple[Unseen, ...] = ()
