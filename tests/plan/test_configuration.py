from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.plan.reference import PIPELINE
from tidegate.model.pipeline import CheckGate, Component, FunctionSpec, Order, Pipeline, SiteSpec, Strategy
from tidegate.plan.configuration import configuration_hash

KEY = "telegram-api"


def function(change: Callable[[FunctionSpec], FunctionSpec]) -> Pipeline:
    return replace(PIPELINE, functions={**PIPELINE.functions, KEY: change(PIPELINE.functions[KEY])})


def site(change: Callable[[SiteSpec], SiteSpec]) -> Pipeline:
    assert PIPELINE.site
    return replace(PIPELINE, site=change(PIPELINE.site))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(function(lambda f: replace(f, environment={**f.environment, "NEW": "1"})), id="a new variable"),
        pytest.param(function(lambda f: replace(f, environment={})), id="no variables"),
        pytest.param(function(lambda f: replace(f, handler="src.other.handler")), id="handler"),
        pytest.param(function(lambda f: replace(f, name="other-{env}")), id="name"),
        pytest.param(function(lambda f: replace(f, image="fund-data-sync")), id="image"),
        pytest.param(function(lambda f: replace(f, timeout_seconds=31)), id="timeout"),
        pytest.param(function(lambda f: replace(f, memory_mb=1024)), id="memory"),
        pytest.param(function(lambda f: replace(f, queue="report-jobs")), id="queue"),
        pytest.param(function(lambda f: replace(f, schedule="rate(1 hour)")), id="schedule"),
        pytest.param(replace(PIPELINE, functions={KEY: PIPELINE.functions[KEY]}), id="fewer functions"),
        pytest.param(site(lambda s: replace(s, strategy=Strategy.INVALIDATION)), id="strategy"),
        pytest.param(site(lambda s: replace(s, bucket="other-{env}")), id="bucket"),
        pytest.param(site(lambda s: replace(s, api=None)), id="the site's API"),
        pytest.param(replace(PIPELINE, site=None), id="no site"),
    ],
)
def test_what_makes_a_release(changed: Pipeline) -> None:
    assert configuration_hash(changed) != configuration_hash(PIPELINE)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(PIPELINE, id="nothing"),
        pytest.param(replace(PIPELINE, order=Order.BACKEND_FIRST), id="order"),
        pytest.param(replace(PIPELINE, check=CheckGate((), (), ())), id="quality gate"),
        pytest.param(replace(PIPELINE, browser=None), id="browser gate"),
        pytest.param(replace(PIPELINE, components={"all": Component("all", ("**",))}), id="components"),
        pytest.param(replace(PIPELINE, environments={}), id="environments"),
        pytest.param(function(lambda f: replace(f, smoke=())), id="smoke tests"),
        pytest.param(function(lambda f: replace(f, optional=True)), id="optional"),
        pytest.param(site(lambda s: replace(s, build=("make",))), id="the site's build"),
        pytest.param(
            replace(PIPELINE, functions=dict(reversed(list(PIPELINE.functions.items())))), id="order of functions"
        ),
        pytest.param(
            function(lambda f: replace(f, environment=dict(reversed(list(f.environment.items()))))),
            id="order of variables",
        ),
    ],
)
def test_what_does_not(changed: Pipeline) -> None:
    assert configuration_hash(changed) == configuration_hash(PIPELINE)
