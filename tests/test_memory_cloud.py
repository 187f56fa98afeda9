"""The cloud in memory is one cloud, whoever asks it."""

from collections.abc import Awaitable, Callable

import pytest

from tests.memory_cloud import MemoryCloud
from tests.memory_wire import Killed, T, Wire
from tidegate.cloud.ports import Cloud
from tidegate.errors import CloudError, Moved, NotFound, Unreachable

OLD, NEW = (f"sha256:{digit * 64}" for digit in "01")


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


async def test_an_edge_may_lag_behind_the_key_that_was_written(cloud: MemoryCloud) -> None:
    cloud.buckets.put("web", "one/index.html", b"one")
    cloud.edges.delay(keys=5.0, invalidations=0.0)
    site = await cloud.ports.edges.distribution("APP")
    _, etag = await cloud.ports.edges.pointers(site.store)
    await cloud.ports.edges.point(site.store, {"release": "one"}, etag)
    assert (await cloud.ports.edges.pointers(site.store))[0] == {"release": "one"}
    assert (await cloud.ports.probe.get(f"{site.url}/"))[0] == 503
    edges = cloud.state.edges
    assert (edges.written("APP"), edges.seen("APP", cloud.wire.now)) == ({"release": "one"}, {})
    await cloud.pause(5.0)
    assert await cloud.ports.probe.get(f"{site.url}/") == (200, b"one")


async def test_an_invalidation_is_waited_for_and_happens_once(cloud: MemoryCloud) -> None:
    cloud.edges.delay(keys=0.0, invalidations=30.0)
    before = cloud.wire.now
    for _ in range(2):
        assert await cloud.ports.edges.invalidate("APP", ("/*",), "run 1") == "run 1"
    assert cloud.wire.now - before == 30.0
    assert cloud.edges.invalidations == {("APP", "run 1"): ("/*",)}


@pytest.mark.parametrize(
    "call",
    [
        lambda ports: ports.functions.version("api", "7"),
        lambda ports: ports.functions.observe("other", ("live",)),
        lambda ports: ports.edges.distribution("OTHER"),
        lambda ports: ports.edges.pointers("arn:other"),
        lambda ports: ports.buckets.read("web", "missing"),
    ],
    ids=["version", "function", "distribution", "store", "object"],
)
async def test_what_is_not_there_is_not_found(cloud: MemoryCloud, call: Callable[[Cloud], Awaitable[object]]) -> None:
    with pytest.raises(NotFound):
        await call(cloud.ports)


async def test_an_update_is_taken_one_at_a_time_and_its_image_must_be_there(cloud: MemoryCloud) -> None:
    functions = cloud.ports.functions
    latest = await functions.version("api", "$LATEST")
    cloud.images.delete(NEW)
    with pytest.raises(CloudError, match="does not exist"):
        await functions.update_code("api", f"registry.test/shop@{NEW}", latest.revision)
    accepted = await functions.update_code("api", f"registry.test/shop@{OLD}", latest.revision)
    with pytest.raises(CloudError, match="An update is in progress") as busy:
        await functions.update_code("api", f"registry.test/shop@{OLD}", accepted.revision)
    assert not isinstance(busy.value, Moved)


async def test_an_idle_version_refuses_once_and_wakes(cloud: MemoryCloud) -> None:
    number = cloud.functions.idle("api", "live")
    functions = cloud.ports.functions
    assert (await functions.version("api", number)).state == "Inactive"
    with pytest.raises(CloudError, match="Inactive"):
        await functions.invoke("api", "live", {})
    assert (await functions.version("api", number)).state == "Pending"
    await cloud.pause(1.0)
    assert (await functions.invoke("api", "live", {})).error == ""
