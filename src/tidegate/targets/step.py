"""Step: one write that a plan asks for, with what it expects to find. A closed set; executors `match` on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.model.snapshot import Alias

LIVE = "live"
CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class UpdateCode:
    """Put an image into `$LATEST`; `revision` is what `$LATEST` is expected to be at."""

    function: str
    image_uri: str
    digest: str
    revision: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish `$LATEST`, once it is settled and holds `digest`."""

    function: str
    digest: str


@dataclass(frozen=True, slots=True)
class PointAlias:
    """Point an alias to a version; an empty version is the one published by the step before.

    `expected` is what the alias was when this was planned; None takes it from wherever it stands, as the way back does.
    """

    function: str
    alias: str
    version: str
    expected: Alias | None = None


FunctionStep = UpdateCode | Publish | PointAlias


@dataclass(frozen=True, slots=True)
class PointSite:
    """Make a distribution serve a bundle. `etag` is what its pointer is expected to be at."""

    distribution: str
    release: str
    etag: str


Step = FunctionStep | PointSite


def told(step: Step) -> str:
    """A step in one line, for ledger and people."""
    match step:
        case UpdateCode(function, _, digest):
            return f"{function}: UpdateFunctionCode {digest[:19]}"
        case Publish(function, digest):
            return f"{function}: PublishVersion {digest[:19]}"
        case PointAlias(function, alias, version):
            return f"{function}: {alias} → {version or 'the published version'}"
        case PointSite(distribution, release):
            return f"{distribution} → {release[:19]}"


def way_back_of(functions: Mapping[str, str], app: str) -> dict[str, object]:
    """The way back as the ledger keeps it: function name → version of `live`, and the bundle that APP serves."""
    return {"functions": dict(functions), "app": app}
