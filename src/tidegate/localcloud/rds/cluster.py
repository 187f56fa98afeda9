"""Clusters, their instances and their snapshots as values.

Source: DBCluster, DBInstance and DBClusterSnapshot in the Amazon RDS API reference; statuses in the Aurora user guide,
"Viewing DB cluster status".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Flavour(StrEnum):
    """Aurora's two engines."""

    POSTGRESQL = "aurora-postgresql"
    MYSQL = "aurora-mysql"


class Status(StrEnum):
    """Where a cluster, an instance or a snapshot is in its life."""

    CREATING = "creating"
    AVAILABLE = "available"
    RESETTING = "resetting-master-credentials"
    DELETING = "deleting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster.

    Attributes:
        name: DBClusterIdentifier.
        resource: DbClusterResourceId, which no other cluster ever has.
        version: The engine version that was asked for; the server's own is what is installed.
        database: Its first database; empty for none.
        master: The master user's name. Its password is nowhere but in the server.
        created: Seconds since the epoch.
        host: Where it answers; empty until it is available.
        failure: Why it failed; empty when it did not.
    """

    name: str
    arn: str
    resource: str
    flavour: Flavour
    version: str
    database: str
    master: str
    created: float
    status: Status = Status.CREATING
    host: str = ""
    port: int = 0
    protected: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a cluster. It has no life of its own here: the cluster's server answers for it."""

    name: str
    arn: str
    cluster: str
    size: str
    created: float
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot; `of` is the cluster as it was then."""

    name: str
    arn: str
    resource: str
    of: Cluster
    created: float
    status: Status = Status.CREATING
    tags: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
