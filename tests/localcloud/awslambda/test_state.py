"""The state machine by tables: a clock that is a number, ids that are counted."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tidegate.localcloud.awslambda import aliases, answers
from tidegate.localcloud.awslambda.aliases import AliasChange
from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.function import (
    Alias,
    Code,
    Configuration,
    Failure,
    Stamp,
    State,
    UpdateStatus,
)
from tidegate.localcloud.awslambda.names import LATEST, FunctionName, Namespace
from tidegate.localcloud.awslambda.state import LambdaState

NAMES = Namespace("123456789012", "ap-southeast-1")
RED = Code("repo:red", "repo@sha256:" + "a" * 64, "sha256:" + "a" * 64)
GREEN = Code("repo:green", "repo@sha256:" + "b" * 64, "sha256:" + "b" * 64)
CONFIGURATION = Configuration(role="role")
DELAY = 10.0


class World:
    """A state with a clock that moves by hand."""

    def __init__(self) -> None:
        self.state = LambdaState(NAMES)
        self.now = 1000.0
        self.ids = (f"r{n}" for n in itertools.count(1))

    def stamp(self) -> Stamp:
        return Stamp(self.now, next(self.ids), next(self.ids), DELAY)

    def wait(self) -> None:
        self.now += DELAY

    def create(self, name: str = "f", code: Code = RED) -> None:
        self.state.create(name, code, CONFIGURATION, self.stamp())
        self.wait()

    def update(self, code: Code) -> None:
        self.state.update_code("f", code, self.stamp())
        self.wait()

    def publish(self, **given: Any) -> str:
        number = self.state.publish("f", self.stamp(), **given).number
        self.wait()
        return number


@pytest.fixture
def world() -> World:
    return World()


def refused(work: Callable[[], Any]) -> str:
    with pytest.raises(LambdaError) as error:
        work()
    return error.value.code


def test_a_function_becomes_active_when_its_moment_has_come(world: World) -> None:
    made = world.state.create("f", RED, CONFIGURATION, world.stamp())
    assert (made.state, made.update_status, made.revision) == (State.PENDING, None, "r1")
    world.now += DELAY - 0.001
    assert world.state.function("f", world.now).latest.state is State.PENDING
    world.now += 0.001
    active = world.state.function("f", world.now).latest
    assert (active.state, active.update_status, active.revision) == (State.ACTIVE, UpdateStatus.SUCCESSFUL, "r2")


def test_an_update_changes_the_revision_twice_and_is_served_once_it_completed(world: World) -> None:
    world.create()
    accepted = world.state.update_code("f", GREEN, world.stamp(), expected="r2")
    assert (accepted.update_status, accepted.revision, accepted.state) == (UpdateStatus.IN_PROGRESS, "r3", State.ACTIVE)
    assert world.state.invocable(FunctionName("f"), world.stamp(), 1.0).version.code == RED
    world.wait()
    assert world.state.invocable(FunctionName("f"), world.stamp(), 1.0).version.code == GREEN
    completed = world.state.function("f", world.now).latest
    assert (completed.update_status, completed.revision) == (UpdateStatus.SUCCESSFUL, "r4")
    assert completed.code.sha256 == "b" * 64


def test_an_update_that_fails_is_aborted_and_says_why(world: World) -> None:
    world.create()
    deleted = Failure("ImageDeleted", "The image was deleted.")
    accepted = world.state.update_code("f", GREEN, replace(world.stamp(), failure=deleted), expected="r2")
    assert (accepted.update_status, accepted.code) == (UpdateStatus.IN_PROGRESS, GREEN)
    world.wait()
    failed = world.state.function("f", world.now).latest
    assert (failed.state, failed.update_status, failed.code) == (State.ACTIVE, UpdateStatus.FAILED, RED)
    assert failed.revision == "r4"
    assert world.state.invocable(FunctionName("f"), world.stamp(), 1.0).version.code == RED
    told = answers.configuration(NAMES, "f", failed)
    assert (told["LastUpdateStatus"], told["LastUpdateStatusReasonCode"]) == ("Failed", "ImageDeleted")
    assert told["LastUpdateStatusReason"] == "The image was deleted."


def test_after_an_update_that_failed_the_next_one_may_succeed(world: World) -> None:
    world.create()
    world.state.update_code("f", GREEN, replace(world.stamp(), failure=Failure("ImageDeleted", "gone")))
    world.wait()
    accepted = world.state.update_code("f", GREEN, world.stamp())
    told = answers.configuration(NAMES, "f", accepted)
    assert (told["LastUpdateStatus"], told["LastUpdateStatusReasonCode"]) == ("InProgress", "Updating")
    world.wait()
    done = world.state.function("f", world.now).latest
    assert (done.update_status, done.code, done.failure) == (UpdateStatus.SUCCESSFUL, GREEN, None)
    assert "LastUpdateStatusReason" not in answers.configuration(NAMES, "f", done)


@pytest.mark.parametrize(
    "work",
    [
        lambda world: world.state.update_code("f", GREEN, world.stamp()),
        lambda world: world.state.update_configuration("f", {"timeout": 9}, None, world.stamp()),
        lambda world: world.state.publish("f", world.stamp()),
        lambda world: world.state.update_code("f", GREEN, world.stamp(), dry_run=True),
    ],
)
def test_what_is_busy_takes_no_change(world: World, work: Callable[[World], Any]) -> None:
    world.state.create("f", RED, CONFIGURATION, world.stamp())
    assert refused(lambda: work(world)) == "ResourceConflictException"
    world.wait()
    world.state.update_configuration("f", {"timeout": 5}, None, world.stamp())
    assert refused(lambda: work(world)) == "ResourceConflictException"
    world.wait()
    work(world)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"sha256": "0" * 64}, "InvalidParameterValueException"),
        ({"expected": "other"}, "PreconditionFailedException"),
        ({"sha256": "0" * 64, "expected": "other"}, "InvalidParameterValueException"),
    ],
)
def test_publishing_what_was_not_expected_is_refused(world: World, given: dict[str, str], code: str) -> None:
    world.create()
    assert refused(lambda: world.publish(**given)) == code
    assert world.state.function("f", world.now).versions == {}


def test_publishing_with_what_was_expected(world: World) -> None:
    world.create()
    latest = world.state.function("f", world.now).latest
    assert world.publish(sha256="a" * 64, expected=latest.revision) == "1"


def test_the_same_content_is_the_same_version(world: World) -> None:
    world.create()
    assert [world.publish(), world.publish(), world.publish(description="another")] == ["1", "1", "1"]
    world.state.update_configuration("f", {"environment": {"A": "1"}}, None, world.stamp())
    world.wait()
    assert world.publish() == "2"
    world.state.update_configuration("f", {"environment": {}}, None, world.stamp())
    world.wait()
    assert world.publish() == "3", "only the last version counts"


def test_a_deleted_version_or_function_keeps_its_number(world: World) -> None:
    world.create()
    world.publish()
    world.state.delete(FunctionName("f", "1"), world.now)
    assert world.publish() == "2"
    world.state.delete(FunctionName("f"), world.now)
    assert refused(lambda: world.state.function("f", world.now)) == "ResourceNotFoundException"
    world.create()
    assert world.publish() == "3"


def test_a_sleeping_version_wakes_when_it_is_invoked(world: World) -> None:
    world.create()
    world.publish()
    name = FunctionName("f", "1")
    world.state.deactivate("f", "1", world.now)
    assert world.state.resolve(name, world.now).version.state is State.INACTIVE
    assert refused(lambda: world.state.invocable(name, world.stamp(), 1.0)) == "ResourceConflictException"
    assert world.state.resolve(name, world.now).version.state is State.PENDING
    world.wait()
    assert world.state.invocable(name, world.stamp(), 1.0).version.number == "1"


def with_three_versions(world: World) -> None:
    world.create()
    for timeout in (1, 2, 3):
        world.state.update_configuration("f", {"timeout": timeout}, None, world.stamp())
        world.wait()
        world.publish()


@pytest.mark.parametrize(
    ("version", "weights", "code"),
    [
        ("1", {}, None),
        (LATEST, {}, None),
        ("1", {"2": 0.0}, None),
        ("1", {"2": 1.0}, None),
        ("9", {}, "ResourceNotFoundException"),
        ("1", {"9": 0.1}, "ResourceNotFoundException"),
        (LATEST, {"1": 0.1}, "InvalidParameterValueException"),
        ("1", {LATEST: 0.1}, "InvalidParameterValueException"),
        ("1", {"1": 0.1}, "InvalidParameterValueException"),
        ("1", {"2": -0.1}, "InvalidParameterValueException"),
        ("1", {"2": 1.1}, "InvalidParameterValueException"),
        ("1", {"2": 0.1, "3": 0.1}, "InvalidParameterValueException"),
    ],
)
def test_what_an_alias_may_point_to(world: World, version: str, weights: dict[str, float], code: str | None) -> None:
    with_three_versions(world)
    function = world.state.function("f", world.now)
    alias = Alias("live", version, "r", weights=weights)
    if code is None:
        assert aliases.create(NAMES, function, alias) is alias
    else:
        assert refused(lambda: aliases.create(NAMES, function, alias)) == code
        assert function.aliases == {}


@pytest.mark.parametrize(
    ("change", "version", "weights"),
    [
        (AliasChange(description="x"), "1", {"2": 0.5}),
        (AliasChange(version="3"), "3", {"2": 0.5}),
        (AliasChange(weights={}), "1", {}),
        (AliasChange(version="2", weights={}), "2", {}),
        (AliasChange(weights={"3": 0.25}, expected_revision="r"), "1", {"3": 0.25}),
    ],
)
def test_what_an_update_of_an_alias_leaves(
    world: World, change: AliasChange, version: str, weights: dict[str, float]
) -> None:
    with_three_versions(world)
    function = world.state.function("f", world.now)
    aliases.create(NAMES, function, Alias("live", "1", "r", weights={"2": 0.5}))
    changed = aliases.update(NAMES, function, "live", change, "s")
    assert (changed.version, dict(changed.weights), changed.revision) == (version, weights, "s")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (AliasChange(version="3", expected_revision="q"), "PreconditionFailedException"),
        (AliasChange(version="2"), "InvalidParameterValueException"),
        (AliasChange(version="9"), "ResourceNotFoundException"),
    ],
)
def test_a_refused_update_leaves_the_alias_alone(world: World, change: AliasChange, code: str) -> None:
    with_three_versions(world)
    function = world.state.function("f", world.now)
    alias = aliases.create(NAMES, function, Alias("live", "1", "r", weights={"2": 0.5}))
    assert refused(lambda: aliases.update(NAMES, function, "live", change, "s")) == code
    assert function.aliases["live"] == alias


@pytest.mark.parametrize(("draw", "version"), [(0.0, "2"), (0.24, "2"), (0.25, "1"), (0.99, "1"), (1.0, "1")])
def test_a_draw_picks_the_version(world: World, draw: float, version: str) -> None:
    with_three_versions(world)
    function = world.state.function("f", world.now)
    aliases.create(NAMES, function, Alias("live", "1", "r", weights={"2": 0.25}))
    assert world.state.resolve(FunctionName("f", "live"), world.now, draw).version.number == version


def test_a_version_that_an_alias_leads_to_stays(world: World) -> None:
    with_three_versions(world)
    function = world.state.function("f", world.now)
    aliases.create(NAMES, function, Alias("live", "1", "r", weights={"2": 0.25}))
    for number, code in (
        ("1", "ResourceConflictException"),
        ("2", "ResourceConflictException"),
        (LATEST, "InvalidParameterValueException"),
        ("live", "InvalidParameterValueException"),
        ("9", "ResourceNotFoundException"),
    ):
        assert refused(partial(world.state.delete, FunctionName("f", number), world.now)) == code
    world.state.delete(FunctionName("f", "3"), world.now)
    assert set(function.versions) == {"1", "2"}
