"""The state machine of HTTP APIs: what a stage serves after which change."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tidegate.localcloud.apigateway.errors import GatewayError
from tidegate.localcloud.apigateway.resources import Api, ApiSettings, Integration, Stage, Stamp
from tidegate.localcloud.apigateway.state import GatewayState


class World:
    """A state with one API, and ids that are counted."""

    def __init__(self) -> None:
        self.state = GatewayState()
        self.ids = (f"i{n}" for n in itertools.count(1))
        self.api = self.state.create_api(ApiSettings("api"), {}, self.stamp())

    def stamp(self) -> Stamp:
        return Stamp(0.0, self.ids)

    def stage(self, name: str, **given: Any) -> None:
        self.state.create_stage(self.api.id, Stage(name, 0.0, 0.0, **given), self.stamp())

    def integrate(self, identifier: str, uri: str = "uri") -> str:
        self.state.create_integration(self.api.id, Integration(identifier, uri), self.stamp())
        return f"integrations/{identifier}"

    def route(self, key: str, target: str | None = None) -> str:
        return self.state.create_route(self.api.id, key, target, self.stamp()).id

    def served(self, name: str) -> list[str]:
        deployment = self.api.served(self.state.stage(self.api.id, name))
        return [] if deployment is None else [route.key for route in deployment.routes]


@pytest.fixture
def world() -> World:
    return World()


def refused(work: Callable[[], Any]) -> str:
    with pytest.raises(GatewayError) as error:
        work()
    return error.value.code


def test_a_stage_that_deploys_by_itself_follows_every_change(world: World) -> None:
    world.stage("auto", auto_deploy=True)
    world.stage("manual")
    target = world.integrate("one")
    route = world.route("GET /a", target)
    assert (world.served("auto"), world.served("manual")) == (["GET /a"], [])
    world.state.update_route(world.api.id, route, "GET /b", None, world.stamp())
    assert world.served("auto") == ["GET /b"]
    world.state.update_integration(world.api.id, "one", {"uri": "other"}, world.stamp())
    deployment = world.api.served(world.state.stage(world.api.id, "auto"))
    assert deployment is not None
    assert deployment.integrations["one"].uri == "other"
    world.state.delete_route(world.api.id, route, world.stamp())
    assert world.served("auto") == []
    assert len(world.api.deployments) == 1, "automatic deployments that nothing serves are forgotten"


def test_a_deployment_is_a_moment(world: World) -> None:
    world.stage("manual")
    assert refused(lambda: world.state.create_deployment(world.api.id, "manual", "", world.stamp())) == (
        "BadRequestException"
    )
    world.route("GET /a")
    first = world.state.create_deployment(world.api.id, "manual", "first", world.stamp())
    world.route("GET /b")
    world.state.create_deployment(world.api.id, None, "second", world.stamp())
    assert world.served("manual") == ["GET /a"]
    second = list(world.api.deployments)[1]
    world.state.update_stage(world.api.id, "manual", {"deployment_id": second}, world.stamp())
    assert world.served("manual") == ["GET /a", "GET /b"]
    world.state.update_stage(world.api.id, "manual", {"deployment_id": first.id}, world.stamp())
    assert world.served("manual") == ["GET /a"]


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (lambda world: world.state.api("none"), "NotFoundException"),
        (lambda world: world.state.stage(world.api.id, "none"), "NotFoundException"),
        (lambda world: world.state.route(world.api.id, "none"), "NotFoundException"),
        (lambda world: world.state.integration(world.api.id, "none"), "NotFoundException"),
        (lambda world: world.state.deployment(world.api.id, "none"), "NotFoundException"),
        (lambda world: world.route("GET /a", "integrations/none"), "BadRequestException"),
        (lambda world: world.route("GET /a", "none"), "BadRequestException"),
        (lambda world: world.route("GET a"), "BadRequestException"),
        (lambda world: world.stage("a b"), "BadRequestException"),
        (lambda world: world.stage("taken"), "ConflictException"),
        (lambda world: world.stage("new", deployment_id="none"), "BadRequestException"),
        (lambda world: world.route("GET /taken"), "ConflictException"),
        (
            lambda world: world.state.delete_integration(world.api.id, "used", world.stamp()),
            "ConflictException",
        ),
    ],
)
def test_what_is_refused_changes_nothing(world: World, work: Callable[[World], Any], code: str) -> None:
    world.stage("taken")
    world.route("GET /taken", world.integrate("used"))
    before = contents(world.api)
    assert refused(lambda: work(world)) == code
    assert contents(world.api) == before


def contents(api: Api) -> tuple[Any, ...]:
    return dict(api.stages), dict(api.routes), dict(api.integrations), dict(api.deployments)
