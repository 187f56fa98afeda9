"""A cloud that does not answer at first: what is asked again, and what is not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from tidegate.cloud import ports
from tidegate.cloud.patience import Patience
from tidegate.cloud.patient import patient
from tidegate.cloud.ports import Cloud
from tidegate.errors import Unreachable
from tidegate.model.build import Build, BuildOrder, BuildStatus
from tidegate.model.snapshot import Alias

ALIAS = Alias("live", "1", "a")
Ask = Callable[[Cloud], Awaitable[object]]

REPEATED: dict[str, Ask] = {
    "functions.observe": lambda cloud: cloud.functions.observe("f", ("live",)),
    "functions.version": lambda cloud: cloud.functions.version("f", "1"),
    "functions.configured": lambda cloud: cloud.functions.configured("f", "1"),
    "functions.published": lambda cloud: cloud.functions.published("f"),
    "functions.discard": lambda cloud: cloud.functions.discard("f", "1"),
    "buckets.keys": lambda cloud: cloud.buckets.keys("b", ""),
    "buckets.read": lambda cloud: cloud.buckets.read("b", "k"),
    "buckets.write": lambda cloud: cloud.buckets.write("b", "k", b"", content_type="", cache_control=""),
    "buckets.delete": lambda cloud: cloud.buckets.delete("b", ("k",)),
    "edges.distribution": lambda cloud: cloud.edges.distribution("d"),
    "edges.invalidate": lambda cloud: cloud.edges.invalidate("d", ("/*",), "r"),
    "edges.pointers": lambda cloud: cloud.edges.pointers("s"),
    "images.access": lambda cloud: cloud.images.access(),
    "images.exists": lambda cloud: cloud.images.exists("r", "d"),
    "logs.lines": lambda cloud: cloud.logs.lines("g", 0.0),
    "builds.project": lambda cloud: cloud.builds.project("p"),
    "builds.start": lambda cloud: cloud.builds.start(BuildOrder("p", "t")),
    "builds.find": lambda cloud: cloud.builds.find("p", "t"),
    "builds.get": lambda cloud: cloud.builds.get("p:1"),
    "builds.stop": lambda cloud: cloud.builds.stop("p:1"),
    "builds.lines": lambda cloud: cloud.builds.lines(Build("p:1", "p", BuildStatus.IN_PROGRESS), ""),
    "clusters.describe": lambda cloud: cloud.clusters.describe("c"),
    "clusters.snapshot": lambda cloud: cloud.clusters.snapshot("c", "s"),
    "clusters.snapshots": lambda cloud: cloud.clusters.snapshots("c"),
    "clusters.secret": lambda cloud: cloud.clusters.secret("s"),
    "probe.get": lambda cloud: cloud.probe.get("u"),
}
ONCE: dict[str, Ask] = {
    "functions.update_code": lambda cloud: cloud.functions.update_code("f", "u", "a"),
    "functions.set_variables": lambda cloud: cloud.functions.set_variables("f", {}, "a"),
    "functions.publish": lambda cloud: cloud.functions.publish("f", "d", "a", ""),
    "functions.point": lambda cloud: cloud.functions.point("f", ALIAS, "2", ""),
    "functions.invoke": lambda cloud: cloud.functions.invoke("f", "live", {}),
    "edges.point": lambda cloud: cloud.edges.point("s", {}, "e"),
}


@dataclass
class Silent:
    """A port that answers the `answers_at`-th call of all."""

    answers_at: int
    calls: list[tuple[str, tuple[object, ...], dict[str, object]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: object, **named: object) -> str:
            self.calls.append((name, arguments, named))
            if len(self.calls) < self.answers_at:
                raise Unreachable("no answer")
            return name

        return call


async def no_pause(_: float) -> None:
    pass


def silent(answers_at: int) -> tuple[Silent, Cloud]:
    port: Any = Silent(answers_at)
    cloud = Cloud("1", "local", "", port, port, port, port, port, port, port, port, port)
    return port, patient(cloud, Patience(no_pause, attempts=3))


@pytest.mark.parametrize("name", REPEATED)
async def test_what_may_be_done_twice_is_asked_again(name: str) -> None:
    port, cloud = silent(answers_at=3)
    answer = await REPEATED[name](cloud)
    assert answer == (None if name in {"buckets.delete", "functions.discard"} else name.partition(".")[2])
    assert len(port.calls) == 3
    assert all(call == port.calls[0] for call in port.calls)
    port, cloud = silent(answers_at=4)
    with pytest.raises(Unreachable):
        await REPEATED[name](cloud)
    assert len(port.calls) == 3


@pytest.mark.parametrize("name", ONCE)
async def test_what_may_not_be_done_twice_is_asked_once(name: str) -> None:
    port, cloud = silent(answers_at=2)
    with pytest.raises(Unreachable):
        await ONCE[name](cloud)
    assert len(port.calls) == 1
    assert await ONCE[name](cloud) == name.partition(".")[2]


async def test_an_object_under_a_precondition_is_written_once() -> None:
    port, cloud = silent(answers_at=2)
    with pytest.raises(Unreachable):
        await cloud.buckets.write("b", "k", b"", content_type="", cache_control="", expect="e")
    assert len(port.calls) == 1


def test_every_call_of_every_port_is_tried_here() -> None:
    kinds = {one.name: one.type for one in fields(Cloud)}
    calls = {
        f"{port}.{name}"
        for port, kind in kinds.items()
        if isinstance(kind, type) and kind.__module__ == ports.__name__
        for name in vars(kind)
        if not name.startswith("_")
    }
    assert calls == REPEATED.keys() | ONCE.keys()
