"""Tables: what was observed in, steps out."""

from dataclasses import replace

import pytest

from tests.plan.reference import PIPELINE
from tidegate.model.pipeline import FunctionSpec, Pipeline
from tidegate.model.release import Artifact, Release
from tidegate.model.snapshot import Alias, FunctionSnapshot, Version
from tidegate.targets.functions import behind, plan_candidate, plan_promotion
from tidegate.targets.step import FunctionStep, PointAlias, PointSite, Publish, UpdateCode, told, way_back_of

OLD, NEW = f"sha256:{'0' * 64}", f"sha256:{'f' * 64}"
WANTED = Artifact("backend", NEW, "c1", "repository")
URI = f"registry.test/repository@{NEW}"


def version(number: str, digest: str, configuration: str = "c", **more: str) -> Version:
    return replace(Version(number, digest, configuration, f"rev-{number}"), **more)


def snapshot(
    latest: Version, live: Version | None = None, candidate: Version | None = None, **weights: float
) -> FunctionSnapshot:
    pointed = {"live": live, "candidate": candidate}
    aliases = {name: Alias(name, at.version, f"rev-{name}") for name, at in pointed.items() if at}
    if weights:
        aliases["live"] = replace(aliases["live"], weights={name.lstrip("v"): share for name, share in weights.items()})
    versions = {at.version: at for at in pointed.values() if at}
    return FunctionSnapshot("api", latest, aliases, versions)


ONE, TWO = version("1", OLD), version("2", NEW)
LATEST_OLD, LATEST_NEW = version("$LATEST", OLD), version("$LATEST", NEW)
UPDATE = UpdateCode("api", URI, NEW, "rev-$LATEST")
PUBLISH = Publish("api", NEW)


def point(alias: str, to: str, stood: str | None) -> PointAlias:
    return PointAlias("api", alias, to, Alias(alias, stood, f"rev-{alias}") if stood else None)


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        pytest.param(snapshot(LATEST_OLD, ONE, ONE), (UPDATE, PUBLISH, point("candidate", "", "1")), id="a new image"),
        pytest.param(snapshot(LATEST_NEW, ONE, TWO), (), id="candidate has it"),
        pytest.param(snapshot(LATEST_NEW, TWO, TWO), (), id="all have it"),
        pytest.param(snapshot(LATEST_NEW, TWO, ONE), (point("candidate", "2", "1"),), id="live has it, candidate not"),
        pytest.param(
            snapshot(LATEST_NEW, ONE, ONE),
            (PUBLISH, point("candidate", "", "1")),
            id="killed before publishing",
        ),
        pytest.param(
            snapshot(version("$LATEST", NEW, "c2"), TWO, TWO),
            (PUBLISH, point("candidate", "", "2")),
            id="the configuration changed, the image not",
        ),
        pytest.param(
            snapshot(version("$LATEST", OLD, "c2"), TWO, ONE),
            (UPDATE, PUBLISH, point("candidate", "", "1")),
            id="live has the image under another configuration",
        ),
        pytest.param(
            snapshot(version("$LATEST", NEW, update="Failed"), ONE, ONE),
            (UPDATE, PUBLISH, point("candidate", "", "1")),
            id="the last update failed",
        ),
        pytest.param(
            snapshot(version("$LATEST", NEW, state="Failed"), ONE, ONE),
            (UPDATE, PUBLISH, point("candidate", "", "1")),
            id="the function failed",
        ),
        pytest.param(snapshot(LATEST_OLD), (UPDATE, PUBLISH, point("candidate", "", None)), id="no alias yet"),
    ],
)
def test_plan_candidate(found: FunctionSnapshot, steps: tuple[FunctionStep, ...]) -> None:
    assert plan_candidate(found, WANTED, URI) == steps


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        pytest.param(snapshot(LATEST_NEW, ONE, TWO), (point("live", "2", "1"),), id="live follows"),
        pytest.param(snapshot(LATEST_NEW, TWO, TWO), (), id="live is there"),
        pytest.param(snapshot(LATEST_NEW, None, TWO), (point("live", "2", None),), id="no live alias"),
        pytest.param(snapshot(LATEST_NEW, TWO, None), (), id="no candidate alias"),
        pytest.param(
            snapshot(LATEST_NEW, TWO, TWO, v1=0.5),
            (PointAlias("api", "live", "2", Alias("live", "2", "rev-live", {"1": 0.5})),),
            id="live serves a part",
        ),
    ],
)
def test_plan_promotion(found: FunctionSnapshot, steps: tuple[PointAlias, ...]) -> None:
    assert plan_promotion({"telegram-api": found}) == steps


def test_every_function_is_promoted() -> None:
    found = {
        "a": replace(snapshot(LATEST_NEW, ONE, TWO), name="a"),
        "b": replace(snapshot(LATEST_NEW, ONE, TWO), name="b"),
    }
    assert [step.function for step in plan_promotion(found)] == ["a", "b"]


RELEASE = Release("r7", "c1", "1", 0.0, {"backend": WANTED})


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param(snapshot(LATEST_NEW, TWO, TWO), "", id="served"),
        pytest.param(snapshot(LATEST_NEW, TWO, ONE), "", id="candidate does not matter"),
        pytest.param(snapshot(LATEST_NEW, ONE, TWO), "api does not serve r7", id="another image"),
        pytest.param(snapshot(LATEST_NEW, None, TWO), "api does not serve r7", id="no live alias"),
        pytest.param(
            snapshot(version("$LATEST", NEW, "c2"), TWO, TWO), "api's configuration changed", id="another configuration"
        ),
        pytest.param(
            snapshot(LATEST_NEW, TWO, TWO, v1=0.1),
            "api serves r7 to a part of its requests only",
            id="a share",
        ),
    ],
)
def test_behind(found: FunctionSnapshot, reason: str) -> None:
    assert behind({"telegram-api": found}, PIPELINE, RELEASE) == reason


def test_an_image_that_is_not_built_yet_leaves_nothing_behind() -> None:
    found = {"fund-data-sync": snapshot(LATEST_OLD, ONE, ONE)}
    assert behind(found, PIPELINE, RELEASE) == ""


def test_an_absent_function_leaves_nothing_behind() -> None:
    spec: FunctionSpec = PIPELINE.functions["ticker-scheduler"]
    pipeline: Pipeline = replace(PIPELINE, functions={spec.key: spec})
    assert behind({}, pipeline, RELEASE) == ""


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (UPDATE, "api: UpdateFunctionCode sha256:ffffffffffff"),
        (PUBLISH, "api: PublishVersion sha256:ffffffffffff"),
        (point("live", "2", "1"), "api: live → 2"),
        (point("candidate", "", "1"), "api: candidate → the published version"),
        (PointSite("TEST", NEW, "etag"), "TEST → sha256:ffffffffffff"),
    ],
)
def test_told(step: FunctionStep | PointSite, line: str) -> None:
    assert told(step) == line


def test_the_way_back_as_the_ledger_keeps_it() -> None:
    assert way_back_of({"api": "1"}, OLD) == {"functions": {"api": "1"}, "app": OLD}
