"""The cloud in memory is one cloud, whoever asks it."""

from collections.abc import Callable

import pytest

from tests.memory_cloud import MemoryCloud
from tests.memory_wire import Killed, T, Wire
from tidegate.errors import Moved, Unreachable

OLD = f"sha256:{'0' * 64}"


@pytest.fixture
def cloud() -> MemoryCloud:
    cloud = MemoryCloud()
    cloud.functions.create("api", OLD, aliases=("live", "candidate"))
    cloud.edges.create("APP", "web")
    return cloud


async def test_what_one_process_writes_another_sees(cloud: MemoryCloud) -> None:
    wire = Wire(cloud.state.clock)
    other = cloud.seen_through(wire)
    store = (await other.edges.distribution("APP")).store
    _, etag = await cloud.ports.edges.pointers(store)
    await other.edges.point(store, {"release": "r1"}, etag)
    with pytest.raises(Moved):
        await cloud.ports.edges.point(store, {"release": "r2"}, etag)
    live = (await other.functions.observe("api", ("live",))).aliases["live"]
    await cloud.ports.functions.point("api", live, "1", "")
    with pytest.raises(Moved):
        await other.functions.point("api", live, "1", "")
    assert (len(cloud.wire.writes), len(wire.writes)) == (1, 1)


async def test_time_is_that_of_the_cloud(cloud: MemoryCloud) -> None:
    wire = Wire(cloud.state.clock)
    other = cloud.seen_through(wire)
    latest = await other.functions.version("api", "$LATEST")
    await other.functions.update_code("api", f"registry.test/shop@{OLD}", latest.revision)
    assert (await cloud.ports.functions.version("api", "$LATEST")).update == "InProgress"
    await cloud.pause(2.0)
    assert wire.now == 1002.0
    assert (await other.functions.version("api", "$LATEST")).update == "Successful"


async def test_a_fault_is_that_of_one_wire(cloud: MemoryCloud) -> None:
    wire = Wire(cloud.state.clock)
    wire.kill_at = 1
    cloud.wire.lose_answer("functions.point api live")
    live = (await cloud.functions.observe("api", ("live",))).aliases["live"]
    with pytest.raises(Killed):
        await cloud.seen_through(wire).functions.point("api", live, "1", "")
    with pytest.raises(Unreachable):
        await cloud.ports.functions.point("api", live, "1", "")
    moved = (await cloud.functions.observe("api", ("live",))).aliases["live"]
    assert moved.revision != live.revision


class Recording(Wire):
    """A wire that keeps what it was asked and told."""

    def __init__(self, cloud: MemoryCloud) -> None:
        super().__init__(cloud.state.clock)
        self.asked: list[str] = []

    async def ask(self, line: str, effect: Callable[[], T]) -> T:
        self.asked.append(line)
        return await super().ask(line, effect)


async def test_reads_go_through_the_wire_too(cloud: MemoryCloud) -> None:
    wire = Recording(cloud)
    ports = cloud.seen_through(wire)
    await ports.functions.version("api", "$LATEST")
    await ports.functions.invoke("api", "live", {})
    site = await ports.edges.distribution("APP")
    await ports.edges.pointers(site.store)
    await ports.buckets.keys("web", "assets/")
    await ports.images.access()
    assert await ports.images.exists("shop", OLD)
    await ports.logs.lines("group", 0.0)
    await ports.probe.get(f"{site.url}/")
    assert [line.partition(" ")[0] for line in wire.asked] == [
        "functions.version",
        "functions.invoke",
        "edges.distribution",
        "edges.pointers",
        "buckets.keys",
        "images.access",
        "images.exists",
        "logs.lines",
        "probe.get",
    ]
    assert cloud.wire.writes == []


async def test_an_image_that_was_deleted_is_gone(cloud: MemoryCloud) -> None:
    cloud.images.delete(OLD)
    assert not await cloud.ports.images.exists("shop", OLD)
