"""The servers behind clusters, and the copies behind snapshots."""

import asyncio
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tidegate import engines
from tidegate.engines import Login, Server
from tidegate.localcloud.rds.cluster import Cluster, Flavour, Snapshot


def missing(flavour: Flavour) -> str:
    """Why there can be no cluster of this kind on this computer; empty when there can."""
    match flavour:
        case Flavour.POSTGRESQL:
            return engines.available("postgresql")
        case Flavour.MYSQL:
            return engines.available("mysql")


class Servers:
    """A server for each cluster, by the cluster's resource id.

    Each has one of its own, as on AWS: clusters have databases and users of equal names, and what is restored from a
    snapshot has those of the cluster that it was taken of.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, Server] = {}

    async def start(self, cluster: Cluster, password: str) -> tuple[str, int]:
        """Start a fresh server with the cluster's database and master user.

        Returns:
            Host and port.

        Raises:
            EngineMissing: When the server's programs are not here.
            EngineFailed: When it does not start.
        """
        return await asyncio.to_thread(self._fresh, cluster, password)

    async def restore(self, cluster: Cluster, snapshot: Snapshot) -> tuple[str, int]:
        """Start a server that begins with what a snapshot holds; see `start`."""
        return await asyncio.to_thread(self._copied, cluster, snapshot)

    async def set_password(self, cluster: Cluster, password: str) -> None:
        """Give the master user another password.

        Raises:
            EngineFailed: When the server refuses.
        """
        server = self._running[cluster.resource]
        await asyncio.to_thread(server.set_password, Login(cluster.master, password))

    async def copy(self, snapshot: Snapshot) -> None:
        """Write what a snapshot holds.

        Raises:
            EngineFailed: When it cannot be written.
        """
        await asyncio.to_thread(self._running[snapshot.of.resource].copy, self._copy(snapshot))

    async def forget(self, snapshot: Snapshot) -> None:
        """Remove what a snapshot holds."""
        await asyncio.to_thread(shutil.rmtree, self._copy(snapshot), ignore_errors=True)

    async def stop(self, cluster: Cluster) -> None:
        """End a cluster's server, if it runs."""
        if server := self._running.pop(cluster.resource, None):
            await asyncio.to_thread(server.stop)

    async def stop_all(self) -> None:
        """End every server."""
        servers = list(self._running.values())
        self._running.clear()
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers))

    def _fresh(self, cluster: Cluster, password: str) -> tuple[str, int]:
        master = Login(cluster.master, password)
        server = self._begin(cluster, _starter(cluster.flavour))
        server.create_user(master)
        if cluster.database:
            server.create_database(cluster.database, master)
        return server.host, server.port

    def _copied(self, cluster: Cluster, snapshot: Snapshot) -> tuple[str, int]:
        server = self._begin(cluster, partial(_starter(cluster.flavour), copied=self._copy(snapshot)))
        return server.host, server.port

    def _begin(self, cluster: Cluster, start: Callable[[Path], Server]) -> Server:
        self._folder.mkdir(parents=True, exist_ok=True)
        server = self._running[cluster.resource] = start(self._folder / cluster.resource)
        return server

    def _copy(self, snapshot: Snapshot) -> Path:
        return self._folder / "snapshots" / snapshot.resource


def _starter(flavour: Flavour) -> Callable[..., Server]:
    match flavour:
        case Flavour.POSTGRESQL:
            return engines.postgresql
        case Flavour.MYSQL:
            return engines.mariadb
