"""Pipeline: what `tidegate.yaml` declares. `config` makes these values; nothing else does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.model.actions import Actions
from tidegate.model.database import DatabaseSpec
from tidegate.model.finding import Acceptance
from tidegate.model.job import TIMEOUT_SECONDS, Duty


class Strategy(StrEnum):
    """How a site goes live."""

    POINTER = "pointer"
    INVALIDATION = "invalidation"


class Order(StrEnum):
    """When the backend of an environment goes live: with its site, or before the site's tests."""

    TOGETHER = "together"
    BACKEND_FIRST = "backend-first"


class Builder(StrEnum):
    """What makes an image of a Dockerfile: layering in Python, or `docker build`."""

    LAYERS = "layers"
    DOCKER = "docker"


@dataclass(frozen=True, slots=True)
class Component:
    """A named path set, in picomatch patterns."""

    name: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """A container image that is built once and promoted by digest."""

    name: str
    dockerfile: str
    context: str
    repository: str
    components: tuple[str, ...]
    builder: Builder = Builder.LAYERS


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a smoke test's answer must be.

    Attributes:
        status: HTTP status; None for an event that does not answer over HTTP.
        json: A subset that the answer's JSON must contain; `<release.commit>` and `<release.digest>` stand for
            the artifact under test.
    """

    status: int | None = None
    json: object = None


@dataclass(frozen=True, slots=True)
class Seed:
    """An object that is put into a bucket before a smoke test asks.

    Attributes:
        bucket: Key of the bucket in `resources.buckets`.
        key: Object key; below `candidate/`, so that nothing live ever reads it.
        file: Path below the product's root.
    """

    bucket: str
    key: str
    file: str


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """One invocation of a candidate. Exactly one of `get` and `event` is set.

    Attributes:
        name: For people.
        get: Path and query of an API Gateway v2 GET request.
        event: Path, below the product's root, of a JSON file with the event to send; `{env}` inside it is expanded.
        seed: What the event is about, put there first.
    """

    name: str
    expect: Expectation
    get: str | None = None
    event: str | None = None
    seed: Seed | None = None


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A Lambda function, by its name pattern (`{env}`).

    Attributes:
        environment: Variables whose values the file gives.
        runtime: Names of those that are given from outside of it.
        database: Whether it uses the database, whose address it is given (`model.database.VARIABLES`).
    """

    key: str
    name: str
    image: str
    handler: str
    smoke: tuple[SmokeTest, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    api: bool = False
    queue: str | None = None
    schedule: str | None = None
    timeout_seconds: int = 30
    memory_mb: int = 512
    runtime: tuple[str, ...] = ()
    database: bool = False


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """The static site: how it is built and how it goes live."""

    path: str
    components: tuple[str, ...]
    install: tuple[str, ...]
    build: tuple[str, ...]
    output: str
    lock: str
    strategy: Strategy
    bucket: str
    api: str | None


@dataclass(frozen=True, slots=True)
class Resources:
    """What functions and site need besides themselves: `cloud up` creates it, on AWS Terraform does.

    Every table and queue has a twin with the suffix `-candidate`.

    Attributes:
        tables: Name pattern → (hash key, range key or None), both strings.
        queues: Key → name pattern.
        buckets: Key → name pattern.
        secrets: Key → name pattern of what functions read by name: their variables hold no secret.
    """

    tables: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    queues: Mapping[str, str] = field(default_factory=dict)
    buckets: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One command of a gate. `warn` turns its failure into a warning."""

    name: str
    run: str
    warn: bool = False


@dataclass(frozen=True, slots=True)
class CheckGate:
    """Commands that judge a commit: the quality gate, before anything is built, and the gates of the infrastructure.

    Attributes:
        components: A change in any of them runs the gate; empty for every change.
        python: Requirement files whose packages the commands see.
    """

    components: tuple[str, ...]
    python: tuple[str, ...]
    steps: tuple[CheckStep, ...]
    timeout_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class BrowserGate:
    """End-to-end tests of a backend and a site as a pair, split into shards."""

    run: str
    python: tuple[str, ...]
    shards: int = 1
    timeout_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Environment:
    """A place that a release is deployed to, after the one named by `after` has proved it.

    Attributes:
        github: Name of the GitHub environment that holds its secrets.
        approval: Whether a person must approve each run before it touches the environment.
        approvers: Who may; empty for anybody.
    """

    name: str
    after: str | None = None
    github: str = ""
    approval: bool = False
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long jobs may take, in seconds.

    Attributes:
        default: The limit of every job that none of its own is declared for.
        own: Limits by what jobs are for.
    """

    default: int = TIMEOUT_SECONDS
    own: Mapping[Duty, int] = field(default_factory=dict)

    def of(self, duty: Duty) -> int:
        """The limit of a job."""
        return self.own.get(duty, self.default)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything that one `tidegate.yaml` declares.

    Mappings keep the file's order; environments are sorted so that each comes after the one it depends on.

    Attributes:
        infrastructure: Gates of the infrastructure, by the name of their job: `opa-policy`, `terratest`.
        actions: How it runs on GitHub Actions; None where the file does not say.
        accepted: Findings of the doctor that the team lives with.
        database: The database of its environments; None for a product without one.
    """

    product: str
    branch: str
    cloud: str
    region: str
    ignore: tuple[str, ...]
    components: Mapping[str, Component]
    images: Mapping[str, ImageSpec]
    functions: Mapping[str, FunctionSpec]
    site: SiteSpec | None
    resources: Resources
    check: CheckGate | None
    browser: BrowserGate | None
    contract: BrowserGate | None
    order: Order
    environments: Mapping[str, Environment]
    timeouts: Timeouts = field(default_factory=Timeouts)
    infrastructure: Mapping[str, CheckGate] = field(default_factory=dict)
    actions: Actions | None = None
    accepted: tuple[Acceptance, ...] = ()
    database: DatabaseSpec | None = None


def expand(pattern: str, environment: str) -> str:
    """Put an environment's name where `{env}` stands."""
    return pattern.replace("{env}", environment)
