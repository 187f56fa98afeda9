"""Snapshot: what was observed in an environment, with the revisions that a later write must carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a function as Lambda describes it; `$LATEST` is one too.

    Attributes:
        version: `$LATEST` or a number.
        digest: `sha256:<hex>` of the image that it runs.
        configuration: Hash of what the version froze: environment variables, handler, memory, timeout, role.
        revision: Lambda's RevisionId; it changes with every accepted and with every completed update.
        state: Lambda's State: Pending, Active, Inactive or Failed.
        update: Lambda's LastUpdateStatus: Successful, InProgress or Failed; empty for published versions.
        reason: Lambda's reason for a state or an update that failed.
    """

    version: str
    digest: str
    configuration: str
    revision: str
    state: str = "Active"
    update: str = "Successful"
    reason: str = ""

    @property
    def settled(self) -> bool:
        """Whether it is Active and no update is under way."""
        return self.state == "Active" and self.update in {"Successful", ""}


@dataclass(frozen=True, slots=True)
class Alias:
    """A Lambda alias: a pointer to a version.

    Attributes:
        name: `live` or `candidate`.
        version: What it points to.
        revision: The alias's own RevisionId.
        weights: Additional version → share of requests, while a canary is under way.
    """

    name: str
    version: str
    revision: str
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunctionSnapshot:
    """One function: `$LATEST`, what its pointers point to, and those versions."""

    name: str
    latest: Version
    aliases: Mapping[str, Alias]
    versions: Mapping[str, Version]

    def at(self, alias: str) -> Version | None:
        """The version that an alias points to, or None for an alias that does not exist."""
        pointer = self.aliases.get(alias)
        return self.versions.get(pointer.version) if pointer else None


@dataclass(frozen=True, slots=True)
class SitePointer:
    """What one distribution serves.

    Attributes:
        distribution: Its id.
        domain: Its bare domain.
        release: The bundle digest that it points to; empty before a first deployment.
        etag: What the next write of the pointer must carry.
    """

    distribution: str
    domain: str
    release: str
    etag: str


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """The site of an environment: candidate is TEST, live is APP."""

    test: SitePointer
    app: SitePointer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The observed state of an environment.

    Functions are keyed as in `tidegate.yaml`; an optional function that does not exist is absent.
    """

    environment: str
    functions: Mapping[str, FunctionSnapshot] = field(default_factory=dict)
    site: SiteSnapshot | None = None
