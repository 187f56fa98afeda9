"""RDS's state machine: clusters, instances and snapshots. Pure: times and resource ids come in as arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tidegate.localcloud.rds import errors
from tidegate.localcloud.rds.cluster import Cluster, Flavour, Instance, Snapshot, Status

# AWS API: CreateDBCluster, DBClusterIdentifier: 1 to 63 letters, digits or hyphens, a letter first, no hyphen last or
# twice; CreateDBClusterSnapshot takes as many as 255.
_NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_LONGEST_NAME, _LONGEST_SNAPSHOT_NAME = 63, 255
# AWS API: CreateDBCluster, MasterUserPassword: 8 to 41 printable ASCII characters besides these (and no space).
_PASSWORD = re.compile(r"[!-~]{8,41}")
_NOT_IN_PASSWORD = frozenset('/"@')
# AWS API: CreateDBCluster, MasterUsername: 1 to 16 letters or digits, a letter first, no reserved word.
_MASTER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")
_RESERVED = frozenset({"rdsadmin", "root", "tidegate_admin"})
_DATABASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class NewCluster:
    """What CreateDBCluster asks for; the password is checked here and kept nowhere."""

    name: str
    flavour: Flavour
    version: str
    database: str
    master: str
    password: str = field(repr=False)
    protected: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


class RdsState:
    """Everything of one account and region. Methods raise RdsError and leave the state as it was."""

    def __init__(self, account: str, region: str) -> None:
        self._prefix = f"arn:aws:rds:{region}:{account}"
        self._clusters: dict[str, Cluster] = {}
        self._instances: dict[str, Instance] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def create(self, new: NewCluster, resource: str, now: float) -> Cluster:
        """AWS API: CreateDBCluster. The cluster is `creating`; whoever starts its server calls `ready`.

        Raises:
            RdsError: DBClusterAlreadyExistsFault, InvalidParameterValue.
        """
        check_password(new.password)
        if not _MASTER.fullmatch(new.master) or new.master.lower() in _RESERVED:
            raise errors.invalid(f"MasterUsername {new.master} is not a valid user name, or a reserved word")
        if new.database and not _DATABASE.fullmatch(new.database):
            raise errors.invalid(f"DatabaseName {new.database} is not valid")
        name = self._free(new.name)
        made = Cluster(
            name=name,
            arn=f"{self._prefix}:cluster:{name}",
            resource=resource,
            flavour=new.flavour,
            version=new.version,
            database=new.database,
            master=new.master,
            created=now,
            protected=new.protected,
            tags=dict(new.tags),
        )
        return self._keep(made)

    def restore(
        self, name: str, snapshot: str, flavour: Flavour, resource: str, now: float, tags: Mapping[str, str]
    ) -> tuple[Cluster, Snapshot]:
        """AWS API: RestoreDBClusterFromSnapshot: a cluster of its own, `creating`.

        Raises:
            RdsError: DBClusterAlreadyExistsFault, DBClusterSnapshotNotFoundFault, InvalidDBClusterSnapshotStateFault,
                InvalidParameterCombination for another engine than the snapshot's.
        """
        found = self.snapshot(snapshot)
        if found.status is not Status.AVAILABLE:
            raise errors.snapshot_busy(found.name, found.status)
        if flavour is not found.of.flavour:
            raise errors.combination(f"The snapshot {found.name} is one of {found.of.flavour}, not of {flavour}")
        name = self._free(name)
        made = replace(
            found.of,
            name=name,
            arn=f"{self._prefix}:cluster:{name}",
            resource=resource,
            created=now,
            status=Status.CREATING,
            host="",
            port=0,
            protected=False,
            tags=dict(tags),
        )
        return self._keep(made), found

    def cluster(self, name: str) -> Cluster:
        """A cluster by name or ARN.

        Raises:
            RdsError: DBClusterNotFoundFault.
        """
        found = self._clusters.get(self._short(name, "cluster"))
        if found is None:
            raise errors.no_cluster(name)
        return found

    def clusters(self) -> list[Cluster]:
        """All clusters, by name."""
        return [self._clusters[name] for name in sorted(self._clusters)]

    def available(self, name: str) -> Cluster:
        """A cluster that can be worked with.

        Raises:
            RdsError: DBClusterNotFoundFault, InvalidDBClusterStateFault.
        """
        found = self.cluster(name)
        if found.status is not Status.AVAILABLE:
            raise errors.cluster_busy(found.name, found.status)
        return found

    def ready(self, name: str, host: str, port: int) -> Cluster:
        """Its server answers."""
        return self._keep(replace(self.cluster(name), status=Status.AVAILABLE, host=host, port=port))

    def failed(self, name: str, why: str) -> Cluster:
        """Its server did not start."""
        return self._keep(replace(self.cluster(name), status=Status.FAILED, failure=why))

    def change(self, name: str, *, password: str = "", protected: bool | None = None) -> Cluster:
        """AWS API: ModifyDBCluster. With a password the cluster is busy until `ready`.

        Raises:
            RdsError: DBClusterNotFoundFault, InvalidDBClusterStateFault, InvalidParameterValue.
        """
        found = self.available(name)
        if password:
            check_password(password)
            found = replace(found, status=Status.RESETTING)
        if protected is not None:
            found = replace(found, protected=protected)
        return self._keep(found)

    def delete(self, name: str, final: str, resource: str, now: float) -> tuple[Cluster, Snapshot | None]:
        """AWS API: DeleteDBCluster. The cluster is `deleting` until `gone`.

        Args:
            name: The cluster.
            final: Name of the snapshot that is taken first; empty for none.
            resource: Id for that snapshot.
            now: Seconds since the epoch.

        Raises:
            RdsError: DBClusterNotFoundFault, InvalidDBClusterStateFault, InvalidParameterCombination, and what
                `take_snapshot` raises.
        """
        found = self.cluster(name)
        if found.status not in (Status.AVAILABLE, Status.FAILED):
            raise errors.cluster_busy(found.name, found.status)
        if found.protected:
            raise errors.cluster_protected()
        if self.instances_of(found.name):
            raise errors.cluster_has_instances(found.name)
        snapshot = self.take_snapshot(final, found.name, resource, now, found.tags) if final else None
        return self._keep(replace(found, status=Status.DELETING)), snapshot

    def gone(self, name: str) -> None:
        """Its server has ended."""
        self._clusters.pop(name, None)

    def take_snapshot(self, name: str, cluster: str, resource: str, now: float, tags: Mapping[str, str]) -> Snapshot:
        """AWS API: CreateDBClusterSnapshot. The snapshot is `creating` until `snapshot_ready`.

        Raises:
            RdsError: DBClusterSnapshotAlreadyExistsFault, DBClusterNotFoundFault, InvalidDBClusterStateFault,
                InvalidParameterValue.
        """
        of = self.available(cluster)
        name = _valid(name, "DBClusterSnapshotIdentifier", _LONGEST_SNAPSHOT_NAME)
        if name in self._snapshots:
            raise errors.snapshot_exists(name)
        arn = f"{self._prefix}:cluster-snapshot:{name}"
        made = self._snapshots[name] = Snapshot(name, arn, resource, of, now, tags=dict(tags))
        return made

    def snapshot(self, name: str) -> Snapshot:
        """A snapshot by name or ARN.

        Raises:
            RdsError: DBClusterSnapshotNotFoundFault.
        """
        found = self._snapshots.get(self._short(name, "cluster-snapshot"))
        if found is None:
            raise errors.no_snapshot(name)
        return found

    def snapshots(self) -> list[Snapshot]:
        """All snapshots, by name."""
        return [self._snapshots[name] for name in sorted(self._snapshots)]

    def snapshot_ready(self, name: str) -> None:
        """It is written."""
        self._snapshots[name] = replace(self._snapshots[name], status=Status.AVAILABLE)

    def snapshot_failed(self, name: str, why: str) -> None:
        """It could not be written."""
        self._snapshots[name] = replace(self._snapshots[name], status=Status.FAILED, failure=why)

    def delete_snapshot(self, name: str) -> Snapshot:
        """AWS API: DeleteDBClusterSnapshot.

        Raises:
            RdsError: DBClusterSnapshotNotFoundFault, InvalidDBClusterSnapshotStateFault.
        """
        found = self.snapshot(name)
        if found.status not in (Status.AVAILABLE, Status.FAILED):
            raise errors.snapshot_busy(found.name, found.status)
        return self._snapshots.pop(found.name)

    def create_instance(self, name: str, cluster: str, size: str, now: float, tags: Mapping[str, str]) -> Instance:
        """AWS API: CreateDBInstance for a cluster.

        Raises:
            RdsError: DBInstanceAlreadyExists, DBClusterNotFoundFault, InvalidParameterValue.
        """
        of = self.cluster(cluster)
        name = _valid(name, "DBInstanceIdentifier", _LONGEST_NAME)
        if name in self._instances:
            raise errors.instance_exists(name)
        made = self._instances[name] = Instance(name, f"{self._prefix}:db:{name}", of.name, size, now, dict(tags))
        return made

    def instance(self, name: str) -> Instance:
        """An instance by name or ARN.

        Raises:
            RdsError: DBInstanceNotFound.
        """
        found = self._instances.get(self._short(name, "db"))
        if found is None:
            raise errors.no_instance(name)
        return found

    def instances(self) -> list[Instance]:
        """All instances, by name."""
        return [self._instances[name] for name in sorted(self._instances)]

    def instances_of(self, cluster: str) -> list[Instance]:
        """The instances of a cluster, the writer first."""
        mine = [one for one in self._instances.values() if one.cluster == cluster]
        return sorted(mine, key=lambda one: one.created)

    def delete_instance(self, name: str) -> Instance:
        """AWS API: DeleteDBInstance.

        Raises:
            RdsError: DBInstanceNotFound.
        """
        return self._instances.pop(self.instance(name).name)

    def _free(self, name: str) -> str:
        name = _valid(name, "DBClusterIdentifier", _LONGEST_NAME)
        if name in self._clusters:
            raise errors.cluster_exists(name)
        return name

    def _keep(self, cluster: Cluster) -> Cluster:
        self._clusters[cluster.name] = cluster
        return cluster

    def _short(self, name: str, kind: str) -> str:
        return name.removeprefix(f"{self._prefix}:{kind}:").lower()


def check_password(password: str) -> None:
    """AWS API: CreateDBCluster, MasterUserPassword.

    Raises:
        RdsError: InvalidParameterValue, which does not show it.
    """
    if not _PASSWORD.fullmatch(password) or _NOT_IN_PASSWORD & set(password):
        raise errors.invalid(
            "The parameter MasterUserPassword is not a valid password: 8 to 41 printable ASCII characters besides "
            "'/', '@', '\"' and ' ' may be used."
        )


def _valid(name: str, parameter: str, longest: int) -> str:
    """Names are kept in lower case.

    Raises:
        RdsError: InvalidParameterValue.
    """
    if len(name) > longest or not _NAME.fullmatch(name):
        raise errors.invalid(
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain "
            "only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive "
            "hyphens."
        )
    return name.lower()
