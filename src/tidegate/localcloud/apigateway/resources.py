"""The values of an HTTP API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DEFAULT_STAGE = "$default"
DEFAULT_ROUTE = "$default"

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a change is given from outside: seconds since the epoch, and as many identifiers as it needs."""

    now: float
    ids: Iterator[str]


@dataclass(frozen=True, slots=True)
class Cors:
    """AWS API: Cors. `max_age` is in seconds."""

    allow_credentials: bool = False
    allow_headers: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Integration:
    """A function that answers. `timeout` is in milliseconds."""

    id: str
    uri: str
    description: str = ""
    timeout: int = 30_000


@dataclass(frozen=True, slots=True)
class Route:
    """Which requests an integration answers: `GET /path/{name}`, `ANY /{proxy+}` or `$default`."""

    id: str
    key: str
    integration_id: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """Routes and integrations as of one moment, which is what a stage serves."""

    id: str
    created: float
    automatic: bool
    description: str = ""
    routes: tuple[Route, ...] = ()
    integrations: Mapping[str, Integration] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Stage:
    """A name under which a deployment is served, with variables that integrations may use."""

    name: str
    created: float
    updated: float
    auto_deploy: bool = False
    deployment_id: str | None = None
    description: str = ""
    variables: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    tags: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What CreateApi and UpdateApi set."""

    name: str
    description: str = ""
    version: str = ""
    cors: Cors | None = None
    endpoint_disabled: bool = False


@dataclass(slots=True)
class Api:
    """One HTTP API with all that belongs to it. Only the state machine changes it."""

    id: str
    created: float
    settings: ApiSettings
    tags: dict[str, str] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    integrations: dict[str, Integration] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)

    def served(self, stage: Stage) -> Deployment | None:
        """What a stage serves, if anything was deployed to it."""
        return None if stage.deployment_id is None else self.deployments.get(stage.deployment_id)
