import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud
from tidegate.errors import CloudError, Moved, NotFound
from tidegate.model.snapshot import Version

TWO = "def handler(event, context):\n    return {'by': 'two'}\n"
FAILING = "def handler(event, context):\n    raise ValueError('no such ticker')\n"


async def settled(cloud: Cloud, function: str, qualifier: str = "$LATEST") -> Version:
    while not (version := await cloud.functions.version(function, qualifier)).settled:
        await asyncio.sleep(0.01)
    return version


async def deployed(cloud: Cloud, function: str, uri: str) -> Version:
    latest = await settled(cloud, function)
    await cloud.functions.update_code(function, uri, latest.revision)
    latest = await settled(cloud, function)
    published = await cloud.functions.publish(function, latest.digest, latest.revision, "r2")
    return await settled(cloud, function, published.version)


async def test_a_function_is_observed_with_its_aliases_and_their_versions(cloud: Cloud, function: str) -> None:
    seen = await cloud.functions.observe(function, ("live", "candidate", "unheard-of"))
    assert seen.name == function
    assert seen.latest.version == "$LATEST"
    assert set(seen.aliases) == {"live", "candidate"}
    live = seen.at("live")
    assert live is not None
    assert (live.version, live.state, live.update) == ("1", "Active", "")
    assert live.digest == seen.latest.digest
    assert live.digest.startswith("sha256:")
    assert seen.aliases["live"].revision != ""


async def test_only_the_aliases_that_were_asked_for_are_observed(cloud: Cloud, function: str) -> None:
    seen = await cloud.functions.observe(function, ("live",))
    assert set(seen.aliases) == {"live"}


async def test_the_version_of_a_canary_is_observed_too(
    cloud: Cloud, function: str, wire: Wire, push_image: Callable[[str], Awaitable[str]]
) -> None:
    second = await deployed(cloud, function, await push_image(TWO))
    await wire.ask(
        function,
        lambda: wire.clients.functions.update_alias(
            FunctionName=function, Name="live", RoutingConfig={"AdditionalVersionWeights": {second.version: 0.25}}
        ),
    )
    seen = await cloud.functions.observe(function, ("live",))
    assert seen.aliases["live"].weights == {second.version: 0.25}
    assert set(seen.versions) == {"1", second.version}

    moved = await cloud.functions.point(function, seen.aliases["live"], second.version, "r2")
    assert (moved.version, moved.weights) == (second.version, {})


async def test_a_published_version_has_the_configuration_hash_of_what_it_was_published_from(
    cloud: Cloud, function: str, push_image: Callable[[str], Awaitable[str]]
) -> None:
    second = await deployed(cloud, function, await push_image(TWO))
    seen = await cloud.functions.observe(function, ("live",))
    assert second.configuration == seen.latest.configuration
    assert second.digest == seen.latest.digest
    placeholder = seen.at("live")
    assert placeholder is not None
    assert placeholder.configuration != second.configuration  # it was published before handler and variables were set


async def test_a_deployment_reaches_users_when_the_alias_moves(
    cloud: Cloud, function: str, push_image: Callable[[str], Awaitable[str]]
) -> None:
    second = await deployed(cloud, function, await push_image(TWO))
    before = await cloud.functions.invoke(function, "live", {"a": 1})
    seen = await cloud.functions.observe(function, ("live",))
    moved = await cloud.functions.point(function, seen.aliases["live"], second.version, "r2")
    after = await cloud.functions.invoke(function, "live", {"a": 1})
    assert before.payload == {"event": {"a": 1}, "by": "one"}
    assert after.payload == {"by": "two"}
    assert (before.version, after.version) == ("1", second.version)
    assert moved.revision != seen.aliases["live"].revision


async def test_code_that_somebody_else_updated_has_moved(
    cloud: Cloud, function: str, push_image: Callable[[str], Awaitable[str]]
) -> None:
    stale = await settled(cloud, function)
    await cloud.functions.update_code(function, await push_image(TWO), stale.revision)
    latest = await settled(cloud, function)
    with pytest.raises(Moved):
        await cloud.functions.update_code(function, await push_image(FAILING), stale.revision)
    assert await cloud.functions.version(function, "$LATEST") == latest


