"""What goes on behind the answers: servers that start and end, and copies that are written, while clients poll."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from typing import Any

from tidegate.engines import EngineFailed, EngineMissing
from tidegate.localcloud.rds.cluster import Cluster, Snapshot
from tidegate.localcloud.rds.servers import Servers
from tidegate.localcloud.rds.state import RdsState

LOG = logging.getLogger(__name__)


class Works:
    """Tasks on the servers, those of one cluster one after the other; each leads the state on when it is done."""

    def __init__(self, state: RdsState, folder: Path) -> None:
        self._state = state
        self._servers = Servers(folder)
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def create(self, cluster: Cluster, password: str) -> None:
        """Start a cluster's server."""
        self._begin(cluster, self._started(cluster, self._servers.start(cluster, password)))

    def restore(self, cluster: Cluster, snapshot: Snapshot) -> None:
        """Start a cluster's server with what a snapshot holds."""
        self._begin(cluster, self._started(cluster, self._servers.restore(cluster, snapshot)))

    def reset(self, cluster: Cluster, password: str) -> None:
        """Give a cluster's master user another password."""
        self._begin(cluster, self._reset(cluster, password))

    def snapshot(self, snapshot: Snapshot) -> None:
        """Write what a snapshot holds."""
        self._begin(snapshot.of, self._written(snapshot))

    def forget(self, snapshot: Snapshot) -> None:
        """Remove what a snapshot holds."""
        self._begin(snapshot.of, self._servers.forget(snapshot))

    def delete(self, cluster: Cluster) -> None:
        """End a cluster's server, once what is under way for it is done."""
        self._begin(cluster, self._ended(cluster))

    async def stop(self) -> None:
        """Wait for what is under way, which is a second or so, and end every server."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._servers.stop_all()

    def _begin(self, cluster: Cluster, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._in_turn(cluster, work), name=f"cluster {cluster.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, cluster: Cluster, work: Coroutine[Any, Any, None]) -> None:
        async with self._turns[cluster.resource]:
            await work

    async def _started(self, cluster: Cluster, start: Awaitable[tuple[str, int]]) -> None:
        try:
            host, port = await start
        except (EngineFailed, EngineMissing) as failure:
            LOG.warning("cluster %s: %s", cluster.name, failure)
            await self._servers.stop(cluster)
            self._state.failed(cluster.name, str(failure))
        else:
            self._state.ready(cluster.name, host, port)

    async def _reset(self, cluster: Cluster, password: str) -> None:
        try:
            await self._servers.set_password(cluster, password)
        except EngineFailed as failure:
            LOG.warning("cluster %s: %s", cluster.name, failure)
            self._state.failed(cluster.name, str(failure))
        else:
            self._state.ready(cluster.name, cluster.host, cluster.port)

    async def _written(self, snapshot: Snapshot) -> None:
        try:
            await self._servers.copy(snapshot)
        except (EngineFailed, OSError) as failure:
            LOG.warning("snapshot %s: %s", snapshot.name, failure)
            self._state.snapshot_failed(snapshot.name, str(failure))
        else:
            self._state.snapshot_ready(snapshot.name)

    async def _ended(self, cluster: Cluster) -> None:
        await self._servers.stop(cluster)
        self._state.gone(cluster.name)
