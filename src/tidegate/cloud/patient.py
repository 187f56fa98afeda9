"""A cloud that is asked again: the one place that lets a run outlast the moments in which AWS does not answer.

The adapters get over a lost answer; this gets over an outage of some seconds, whatever the cloud behind it is. Only
what changes nothing, or may be done twice, is repeated. Writes under a precondition are for those to repeat who can
look whether they happened, and an invocation is for nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tidegate.cloud.patience import Patience
from tidegate.cloud.ports import (
    Answer,
    Buckets,
    Builds,
    Cloud,
    Clusters,
    Distribution,
    Edges,
    Functions,
    Images,
    LogLine,
    Logs,
    Probe,
    RegistryAccess,
    StoredObject,
)
from tidegate.model.build import Build, BuildOrder, BuildProject
from tidegate.model.cluster import Cluster, ClusterSnapshot, DatabaseSecret
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version


def patient(cloud: Cloud, patience: Patience) -> Cloud:
    """The same cloud, whose reads are asked again while it does not answer."""
    return replace(
        cloud,
        functions=PatientFunctions(cloud.functions, patience),
        buckets=PatientBuckets(cloud.buckets, patience),
        edges=PatientEdges(cloud.edges, patience),
        images=PatientImages(cloud.images, patience),
        logs=PatientLogs(cloud.logs, patience),
        probe=PatientProbe(cloud.probe, patience),
        builds=PatientBuilds(cloud.builds, patience),
        clusters=PatientClusters(cloud.clusters, patience),
    )


class PatientFunctions:
    """AWS Lambda."""

    def __init__(self, port: Functions, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def observe(self, name: str, aliases: Sequence[str]) -> FunctionSnapshot:
        """Read."""
        return await self._read(lambda: self._port.observe(name, aliases))

    async def version(self, name: str, qualifier: str) -> Version:
        """Read."""
        return await self._read(lambda: self._port.version(name, qualifier))

    async def update_code(self, name: str, image_uri: str, revision: str) -> Version:
        """Write, once."""
        return await self._port.update_code(name, image_uri, revision)

    async def publish(self, name: str, digest: str, revision: str, description: str) -> Version:
        """Write, once."""
        return await self._port.publish(name, digest, revision, description)

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        """Write, once."""
        return await self._port.point(name, alias, version, description)

    async def configured(self, name: str, qualifier: str) -> tuple[Version, Mapping[str, str]]:
        """Read."""
        return await self._read(lambda: self._port.configured(name, qualifier))

    async def set_variables(self, name: str, variables: Mapping[str, str], revision: str) -> Version:
        """Write, once."""
        return await self._port.set_variables(name, variables, revision)

    async def published(self, name: str) -> Mapping[str, str]:
        """Read."""
        return await self._read(lambda: self._port.published(name))

    async def discard(self, name: str, version: str) -> None:
        """Delete; a second time deletes nothing more."""
        await self._read(lambda: self._port.discard(name, version))

    async def invoke(self, name: str, qualifier: str, payload: object) -> Answer:
        """Invoke, once: nobody knows what a handler has done."""
        return await self._port.invoke(name, qualifier, payload)


class PatientBuckets:
    """Amazon S3."""

    def __init__(self, port: Buckets, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def keys(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """Read."""
        return await self._read(lambda: self._port.keys(bucket, prefix))

    async def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        """Read."""
        return await self._read(lambda: self._port.read(bucket, key))

    async def write(
        self,
        bucket: str,
        key: str,
        body: bytes | Path,
        *,
        content_type: str,
        cache_control: str,
        expect: str | None = None,
    ) -> str:
        """Write; again only without a precondition, when the second time writes the same."""

        async def put() -> str:
            return await self._port.write(
                bucket, key, body, content_type=content_type, cache_control=cache_control, expect=expect
            )

        return await (self._read(put) if expect is None else put())

    async def delete(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete; a second time deletes nothing more."""
        await self._read(lambda: self._port.delete(bucket, keys))


class PatientEdges:
    """Amazon CloudFront."""

    def __init__(self, port: Edges, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def distribution(self, identity: str) -> Distribution:
        """Read."""
        return await self._read(lambda: self._port.distribution(identity))

    async def invalidate(self, identity: str, paths: Sequence[str], reference: str) -> str:
        """Invalidate; one reference is one invalidation, however often it is asked for."""
        return await self._read(lambda: self._port.invalidate(identity, paths, reference))

    async def pointers(self, store: str) -> tuple[Mapping[str, str], str]:
        """Read."""
        return await self._read(lambda: self._port.pointers(store))

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        """Write, once."""
        return await self._port.point(store, values, etag)


class PatientImages:
    """Amazon ECR."""

    def __init__(self, port: Images, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def access(self) -> RegistryAccess:
        """Read."""
        return await self._read(self._port.access)

    async def exists(self, repository: str, digest: str) -> bool:
        """Read."""
        return await self._read(lambda: self._port.exists(repository, digest))


class PatientLogs:
    """Amazon CloudWatch Logs."""

    def __init__(self, port: Logs, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def lines(self, group: str, since: float) -> tuple[LogLine, ...]:
        """Read."""
        return await self._read(lambda: self._port.lines(group, since))


class PatientBuilds:
    """AWS CodeBuild."""

    def __init__(self, port: Builds, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def project(self, name: str) -> BuildProject:
        """Read."""
        return await self._read(lambda: self._port.project(name))

    async def start(self, order: BuildOrder) -> Build:
        """Start; again under the same token, which is the same build."""
        return await self._read(lambda: self._port.start(order))

    async def find(self, project: str, token: str) -> Build | None:
        """Read."""
        return await self._read(lambda: self._port.find(project, token))

    async def get(self, identity: str) -> Build:
        """Read."""
        return await self._read(lambda: self._port.get(identity))

    async def stop(self, identity: str) -> Build:
        """Stop; a second time stops nothing more."""
        return await self._read(lambda: self._port.stop(identity))

    async def lines(self, build: Build, position: str) -> tuple[tuple[str, ...], str]:
        """Read."""
        return await self._read(lambda: self._port.lines(build, position))


class PatientClusters:
    """Amazon Aurora."""

    def __init__(self, port: Clusters, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def describe(self, name: str) -> Cluster:
        """Read."""
        return await self._read(lambda: self._port.describe(name))

    async def snapshot(self, cluster: str, name: str) -> ClusterSnapshot:
        """Take a snapshot; again under the same name, which is the same snapshot."""
        return await self._read(lambda: self._port.snapshot(cluster, name))

    async def snapshots(self, cluster: str) -> tuple[ClusterSnapshot, ...]:
        """Read."""
        return await self._read(lambda: self._port.snapshots(cluster))

    async def secret(self, name: str) -> DatabaseSecret:
        """Read."""
        return await self._read(lambda: self._port.secret(name))


class PatientProbe:
    """HTTP as a user would ask."""

    def __init__(self, port: Probe, patience: Patience) -> None:
        self._port = port
        self._read = patience.read

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Ask; an answer of any status is an answer."""
        return await self._read(lambda: self._port.get(url, headers))
