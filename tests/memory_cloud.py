"""The cloud ports in memory, with what AWS promises: revisions, preconditions, states that settle, faults on order."""

from dataclasses import dataclass, field

from tests.memory_buckets import MemoryBuckets, Objects
from tests.memory_builds import BuildsState, MemoryBuilds
from tests.memory_clusters import ClustersState, MemoryClusters
from tests.memory_databases import DatabasesState
from tests.memory_edges import EdgesState, MemoryEdges, MemoryProbe
from tests.memory_functions import FunctionsState, MemoryFunctions
from tests.memory_inspection import MemoryInspection
from tests.memory_wire import Clock, Wire
from tidegate.cloud.ports import Cloud, LogLine, RegistryAccess

ACCOUNT = "123456789012"
REGION = "local"


class MemoryImages:
    """Amazon ECR: a registry that holds every image but those that were deleted."""

    def __init__(self, wire: Wire, deleted: set[str]) -> None:
        self._wire = wire
        self._deleted = deleted

    def delete(self, digest: str) -> None:
        """BatchDeleteImage, in every repository."""
        self._deleted.add(digest)

    async def access(self) -> RegistryAccess:
        return await self._wire.ask("images.access", lambda: RegistryAccess("http://registry.test", "AWS", "secret"))

    async def exists(self, repository: str, digest: str) -> bool:
        return await self._wire.ask(f"images.exists {repository} {digest}", lambda: digest not in self._deleted)


class MemoryLogs:
    """Amazon CloudWatch Logs without a line."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def lines(self, group: str, since: float) -> tuple[LogLine, ...]:
        return await self._wire.ask(f"logs.lines {group}", lambda: ())


@dataclass(slots=True)
class MemoryState:
    """All that a cloud holds, whoever asks: it outlives the processes, and two of them may share it."""

    clock: Clock = field(default_factory=Clock)
    functions: FunctionsState = field(default_factory=FunctionsState)
    edges: EdgesState = field(default_factory=EdgesState)
    objects: Objects = field(default_factory=dict)
    deleted_images: set[str] = field(default_factory=set)
    databases: DatabasesState = field(default_factory=DatabasesState)
    builds: BuildsState = field(default_factory=BuildsState)
    clusters: ClustersState = field(default_factory=ClustersState)


class MemoryCloud:
    """All ports over one state, through one wire; `ports` is what Tidegate is given.

    Args:
        state: That of another cloud, to share it; else an empty one.
        wire: The way to it, which must run on the state's clock; else one without faults.
    """

    def __init__(self, state: MemoryState | None = None, wire: Wire | None = None) -> None:
        self.state = state or (MemoryState(wire.clock) if wire else MemoryState())
        self.wire = wire or Wire(self.state.clock)
        assert self.wire.clock is self.state.clock, "a wire runs on the clock of the cloud that it leads to"
        self.functions = MemoryFunctions(self.wire, self.state.functions, self.state.deleted_images)
        self.buckets = MemoryBuckets(self.wire, self.state.objects)
        self.edges = MemoryEdges(self.wire, self.state.edges)
        self.images = MemoryImages(self.wire, self.state.deleted_images)
        self.probe = MemoryProbe(self.wire, self.edges, self.state.objects)
        logs = MemoryLogs(self.wire)
        self.inspection = MemoryInspection(self.wire)
        self.builds = MemoryBuilds(self.wire, self.state.builds)
        self.clusters = MemoryClusters(self.wire, self.state.clusters)
        self.ports = Cloud(
            ACCOUNT,
            REGION,
            "",
            *(self.functions, self.buckets, self.edges, self.images, logs, self.probe),
            inspection=self.inspection,
            builds=self.builds,
            clusters=self.clusters,
        )

    def seen_through(self, wire: Wire) -> Cloud:
        """The ports of another process: the same cloud, asked through a wire of its own."""
        return MemoryCloud(self.state, wire).ports

    async def pause(self, seconds: float) -> None:
        """Let the time pass, and others run."""
        await self.wire.pause(seconds)