async def test_a_version_of_other_code_or_of_another_revision_is_not_published(cloud: Cloud, function: str) -> None:
    latest = await settled(cloud, function)
    with pytest.raises(Moved) as by_code:
        await cloud.functions.publish(function, f"sha256:{'0' * 64}", latest.revision, "r2")
    assert by_code.value.code == "InvalidParameterValueException"
    with pytest.raises(Moved) as by_revision:
        await cloud.functions.publish(function, latest.digest, "11111111-1111-1111-1111-111111111111", "r2")
    assert by_revision.value.code == "PreconditionFailedException"


async def test_an_alias_that_somebody_else_moved_is_not_moved(
    cloud: Cloud, function: str, push_image: Callable[[str], Awaitable[str]]
) -> None:
    second = await deployed(cloud, function, await push_image(TWO))
    seen = (await cloud.functions.observe(function, ("live",))).aliases["live"]
    await cloud.functions.point(function, seen, second.version, "by somebody else")
    with pytest.raises(Moved) as raised:
        await cloud.functions.point(function, seen, "1", "late")
    assert raised.value.where == f"function {function}:live"
    assert (await cloud.functions.observe(function, ("live",))).aliases["live"].version == second.version


async def test_a_handler_that_raises_is_an_answer_with_its_error_and_log(
    cloud: Cloud, function: str, push_image: Callable[[str], Awaitable[str]]
) -> None:
    failing = await deployed(cloud, function, await push_image(FAILING))
    answer = await cloud.functions.invoke(function, failing.version, None)
    assert answer.error == "Unhandled"
    assert isinstance(answer.payload, dict)
    assert answer.payload["errorMessage"] == "no such ticker"
    assert "no such ticker" in answer.log


async def test_the_log_of_an_invocation_comes_with_its_answer(cloud: Cloud, function: str) -> None:
    answer = await cloud.functions.invoke(function, "live", {"ticker": "NVDA"})
    assert answer.error == ""
    assert "saw {'ticker': 'NVDA'}" in answer.log


async def test_what_does_not_exist_is_not_found(cloud: Cloud, function: str) -> None:
    with pytest.raises(NotFound):
        await cloud.functions.observe("no-such-function", ("live",))
    with pytest.raises(NotFound):
        await cloud.functions.version(function, "99")
    with pytest.raises(NotFound):
        await cloud.functions.invoke(function, "unheard-of", {})
    live = (await cloud.functions.observe(function, ("live",))).aliases["live"]
    with pytest.raises(NotFound):
        await cloud.functions.point(function, replace(live, name="unheard-of"), "1", "")
    with pytest.raises(CloudError):
        await cloud.functions.update_code(
            function, "123456789012.dkr.ecr.ap-southeast-1.amazonaws.com/none@sha256:00", ""
        )


async def test_variables_are_set_under_the_revision_and_frozen_by_a_version(cloud: Cloud, function: str) -> None:
    before = await settled(cloud, function)
    version, variables = await cloud.functions.configured(function, "$LATEST")
    assert version == before
    given = {**variables, "AURORA_DATABASE": "scratch"}
    await cloud.functions.set_variables(function, given, before.revision)
    latest = await settled(cloud, function)
    assert latest.configuration != before.configuration
    with pytest.raises(Moved):
        await cloud.functions.set_variables(function, {}, before.revision)
    published = await cloud.functions.publish(function, latest.digest, latest.revision, "a rehearsal")
    await settled(cloud, function, published.version)
    assert (await cloud.functions.configured(function, published.version))[1] == given
    assert "AURORA_DATABASE" not in (await cloud.functions.configured(function, "1"))[1]
    assert (await cloud.functions.published(function))[published.version] == "a rehearsal"


async def test_a_version_that_no_alias_points_to_is_discarded(cloud: Cloud, function: str) -> None:
    latest = await settled(cloud, function)
    published = await cloud.functions.publish(function, latest.digest, latest.revision, "")
    await cloud.functions.discard(function, published.version)
    assert published.version not in await cloud.functions.published(function)
    await cloud.functions.discard(function, published.version)
    with pytest.raises(CloudError):
        await cloud.functions.discard(function, "1")
