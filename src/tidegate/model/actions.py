"""How the pipeline runs on GitHub Actions: the section `actions` of `tidegate.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Credentials(StrEnum):
    """How a runner gets access to AWS: a role through OIDC, or long-lived keys."""

    OIDC = "oidc"
    KEYS = "keys"


class ApprovalBy(StrEnum):
    """Who holds a run until a person decides: a protected GitHub environment, or the ledger and a dispatch."""

    ENVIRONMENT = "environment"
    DISPATCH = "dispatch"


@dataclass(frozen=True, slots=True)
class Supply:
    """How runners get Tidegate, by paths below the repository's root.

    Attributes:
        requirements: A requirements file in which every line has its hash.
        path: A folder with Tidegate's source; None where the requirements name Tidegate too.
    """

    requirements: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of what jobs need besides Tidegate, as the setup actions take them."""

    python: str = "3.11"
    node: str = "22"
    terraform: str = "1.9.8"
    go: str = "1.23"


@dataclass(frozen=True, slots=True)
class Pin:
    """An action at one commit.

    Attributes:
        action: `owner/repository`.
        tag: The tag that the commit had when it was pinned, for people.
    """

    action: str
    commit: str
    tag: str


@dataclass(frozen=True, slots=True)
class Actions:
    """What the workflow files are made of, besides the pipeline itself.

    Attributes:
        ledger: `s3://BUCKET[/PREFIX]`, the ledger that runners share.
        supply: How runners get Tidegate.
        runner: Label of the runners.
        versions: Of the tools that jobs need.
        github: The GitHub environment of jobs that belong to no environment; empty for none.
        pull_requests: Branches whose pull requests are checked; the pipeline's branch where none is given.
        infrastructure: Branches whose pushes run the gates of the infrastructure, likewise.
        pins: Action → the commit to use in place of Tidegate's own.
    """

    ledger: str
    supply: Supply
    runner: str = "ubuntu-24.04"
    versions: Versions = Versions()
    credentials: Credentials = Credentials.OIDC
    approval: ApprovalBy = ApprovalBy.ENVIRONMENT
    github: str = ""
    pull_requests: tuple[str, ...] = ()
    infrastructure: tuple[str, ...] = ()
    pins: Mapping[str, Pin] = field(default_factory=dict)
