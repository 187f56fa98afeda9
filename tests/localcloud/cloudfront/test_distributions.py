"""The state machine alone, on a clock that only the test moves."""

from typing import Any

import pytest

from tests.localcloud.cloudfront.conftest import World, config
from tidegate.localcloud.cloudfront.errors import CloudFrontError


def test_status_follows_the_clock(world: World) -> None:
    site = world.distribution()
    found = world.state.distributions.get(site)
    assert [found.status(world.now + seconds) for seconds in (0, 9.9, 10)] == ["InProgress", "InProgress", "Deployed"]
    made = world.state.distributions.invalidate(site, "r", ("/*",), world.stamp())
    assert [made.status(world.now + seconds) for seconds in (0, 10)] == ["InProgress", "Completed"]


def test_every_update_has_an_etag_of_its_own(world: World) -> None:
    site = world.distribution(CallerReference="same")
    seen = {world.state.distributions.get(site).etag}
    for comment in "abc":
        before = world.state.distributions.get(site)
        changed = world.state.update_distribution(
            site, config(CallerReference="same", Comment=comment), before.etag, world.stamp()
        )
        seen.add(changed.etag)
    assert len(seen) == 4


@pytest.mark.parametrize("which", ["missing", "foreign", "past"])
def test_an_update_that_is_refused_changes_nothing(world: World, which: str) -> None:
    site = world.distribution(CallerReference="same")
    first = world.state.distributions.get(site)
    given = config(CallerReference="same", Comment="a")
    second = world.state.update_distribution(site, given, first.etag, world.stamp())
    etags: dict[str, Any] = {"missing": None, "foreign": "E0", "past": first.etag}
    with pytest.raises(CloudFrontError) as refused:
        world.state.update_distribution(site, given, etags[which], world.stamp())
    assert refused.value.code == ("PreconditionFailed" if which == "past" else "InvalidIfMatchVersion")
    assert world.state.distributions.get(site) == second


def test_a_change_of_a_published_function_waits_for_publication(world: World) -> None:
    arn = world.function("function handler(e) { return e.request; }")
    before = world.state.functions.get("f")
    world.state.update_function("f", before.development.config, b"other", before.development.etag, world.stamp())
    live = world.state.functions.live_by_arn(arn)
    assert live is not None
    assert live.code == b"function handler(e) { return e.request; }"
    assert world.state.functions.live_by_arn(f"{arn}x") is None


def test_one_reference_is_one_invalidation(world: World) -> None:
    site = world.distribution()
    first = world.state.distributions.invalidate(site, "r", ("/a", "/b"), world.stamp())
    assert world.state.distributions.invalidate(site, "r", ("/b", "/a"), world.stamp()) == first
    with pytest.raises(CloudFrontError) as refused:
        world.state.distributions.invalidate(site, "r", ("/c",), world.stamp())
    assert refused.value.code == "InvalidationBatchAlreadyExists"


@pytest.mark.parametrize("path", ["", "/a*b", "/a b", "/a\n"])
def test_invalidation_paths_that_cannot_be(world: World, path: str) -> None:
    with pytest.raises(CloudFrontError) as refused:
        world.state.distributions.invalidate(world.distribution(), "r", (path,), world.stamp())
    assert refused.value.code == "InvalidArgument"
