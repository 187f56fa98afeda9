"""Pushes, failures, cancellations and re-runs in any order: what is being deployed goes on, and nothing is lost."""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.workflows.attempt import Result
from tests.workflows.expression import template
from tests.workflows.pushes import FILES, World
from tests.workflows.rendered import SHOP, deploy_of
from tests.workflows.repository import State
from tests.workflows.workflow import Workflow

DEPLOY = deploy_of(SHOP)
TOUCHED = st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=3, unique=True)
WAYS = (*5 * (Result.SUCCESS,), Result.FAILURE, Result.CANCELLED)


class Lost(AssertionError):
    """A change reached no environment, or a deployment was cut short by a push."""


def lived(data: st.DataObject, workflow: Workflow, base: str = "release") -> World:
    """Some pushes, with whatever happens meanwhile; nobody but a person stops a run, and one at a time deploys."""
    world = World(SHOP, workflow, base)
    stopped: set[int] = set()
    for _ in range(data.draw(st.integers(5, 60))):
        choices = ["push", *8 * ["end"] * bool(world.going), *["cancel"] * bool(world.going)]
        over = [run for run in world.repository.runs if run.state is State.OVER and run.attempt]
        failed = [run for run in over if run.conclusion != "success"]
        match data.draw(st.sampled_from(choices + ["again"] * bool(failed))):
            case "push":
                world.push(data.draw(TOUCHED))
            case "again":
                world.again(data.draw(st.sampled_from(failed)))
            case "cancel":
                run = data.draw(st.sampled_from(world.going))
                stopped.add(run.id)
                world.cancel(run)
            case _:
                run = data.draw(st.sampled_from(world.going))
                assert run.attempt
                name = data.draw(st.sampled_from(sorted(run.attempt.running)))
                world.end(run, name, data.draw(st.sampled_from(WAYS)))
        undisturbed(world, stopped)
    return world


def undisturbed(world: World, stopped: set[int]) -> None:
    cut = [run.id for run in world.repository.runs if run.attempt and run.attempt.cancelled and run.id not in stopped]
    if cut:
        raise Lost(f"workflow run {cut[0]} was stopped by a push")
    if len(world.going) > 1:
        raise Lost(f"{len(world.going)} workflow runs deploy at once")


def arrived(world: World) -> None:
    """One more push, and all goes well: every environment then has everything that was ever pushed."""
    world.finish()
    world.push(["backend"])
    world.finish()
    for environment in SHOP.environments:
        found = dict(world.live[environment].artifacts)
        if found != world.newest():
            raise Lost(f"{environment} has {found} and not {world.newest()}")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_push_stops_a_deployment_and_no_change_is_lost(data: st.DataObject) -> None:
    arrived(lived(data, DEPLOY))


@pytest.mark.parametrize("result", [Result.FAILURE, Result.CANCELLED])
@pytest.mark.parametrize("end", ["build-frontend", "deploy-dev-frontend", "e2e-test-dev", "promote-prod-frontend"])
def test_what_a_failed_and_a_replaced_push_were_about_is_carried_by_the_next(end: str, result: Result) -> None:
    world = World(SHOP, DEPLOY)
    world.push(["backend", "site"])
    world.finish()
    first, replaced = world.push(["site"]), world.push(["site"])
    world.push(["tests"])
    assert replaced.conclusion == "cancelled"
    while first.attempt and end not in first.attempt.running:
        world.end(first, min(first.attempt.running), Result.SUCCESS)
    world.end(first, end, result)
    arrived(world)


@pytest.mark.parametrize(
    ("workflow", "base"),
    [
        pytest.param(replace(DEPLOY, cancels_in_progress=template("true")), "release", id="cancel-in-progress"),
        pytest.param(replace(DEPLOY, group=None), "release", id="no group"),
        pytest.param(replace(DEPLOY, group=template("${{ github.sha }}")), "release", id="a group a commit"),
        pytest.param(DEPLOY, "push", id="counted from the commit before"),
    ],
)
def test_it_can_fail(workflow: Workflow, base: str) -> None:
    @settings(max_examples=300, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        arrived(lived(data, workflow, base))

    with pytest.raises(Lost):
        tried()
