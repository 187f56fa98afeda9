"""The builds port over the embedded CodeBuild."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud
from tidegate.errors import CloudError, NotFound, Throttled
from tidegate.model.build import Build, BuildOrder, BuildProject, BuildStatus, SourceKind

LIMIT_SECONDS = 60.0
Make = Callable[..., Awaitable[str]]


@pytest.fixture
def project(wire: Wire) -> Make:
    """Makes a project with inline commands; returns its name."""

    async def made(*commands: str, **given: Any) -> str:
        name = f"tests-{uuid4().hex[:8]}"
        listed = "".join(f"      - {command}\n" for command in commands)
        spec = f"version: 0.2\nphases:\n  build:\n    commands:\n{listed}"

        def call() -> object:
            return wire.clients.builds.create_project(
                name=name,
                source={"type": "NO_SOURCE", "buildspec": spec},
                artifacts={"type": "NO_ARTIFACTS"},
                environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
                serviceRole="arn:aws:iam::123456789012:role/test",
                **given,
            )

        await wire.ask(name, call)
        return name

    return made


async def ended(cloud: Cloud, build: Build) -> Build:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not build.ended:
            build = await cloud.builds.get(build.id)
    return build


async def test_a_build_with_its_variables_and_its_lines(cloud: Cloud, project: Make) -> None:
    name = await project("echo first", "echo $COLOR", "echo $TIDEGATE_BUILD")
    build = await cloud.builds.start(BuildOrder(name, "token-1", {"COLOR": "blue"}, timeout_minutes=1))
    assert (build.project, build.token, build.ended) == (name, "token-1", False)
    build = await ended(cloud, build)
    assert (build.status, build.culprit, build.current) == (BuildStatus.SUCCEEDED, None, "COMPLETED")
    lines, position = await cloud.builds.lines(build, "")
    assert [line for line in lines if not line.startswith("[Container]")] == ["first", "blue", "token-1"]
    assert await cloud.builds.lines(build, position) == ((), position)


async def test_lines_are_read_on_from_where_they_were_left(cloud: Cloud, project: Make) -> None:
    name = await project("echo first; sleep 600")
    build = await cloud.builds.start(BuildOrder(name, "token-1"))
    seen, position = await cloud.builds.lines(build, "")
    async with asyncio.timeout(LIMIT_SECONDS):
        while "first" not in seen:
            build = await cloud.builds.get(build.id)
            lines, position = await cloud.builds.lines(build, position)
            seen += lines
    stopped = await cloud.builds.stop(build.id)
    assert (stopped.status, stopped.culprit and stopped.culprit.name) == (BuildStatus.STOPPED, "BUILD")
    assert seen.count("first") == 1


async def test_a_failed_build_names_its_phase_and_its_reason(cloud: Cloud, project: Make) -> None:
    build = await ended(cloud, await cloud.builds.start(BuildOrder(await project("test 1 = 2"), "token-1")))
    assert build.status is BuildStatus.FAILED
    assert build.culprit is not None
    assert (build.culprit.name, build.culprit.code) == ("BUILD", "COMMAND_EXECUTION_ERROR")
    assert build.culprit.message == "Error while executing command: test 1 = 2. Reason: exit status 1"


async def test_a_token_is_one_build_and_finds_it_again(cloud: Cloud, project: Make) -> None:
    name = await project("echo done")
    first, again, other = [await cloud.builds.start(BuildOrder(name, token)) for token in ("a", "a", "b")]
    assert first.id == again.id != other.id
    found = await cloud.builds.find(name, "a")
    assert found is not None
    assert found.id == first.id
    assert await cloud.builds.find(name, "c") is None


async def test_an_order_overrides_the_projects_buildspec(cloud: Cloud, project: Make) -> None:
    name = await project("echo of the project")
    spec = "version: 0.2\nphases: {build: {commands: [echo of the order]}}\n"
    build = await ended(cloud, await cloud.builds.start(BuildOrder(name, "a", buildspec=spec)))
    assert "of the order" in (await cloud.builds.lines(build, ""))[0]


async def test_what_a_project_is(cloud: Cloud, project: Make) -> None:
    name = await project("echo done")
    assert await cloud.builds.project(name) == BuildProject(name, SourceKind.NONE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda cloud: cloud.builds.project("missing"),
        lambda cloud: cloud.builds.start(BuildOrder("missing", "a")),
        lambda cloud: cloud.builds.find("missing", "a"),
        lambda cloud: cloud.builds.get("missing:1"),
        lambda cloud: cloud.builds.stop("missing:1"),
    ],
)
async def test_what_does_not_exist(cloud: Cloud, ask: Callable[[Cloud], Awaitable[object]]) -> None:
    with pytest.raises(NotFound):
        await ask(cloud)


async def test_no_room_is_told_from_a_refusal(cloud: Cloud, project: Make) -> None:
    name = await project("sleep 600", concurrentBuildLimit=1)
    build = await cloud.builds.start(BuildOrder(name, "a"))
    with pytest.raises(Throttled):
        await cloud.builds.start(BuildOrder(name, "b"))
    with pytest.raises(CloudError, match="mismatch"):
        await cloud.builds.start(BuildOrder(name, "a", {"OTHER": "order"}))
    await cloud.builds.stop(build.id)
