"""The clusters port over the embedded RDS and in memory: the same answers."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from tests.memory_cloud import MemoryCloud
from tests.memory_clusters import SNAPSHOT_SECONDS
from tidegate.cloud.aws.provision.database import ensure_database
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import DatabaseBlueprint
from tidegate.cloud.ports import Cloud, Clusters
from tidegate.database.access import access_of, connect
from tidegate.engines import available
from tidegate.errors import CloudError, ConfigError, DatabaseError, NotFound
from tidegate.model.cluster import DatabaseSecret
from tidegate.model.database import Engine

LIMIT_SECONDS = 60.0
Pause = Callable[[], Awaitable[None]]


class Ground:
    """A cluster, the port to it, and a way to let some time pass."""

    def __init__(self, port: Clusters, name: str, pause: Pause) -> None:
        self.port = port
        self.name = name
        self.pause = pause

    async def written(self, snapshot: str) -> str:
        """The status of a snapshot once it is no more `creating`."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                known = {one.name: one.status for one in await self.port.snapshots(self.name)}
                if known[snapshot] != "creating":
                    return known[snapshot]
                await self.pause()


def blueprint(engine: Engine = Engine.POSTGRESQL) -> DatabaseBlueprint:
    name = f"tests-{uuid4().hex[:8]}"
    return DatabaseBlueprint(engine, name, f"{name}-secret", "funds")


@pytest.fixture(params=["embedded", "memory"])
async def ground(request: pytest.FixtureRequest, cloud: Cloud, wire: Wire) -> Ground:
    if request.param == "memory":
        memory = MemoryCloud()
        memory.clusters.create("tests-memory")
        return Ground(memory.ports.clusters, "tests-memory", lambda: memory.pause(SNAPSHOT_SECONDS))
    if reason := available("postgresql"):
        pytest.skip(reason)
    wanted = blueprint()
    await ensure_database(wire, wanted)
    return Ground(cloud.clusters, wanted.cluster, lambda: asyncio.sleep(0.02))


async def test_a_cluster_says_where_it_is(ground: Ground) -> None:
    found = await ground.port.describe(ground.name)
    assert (found.name, found.engine, found.status, found.database) == (
        ground.name,
        Engine.POSTGRESQL,
        "available",
        "funds",
    )
    assert found.host
    assert found.port


async def test_a_cluster_that_there_is_not(ground: Ground) -> None:
    with pytest.raises(NotFound):
        await ground.port.describe("nothing")
    with pytest.raises(NotFound):
        await ground.port.snapshot("nothing", "before")
    assert await ground.port.snapshots("nothing") == ()


async def test_a_snapshot_is_taken_once_however_often_it_is_asked_for(ground: Ground) -> None:
    name = f"before-{ground.name}"
    first = await ground.port.snapshot(ground.name, name)
    assert (first.name, first.cluster, first.status) == (name, ground.name, "creating")
    again = await ground.port.snapshot(ground.name, name)
    assert (again.name, again.created) == (first.name, first.created)
    assert await ground.written(name) == "available"
    await ground.pause()
    await ground.port.snapshot(ground.name, f"second-{ground.name}")
    assert [one.name for one in await ground.port.snapshots(ground.name)] == [name, f"second-{ground.name}"]


async def test_a_name_that_another_cluster_has_is_refused(cloud: Cloud, wire: Wire) -> None:
    if reason := available("postgresql"):
        pytest.skip(reason)
    one, other = blueprint(), blueprint()
    await asyncio.gather(ensure_database(wire, one), ensure_database(wire, other))
    await cloud.clusters.snapshot(one.cluster, f"taken-{one.cluster}")
    with pytest.raises(CloudError, match="already exists"):
        await cloud.clusters.snapshot(other.cluster, f"taken-{one.cluster}")


@pytest.mark.parametrize("engine", Engine)
async def test_a_rotated_password_is_in_the_secret_and_in_the_server(cloud: Cloud, wire: Wire, engine: Engine) -> None:
    if reason := available(engine):
        pytest.skip(reason)
    wanted = blueprint(engine)
    made = await ensure_database(wire, wanted)
    said = await cloud.clusters.secret(wanted.secret)
    assert said == made
    assert said.password not in repr(said)
    assert _one(said) == 1

    rotated = DatabaseSecret(said.engine, said.host, said.port, said.database, said.user, "the-next-password")
    await wire.ask("test", lambda: _modify(wire, wanted.cluster, rotated.password))
    await wire.ask(
        "test", lambda: wire.clients.secrets.put_secret_value(SecretId=wanted.secret, SecretString=rotated.text())
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        while (await cloud.clusters.describe(wanted.cluster)).status != "available":
            await asyncio.sleep(0.02)
    assert _one(await cloud.clusters.secret(wanted.secret)) == 1
    with pytest.raises(DatabaseError):
        _one(said)


async def test_what_is_there_is_kept_and_what_is_lost_is_made_again(cloud: Cloud, wire: Wire) -> None:
    if reason := available("postgresql"):
        pytest.skip(reason)
    wanted = blueprint()
    first = await ensure_database(wire, wanted)
    assert await ensure_database(wire, wanted) == first
    await wire.ask(
        "test",
        lambda: wire.clients.secrets.delete_secret(SecretId=wanted.secret, ForceDeleteWithoutRecovery=True),
    )
    again = await ensure_database(wire, wanted)
    assert (again.port, again.password != first.password) == (first.port, True)
    assert _one(again) == 1


async def test_a_secret_that_is_no_databases(cloud: Cloud, wire: Wire) -> None:
    name = f"tests-{uuid4().hex[:8]}"
    await wire.ask("test", lambda: wire.clients.secrets.create_secret(Name=name, SecretString="geheim"))
    with pytest.raises(ConfigError) as refused:
        await cloud.clusters.secret(name)
    assert name in str(refused.value)
    assert "geheim" not in str(refused.value)
    with pytest.raises(NotFound):
        await cloud.clusters.secret(f"{name}-nothing")


def _modify(wire: Wire, cluster: str, password: str) -> object:
    return wire.clients.clusters.modify_db_cluster(DBClusterIdentifier=cluster, MasterUserPassword=password)


def _one(secret: DatabaseSecret) -> int:
    with connect(access_of(secret)) as connection:
        return int(connection.exec_driver_sql("SELECT 1").scalar_one())
