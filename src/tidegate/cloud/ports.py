"""What Tidegate asks of a cloud: one narrow port a noun, gathered in `Cloud`.

Every write carries the revision that it expects and raises `errors.Moved` when it is not the current one. All
methods may raise `errors.CloudError`: `NotFound`, `Throttled` after bounded retries, `Unreachable` when no answer
arrived, so that whether the effect happened is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tidegate.cloud.inspection import Inspection
from tidegate.model.build import Build, BuildOrder, BuildProject
from tidegate.model.cluster import Cluster, ClusterSnapshot, DatabaseSecret
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invocation returned.

    Attributes:
        payload: The decoded JSON.
        error: Lambda's FunctionError (`Unhandled`), empty when the handler returned.
        version: The version that ran.
        log: The tail of the log, at most 4 KiB.
    """

    payload: object
    error: str = ""
    version: str = ""
    log: str = ""


class Functions(Protocol):
    """AWS Lambda."""

    async def observe(self, name: str, aliases: Sequence[str]) -> FunctionSnapshot:
        """`$LATEST`, the named aliases that exist, and their versions. `NotFound` without the function."""

    async def version(self, name: str, qualifier: str) -> Version:
        """One version; `qualifier` is `$LATEST` or a number."""

    async def update_code(self, name: str, image_uri: str, revision: str) -> Version:
        """UpdateFunctionCode; returns `$LATEST` right after the update was accepted, not completed."""

    async def publish(self, name: str, digest: str, revision: str, description: str) -> Version:
        """PublishVersion with CodeSha256 and RevisionId; `Moved` when `$LATEST` is not what both say."""

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        """UpdateAlias with the revision of `alias`; removes weights. `Moved` when it is not the current one."""

    async def configured(self, name: str, qualifier: str) -> tuple[Version, Mapping[str, str]]:
        """A version and its environment variables, values and all, as one answer tells both."""

    async def set_variables(self, name: str, variables: Mapping[str, str], revision: str) -> Version:
        """UpdateFunctionConfiguration of all environment variables; returns `$LATEST` right after it was accepted."""

    async def published(self, name: str) -> Mapping[str, str]:
        """Version → description, of all published versions."""

    async def discard(self, name: str, version: str) -> None:
        """DeleteFunction of one version, that no alias points to; one that is gone is no error."""

    async def invoke(self, name: str, qualifier: str, payload: object) -> Answer:
        """Invoke and wait for the answer."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a bucket, without its body."""

    key: str
    etag: str
    size: int


class Buckets(Protocol):
    """Amazon S3."""

    async def keys(self, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
        """All objects below a prefix."""

    async def read(self, bucket: str, key: str) -> tuple[bytes, str]:
        """Body and ETag; `NotFound` without the object."""

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
        """Write an object; returns its ETag.

        Args:
            bucket: Bucket name.
            key: Object key.
            body: Bytes, or a file to stream.
            content_type: MIME type.
            cache_control: Cache-Control header that edges and browsers will see.
            expect: None writes in any case; empty demands that the object does not exist yet; else its ETag.
        """

    async def delete(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete objects; those that do not exist are no error."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A CloudFront distribution.

    Attributes:
        id: Its id.
        url: Where users reach it, without a trailing slash.
        domain: Its bare domain.
        store: ARN of the KeyValueStore of its viewer-request function; empty without one.
        origin: Bucket and origin path, for people and for checks.
    """

    id: str
    url: str
    domain: str
    store: str = ""
    origin: str = ""


class Edges(Protocol):
    """Amazon CloudFront and its KeyValueStore."""

    async def distribution(self, identity: str) -> Distribution:
        """Describe a distribution; `NotFound` without it."""

    async def invalidate(self, identity: str, paths: Sequence[str], reference: str) -> str:
        """Invalidate paths and wait until it is completed; one reference is one invalidation. Returns its id."""

    async def pointers(self, store: str) -> tuple[Mapping[str, str], str]:
        """All keys of a KeyValueStore, and the ETag of the whole store."""

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        """Write keys in one call; returns the new ETag. `Moved` when `etag` is not the current one."""


@dataclass(frozen=True, slots=True)
class RegistryAccess:
    """Where images are pushed, and with what credentials.

    Attributes:
        url: Registry address with scheme, such as `https://123456789012.dkr.ecr.ap-southeast-1.amazonaws.com`.
        username: For Basic authentication.
        password: For Basic authentication; never logged.
    """

    url: str
    username: str
    password: str = field(repr=False)

    @property
    def host(self) -> str:
        """The address without its scheme, as image URIs name it."""
        return self.url.partition("://")[2]


class Images(Protocol):
    """Amazon ECR's control plane; layers and manifests travel over the Docker Registry v2 API."""

    async def access(self) -> RegistryAccess:
        """A fresh authorization for the account's registry."""

    async def exists(self, repository: str, digest: str) -> bool:
        """Whether an image is still there."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event of a function's log, which may hold several lines.

    Attributes:
        at: Seconds since the epoch.
        stream: The log stream; its name holds the version that wrote it.
        text: What was written.
        id: CloudWatch's own, the same whenever the event is read.
    """

    at: float
    stream: str
    text: str
    id: str = field(default="", compare=False)


class Logs(Protocol):
    """Amazon CloudWatch Logs."""

    async def lines(self, group: str, since: float) -> tuple[LogLine, ...]:
        """Lines of a log group since a time, oldest first; empty when the group does not exist yet."""


class Builds(Protocol):
    """AWS CodeBuild, and what its builds write."""

    async def project(self, name: str) -> BuildProject:
        """A project; `NotFound` without it."""

    async def start(self, order: BuildOrder) -> Build:
        """StartBuild. One token is one build for some minutes, so it may be asked again; `find` knows it for longer.

        `Throttled` also when as many builds run as may.
        """

    async def find(self, project: str, token: str) -> Build | None:
        """The build of a project that was started with a token, if it is among the newest hundred."""

    async def get(self, identity: str) -> Build:
        """A build as it is now; `NotFound` without it."""

    async def stop(self, identity: str) -> Build:
        """StopBuild; one that ended stays as it is."""

    async def lines(self, build: Build, position: str) -> tuple[tuple[str, ...], str]:
        """What a build wrote behind a position, and the position behind that; empty is the beginning."""


class Clusters(Protocol):
    """Amazon Aurora: clusters of RDS, and the secrets by which they are reached."""

    async def describe(self, name: str) -> Cluster:
        """A cluster; `NotFound` without it."""

    async def snapshot(self, cluster: str, name: str) -> ClusterSnapshot:
        """CreateDBClusterSnapshot; it is not available yet. Asked again, it answers the snapshot of that name."""

    async def snapshots(self, cluster: str) -> tuple[ClusterSnapshot, ...]:
        """The snapshots of a cluster that were taken by hand, oldest first."""

    async def secret(self, name: str) -> DatabaseSecret:
        """What the secret of a database says now. `NotFound` without it, `ConfigError` when it says something else."""


class Probe(Protocol):
    """HTTP as a user would ask."""

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of a GET; `Unreachable` without an answer."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """All ports of one cloud.

    Attributes:
        account: The account that credentials belong to.
        region: The region.
        endpoint: Endpoint URL of the embedded cloud or of another emulator; empty on AWS.
    """

    account: str
    region: str
    endpoint: str
    functions: Functions
    buckets: Buckets
    edges: Edges
    images: Images
    logs: Logs
    probe: Probe
    inspection: Inspection
    builds: Builds
    clusters: Clusters
