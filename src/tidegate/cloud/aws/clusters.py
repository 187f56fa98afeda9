"""The clusters port over Amazon RDS and AWS Secrets Manager."""

from collections.abc import Mapping
from typing import Any

from tidegate.cloud.aws.wire import Wire
from tidegate.errors import CloudError
from tidegate.model.cluster import Cluster, ClusterSnapshot, DatabaseSecret, engine_named, read_secret


class AwsClusters:
    """Amazon Aurora behind `ports.Clusters`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def describe(self, name: str) -> Cluster:
        """DescribeDBClusters of one cluster."""
        where = f"cluster {name}"
        found = await self._wire.ask(
            where, lambda: self._wire.clients.clusters.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
        )
        engine = engine_named(found["Engine"])
        if engine is None:
            raise CloudError(f"it is a cluster of {found['Engine']}, not of Aurora", where=where)
        return Cluster(
            name=found["DBClusterIdentifier"],
            engine=engine,
            status=found["Status"],
            host=found.get("Endpoint", ""),
            port=found.get("Port", 0),
            database=found.get("DatabaseName", ""),
        )

    async def snapshot(self, cluster: str, name: str) -> ClusterSnapshot:
        """CreateDBClusterSnapshot. A name that is taken is that of our own lost answer, if it is this cluster's."""
        where = f"snapshot {name} of cluster {cluster}"
        try:
            taken = await self._wire.tell(
                where,
                lambda: self._wire.clients.clusters.create_db_cluster_snapshot(
                    DBClusterSnapshotIdentifier=name, DBClusterIdentifier=cluster
                )["DBClusterSnapshot"],
            )
            return _snapshot(taken)
        except CloudError as refusal:
            if refusal.code != "DBClusterSnapshotAlreadyExistsFault":
                raise
            known = {one.name: one for one in await self.snapshots(cluster)}
            if name.lower() not in known:
                raise
            return known[name.lower()]

    async def snapshots(self, cluster: str) -> tuple[ClusterSnapshot, ...]:
        """All pages of DescribeDBClusterSnapshots."""

        def call() -> tuple[ClusterSnapshot, ...]:
            pages = self._wire.clients.clusters.get_paginator("describe_db_cluster_snapshots").paginate(
                DBClusterIdentifier=cluster, SnapshotType="manual"
            )
            return tuple(_snapshot(one) for page in pages for one in page["DBClusterSnapshots"])

        found = await self._wire.ask(f"cluster {cluster}", call)
        return tuple(sorted(found, key=lambda one: one.created or float("inf")))

    async def secret(self, name: str) -> DatabaseSecret:
        """GetSecretValue of its current version."""
        text = await self._wire.ask(
            f"secret {name}",
            lambda: self._wire.clients.secrets.get_secret_value(SecretId=name).get("SecretString", ""),
        )
        return read_secret(text, name)


def _snapshot(described: Mapping[str, Any]) -> ClusterSnapshot:
    created = described.get("SnapshotCreateTime")
    return ClusterSnapshot(
        name=described["DBClusterSnapshotIdentifier"],
        cluster=described["DBClusterIdentifier"],
        status=described["Status"],
        created=created.timestamp() if created else 0.0,
    )
