"""RDS on the wire: the Query protocol, a form in and XML out."""

import base64
import binascii
import secrets
import string
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.rds import answers, errors
from tidegate.localcloud.rds.cluster import Cluster, Flavour, Instance
from tidegate.localcloud.rds.errors import RdsError
from tidegate.localcloud.rds.requests import VERSION, Fields
from tidegate.localcloud.rds.servers import missing
from tidegate.localcloud.rds.state import NewCluster, RdsState
from tidegate.localcloud.rds.works import Works

# AWS API: MaxRecords of the operations that describe.
PAGE = 100
# What is said where a request names no version; the server's own may be another.
_VERSIONS = {Flavour.POSTGRESQL: "16.8", Flavour.MYSQL: "8.0.mysql_aurora.3.08.0"}

T = TypeVar("T")
Json = dict[str, Any]


class RdsApi:
    """Parses a request, runs its operation on the state, has the works do the rest, writes the answer.

    Args:
        clock: Seconds since the epoch.
    """

    def __init__(self, state: RdsState, works: Works, clock: Callable[[], float]) -> None:
        self._state = state
        self._works = works
        self._clock = clock
        self._operations: dict[str, Callable[[Fields], Json]] = {
            "CreateDBCluster": self._create_cluster,
            "CreateDBClusterSnapshot": self._create_snapshot,
            "CreateDBInstance": self._create_instance,
            "DeleteDBCluster": self._delete_cluster,
            "DeleteDBClusterSnapshot": self._delete_snapshot,
            "DeleteDBInstance": self._delete_instance,
            "DescribeDBClusterSnapshots": self._describe_snapshots,
            "DescribeDBClusters": self._describe_clusters,
            "DescribeDBInstances": self._describe_instances,
            "ModifyDBCluster": self._modify_cluster,
            "RestoreDBClusterFromSnapshot": self._restore_cluster,
        }

    async def handle(self, request: Request) -> Response:
        """Answer one signed request."""
        fields, identity = Fields(await request.body()), str(uuid.uuid4())
        try:
            operation = self._operations.get(fields.action)
            if operation is None or fields.version != VERSION:
                raise errors.not_emulated(f"{fields.action[:100]} of version {fields.version[:100]}")
            content, status = answers.render(fields.action, operation(fields), identity), 200
        except RdsError as error:
            content, status = answers.render_error(error.code, error.message, error.status, identity), error.status
        return Response(content, status, media_type="text/xml")

    def _create_cluster(self, fields: Fields) -> Json:
        flavour = fields.flavour()
        if (mode := fields.text("EngineMode")) not in ("", "provisioned"):
            raise errors.not_emulated(f"EngineMode {mode}")
        new = NewCluster(
            name=fields.needed("DBClusterIdentifier"),
            flavour=flavour,
            version=fields.text("EngineVersion") or _VERSIONS[flavour],
            database=fields.text("DatabaseName"),
            master=fields.needed("MasterUsername"),
            password=fields.needed("MasterUserPassword"),
            protected=fields.flag("DeletionProtection") or False,
            tags=fields.tags(),
        )
        fields.done()
        _needs_server(flavour)
        made = self._state.create(new, _resource("cluster"), self._clock())
        self._works.create(made, new.password)
        return self._one(made)

    def _restore_cluster(self, fields: Fields) -> Json:
        flavour = fields.flavour()
        name, snapshot = fields.needed("DBClusterIdentifier"), fields.needed("SnapshotIdentifier")
        tags = fields.tags()
        fields.text("EngineVersion")  # The snapshot's own goes on.
        fields.done()
        _needs_server(flavour)
        made, source = self._state.restore(name, snapshot, flavour, _resource("cluster"), self._clock(), tags)
        self._works.restore(made, source)
        return self._one(made)

    def _describe_clusters(self, fields: Fields) -> Json:
        name, chosen = fields.text("DBClusterIdentifier"), fields.filters("db-cluster-id")
        found = [self._state.cluster(name)] if name else self._state.clusters()
        names = chosen.get("db-cluster-id")
        found = [one for one in found if names is None or one.name in names or one.arn in names]
        page, marker = _page(fields, found)
        fields.done()
        return {"DBClusters": ("DBCluster", [self._cluster(one) for one in page]), "Marker": marker}

    def _modify_cluster(self, fields: Fields) -> Json:
        name, password = fields.needed("DBClusterIdentifier"), fields.text("MasterUserPassword")
        protected = fields.flag("DeletionProtection")
        fields.done()
        changed = self._state.change(name, password=password, protected=protected)
        if password:
            self._works.reset(changed, password)
        return self._one(changed)

    def _delete_cluster(self, fields: Fields) -> Json:
        name, final = fields.needed("DBClusterIdentifier"), fields.text("FinalDBSnapshotIdentifier")
        skip = fields.flag("SkipFinalSnapshot") or False
        fields.done()
        if not skip and not final:
            raise errors.combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
        if skip and final:
            raise errors.combination(
                "FinalDBSnapshotIdentifier can not be specified when deleting a cluster with skip final snapshot"
            )
        deleted, snapshot = self._state.delete(name, final, _resource("snapshot"), self._clock())
        if snapshot is not None:
            self._works.snapshot(snapshot)
        self._works.delete(deleted)
        return self._one(deleted)

    def _create_snapshot(self, fields: Fields) -> Json:
        name, cluster = fields.needed("DBClusterSnapshotIdentifier"), fields.needed("DBClusterIdentifier")
        tags = fields.tags()
        fields.done()
        made = self._state.take_snapshot(name, cluster, _resource("snapshot"), self._clock(), tags)
        self._works.snapshot(made)
        return {"DBClusterSnapshot": answers.snapshot(made)}

    def _describe_snapshots(self, fields: Fields) -> Json:
        name, cluster = fields.text("DBClusterSnapshotIdentifier"), fields.text("DBClusterIdentifier")
        kind = fields.text("SnapshotType")
        found = [self._state.snapshot(name)] if name else self._state.snapshots()
        found = [one for one in found if cluster.lower() in ("", one.of.name, one.of.arn.lower())]
        # All of them are taken by hand.
        page, marker = _page(fields, found if kind in ("", "manual") else [])
        fields.done()
        return {
            "DBClusterSnapshots": ("DBClusterSnapshot", [answers.snapshot(one) for one in page]),
            "Marker": marker,
        }

    def _delete_snapshot(self, fields: Fields) -> Json:
        name = fields.needed("DBClusterSnapshotIdentifier")
        fields.done()
        deleted = self._state.delete_snapshot(name)
        self._works.forget(deleted)
        return {"DBClusterSnapshot": answers.snapshot(deleted)}

    def _create_instance(self, fields: Fields) -> Json:
        flavour, cluster = fields.flavour(), fields.text("DBClusterIdentifier")
        name, size = fields.needed("DBInstanceIdentifier"), fields.needed("DBInstanceClass")
        fields.text("EngineVersion")
        tags = fields.tags()
        fields.done()
        if not cluster:
            raise errors.not_emulated("an instance without a cluster")
        if flavour is not self._state.cluster(cluster).flavour:
            raise errors.combination("The engine name requested for your DB instance doesn't match its DB cluster's.")
        made = self._state.create_instance(name, cluster, size, self._clock(), tags)
        return {"DBInstance": self._instance(made)}

    def _describe_instances(self, fields: Fields) -> Json:
        name, chosen = fields.text("DBInstanceIdentifier"), fields.filters("db-cluster-id")
        found = [self._state.instance(name)] if name else self._state.instances()
        clusters = chosen.get("db-cluster-id")
        found = [one for one in found if clusters is None or one.cluster in clusters]
        page, marker = _page(fields, found)
        fields.done()
        return {"DBInstances": ("DBInstance", [self._instance(one) for one in page]), "Marker": marker}

    def _delete_instance(self, fields: Fields) -> Json:
        name = fields.needed("DBInstanceIdentifier")
        fields.flag("SkipFinalSnapshot")  # An instance of a cluster has no snapshot of its own.
        fields.done()
        answer = self._instance(self._state.instance(name)) | {"DBInstanceStatus": "deleting"}
        self._state.delete_instance(name)
        return {"DBInstance": answer}

    def _one(self, found: Cluster) -> Json:
        return {"DBCluster": self._cluster(found)}

    def _cluster(self, found: Cluster) -> Json:
        return answers.cluster(found, self._state.instances_of(found.name))

    def _instance(self, found: Instance) -> Json:
        return answers.instance(found, self._state.cluster(found.cluster))


def _needs_server(flavour: Flavour) -> None:
    if reason := missing(flavour):
        raise errors.not_emulated(f"{flavour} on this computer: {reason}")


def _resource(kind: str) -> str:
    """An id that nothing else ever has."""
    letters = string.ascii_uppercase + string.digits
    return f"{kind}-{''.join(secrets.choice(letters) for _ in range(26))}"


def _page(fields: Fields, items: Sequence[T]) -> tuple[Sequence[T], str | None]:
    """One page of a listing, and the marker of the next one."""
    size, token = fields.number("MaxRecords", PAGE), fields.text("Marker")
    if not 20 <= size <= PAGE:
        raise errors.invalid(f"Invalid value {size} for MaxRecords. Must be between 20 and {PAGE}")
    try:
        start = int(base64.b64decode(token, validate=True).decode("ascii")) if token else 0
    except (binascii.Error, ValueError):
        raise errors.invalid("The parameter Marker is not valid") from None
    end = start + size
    return items[start:end], base64.b64encode(str(end).encode()).decode() if end < len(items) else None
