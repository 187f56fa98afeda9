"""What `tidegate cloud up` creates for an environment on the embedded cloud; on AWS that is Terraform's job."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.model.database import Engine
from tidegate.model.pipeline import Strategy

CANDIDATE_SUFFIX = "-candidate"
"""Suffix of the twin that every table and queue has."""


@dataclass(frozen=True, slots=True)
class FunctionBlueprint:
    """A function on the placeholder image, with the aliases `live` and `candidate`.

    Attributes:
        name: Its name.
        repository: ECR repository of its image.
        handler: ImageConfig.Command of what will be deployed.
        environment: Environment variables; never shown.
        timeout_seconds: How long an invocation may take.
        memory_mb: Memory.
        api: Whether the environment's HTTP API leads to it; at most one does.
        queue: Queue whose messages `live` gets, while `candidate` gets those of its twin.
        schedule: Schedule expression of a rule that invokes `live`.
        database: Whether it is given the address of the environment's database.
    """

    name: str
    repository: str
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: int = 30
    memory_mb: int = 512
    api: bool = False
    queue: str | None = None
    schedule: str | None = None
    database: bool = False


@dataclass(frozen=True, slots=True)
class TableBlueprint:
    """A DynamoDB table and its twin; its keys are strings."""

    name: str
    hash_key: str
    range_key: str | None = None


@dataclass(frozen=True, slots=True)
class DatabaseBlueprint:
    """An Aurora cluster and the secret that says how it is reached.

    Attributes:
        cluster: Its name.
        secret: Name of the secret.
        database: Its first database.
        user: The master user.
    """

    engine: Engine
    cluster: str
    secret: str
    database: str
    user: str = "app"


@dataclass(frozen=True, slots=True)
class IntrospectionBlueprint:
    """The function inside the VPC that answers the schema gate.

    Attributes:
        name: Its name.
        source: Python source text that defines `handler(event, context)`.
    """

    name: str
    source: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteBlueprint:
    """Two distributions, TEST and APP, over one bucket.

    Attributes:
        bucket: Its name.
        strategy: How the site goes live.
        viewer_request: JavaScript of the viewer-request function; used by strategy `pointer`.
    """

    bucket: str
    strategy: Strategy
    viewer_request: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BuildProjectBlueprint:
    """A CodeBuild project that tests inside the VPC; its builds are told of the environment's database.

    Attributes:
        name: Its name.
        buildspec: Path in the source; empty for `buildspec.yml`.
        secret: The database's secret.
    """

    name: str
    buildspec: str
    secret: str


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything of one environment, with names expanded."""

    product: str
    environment: str
    functions: tuple[FunctionBlueprint, ...] = ()
    tables: tuple[TableBlueprint, ...] = ()
    queues: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    site: SiteBlueprint | None = None
    database: DatabaseBlueprint | None = None
    build_project: BuildProjectBlueprint | None = None
    introspection: IntrospectionBlueprint | None = None


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Where the things of an environment are; URLs have no trailing slash, and all is empty for what it has not.

    Attributes:
        environment: Its name.
        api_url: The HTTP API's stage `live`.
        candidate_api_url: Its stage `candidate`.
        bucket: The site's bucket.
        app_distribution: Id of the distribution that users reach.
        test_distribution: Id of the distribution that tests reach.
        test_domain: The bare domain of TEST.
        app_url: Where users reach the site.
        test_url: Where tests reach it.
    """

    environment: str
    api_url: str = ""
    candidate_api_url: str = ""
    bucket: str = ""
    app_distribution: str = ""
    test_distribution: str = ""
    test_domain: str = ""
    app_url: str = ""
    test_url: str = ""
