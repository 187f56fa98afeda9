"""Aurora in memory: the embedded state machine behind the clusters port, with snapshots that take their time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.memory_faults import refuse
from tests.memory_wire import Wire
from tidegate.localcloud.rds.cluster import Flavour, Snapshot, Status
from tidegate.localcloud.rds.errors import RdsError
from tidegate.localcloud.rds.state import NewCluster, RdsState
from tidegate.model.cluster import Cluster, ClusterSnapshot, DatabaseSecret, read_secret
from tidegate.model.database import Engine

FLAVOURS = {Engine.POSTGRESQL: Flavour.POSTGRESQL, Engine.MYSQL: Flavour.MYSQL}
SNAPSHOT_SECONDS = 30.0
PASSWORD = "a-good-password"


@dataclass(slots=True)
class ClustersState:
    """What RDS and Secrets Manager hold.

    Attributes:
        secrets: The texts of secrets by name.
        broken: Snapshots that will not be written.
    """

    rds: RdsState = field(default_factory=lambda: RdsState("123456789012", "local"))
    secrets: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


class MemoryClusters:
    """Amazon Aurora. Strangers make clusters with `create`, and rotate passwords with `rotate`."""

    def __init__(self, wire: Wire, state: ClustersState) -> None:
        self._wire = wire
        self.state = state

    def create(self, name: str, engine: Engine = Engine.POSTGRESQL, database: str = "funds") -> None:
        """An available cluster, and a secret of its name."""
        new = NewCluster(name, FLAVOURS[engine], "1", database, "app", PASSWORD)
        self.state.rds.create(new, f"cluster-{name}", self._wire.now)
        found = self.state.rds.ready(name, f"{name}.test", 5432)
        secret = DatabaseSecret(engine, found.host, found.port, database, "app", PASSWORD)
        self.state.secrets[name] = secret.text()

    def rotate(self, name: str, password: str) -> None:
        """Another password, in the cluster and in its secret."""
        known = read_secret(self.state.secrets[name], name)
        rotated = DatabaseSecret(known.engine, known.host, known.port, known.database, known.user, password)
        self.state.secrets[name] = rotated.text()

    async def describe(self, name: str) -> Cluster:
        def call() -> Cluster:
            with _mapped("DescribeDBClusters", f"cluster {name}"):
                found = self.state.rds.cluster(name)
            engine = {flavour: engine for engine, flavour in FLAVOURS.items()}[found.flavour]
            return Cluster(found.name, engine, found.status.value, found.host, found.port, found.database)

        return await self._wire.ask(f"clusters.describe {name}", call)

    async def snapshot(self, cluster: str, name: str) -> ClusterSnapshot:
        def call() -> ClusterSnapshot:
            known = [one for one in self._settled(cluster) if one.name == name]
            if known:
                return _seen(known[0])
            with _mapped("CreateDBClusterSnapshot", f"snapshot {name} of cluster {cluster}"):
                return _seen(self.state.rds.take_snapshot(name, cluster, f"snapshot-{name}", self._wire.now, {}))

        return await self._wire.tell(f"clusters.snapshot {cluster}", call)

    async def snapshots(self, cluster: str) -> tuple[ClusterSnapshot, ...]:
        def call() -> tuple[ClusterSnapshot, ...]:
            return tuple(sorted(map(_seen, self._settled(cluster)), key=lambda one: one.created))

        return await self._wire.ask(f"clusters.snapshots {cluster}", call)

    async def secret(self, name: str) -> DatabaseSecret:
        def call() -> DatabaseSecret:
            if name not in self.state.secrets:
                refuse("GetSecretValue", "ResourceNotFoundException", "it does not exist", f"secret {name}")
            return read_secret(self.state.secrets[name], name)

        return await self._wire.ask(f"clusters.secret {name}", call)

    def _settled(self, cluster: str) -> list[Snapshot]:
        """The snapshots of a cluster, written by now if their time has come."""
        for one in self.state.rds.snapshots():
            if one.status is Status.CREATING and self._wire.now >= one.created + SNAPSHOT_SECONDS:
                if one.name in self.state.broken:
                    self.state.rds.snapshot_failed(one.name, "no space left")
                else:
                    self.state.rds.snapshot_ready(one.name)
        return [one for one in self.state.rds.snapshots() if one.of.name == cluster]


def _seen(found: Snapshot) -> ClusterSnapshot:
    return ClusterSnapshot(found.name, found.of.name, found.status.value, found.created)


@contextmanager
def _mapped(operation: str, where: str) -> Iterator[None]:
    try:
        yield
    except RdsError as error:
        refuse(operation, error.code, error.message, where, error.status)
