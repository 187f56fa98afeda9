"""The builds port over AWS CodeBuild and the log streams of its builds."""

from collections.abc import Mapping
from typing import Any

from tidegate.cloud.aws.wire import Wire
from tidegate.errors import NotFound
from tidegate.model.build import TOKEN, Build, BuildOrder, BuildPhase, BuildProject, BuildStatus, SourceKind

# AWS API: StartBuild, timeoutInMinutesOverride.
_SHORTEST_MINUTES = 5
_LONGEST_MINUTES = 2160


class AwsBuilds:
    """AWS CodeBuild behind `ports.Builds`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def project(self, name: str) -> BuildProject:
        """A project; `NotFound` without it, which BatchGetProjects itself does not raise."""
        where = f"CodeBuild project {name}"
        found = await self._wire.ask(where, lambda: self._wire.clients.builds.batch_get_projects(names=[name]))
        if not found["projects"]:
            raise NotFound("it does not exist", where=where, code="ResourceNotFoundException")
        source = found["projects"][0]["source"]
        return BuildProject(name, _kind(source["type"]), source.get("location", ""))

    async def start(self, order: BuildOrder) -> Build:
        """StartBuild; a lost answer is asked for again, which the token makes the same build."""
        variables = {**order.variables, TOKEN: order.token}
        given: dict[str, Any] = {
            "projectName": order.project,
            "idempotencyToken": order.token,
            "environmentVariablesOverride": [
                {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
            ],
            "timeoutInMinutesOverride": min(max(order.timeout_minutes, _SHORTEST_MINUTES), _LONGEST_MINUTES),
        }
        optional = {
            "sourceVersion": order.version,
            "sourceLocationOverride": order.location,
            "buildspecOverride": order.buildspec,
        }
        given |= {name: value for name, value in optional.items() if value}
        started = await self._wire.ask(
            f"CodeBuild project {order.project}",
            lambda: self._wire.clients.builds.start_build(**given)["build"],
            changes=True,
        )
        return _build(started)

    async def find(self, project: str, token: str) -> Build | None:
        """The build of a project that was started with a token, if it is among the newest hundred."""

        def call() -> Build | None:
            builds = self._wire.clients.builds
            ids = builds.list_builds_for_project(projectName=project, sortOrder="DESCENDING").get("ids", [])[:100]
            listed = builds.batch_get_builds(ids=ids)["builds"] if ids else []
            return next((found for found in map(_build, listed) if found.token == token), None)

        return await self._wire.ask(f"CodeBuild project {project}", call)

    async def get(self, identity: str) -> Build:
        """A build as it is now; `NotFound` without it, which BatchGetBuilds itself does not raise."""
        where = f"build {identity}"
        found = await self._wire.ask(where, lambda: self._wire.clients.builds.batch_get_builds(ids=[identity]))
        if not found["builds"]:
            raise NotFound("it does not exist", where=where, code="ResourceNotFoundException")
        return _build(found["builds"][0])

    async def stop(self, identity: str) -> Build:
        """StopBuild; one that ended stays as it is."""
        stopped = await self._wire.ask(
            f"build {identity}", lambda: self._wire.clients.builds.stop_build(id=identity)["build"], changes=True
        )
        return _build(stopped)

    async def lines(self, build: Build, position: str) -> tuple[tuple[str, ...], str]:
        """What a build wrote behind a position, and the position behind that; empty is the beginning.

        AWS API: GetLogEvents: at the end of a stream the token is the one that was given.
        """
        if not build.log_group or not build.log_stream:
            return (), position

        def call() -> tuple[tuple[str, ...], str]:
            found: list[str] = []
            token = position
            while True:
                given: dict[str, Any] = {"nextToken": token} if token else {}
                page = self._wire.clients.logs.get_log_events(
                    logGroupName=build.log_group, logStreamName=build.log_stream, startFromHead=True, **given
                )
                found += [event["message"].rstrip("\n") for event in page["events"]]
                following = page["nextForwardToken"]
                if following == token or not page["events"]:
                    return tuple(found), following
                token = following

        try:
            return await self._wire.ask(f"log of build {build.id}", call)
        except NotFound:
            return (), position


def _kind(named: str) -> SourceKind:
    try:
        return SourceKind(named)
    except ValueError:
        return SourceKind.GIT


def _build(described: Mapping[str, Any]) -> Build:
    variables = described.get("environment", {}).get("environmentVariables", [])
    logs = described.get("logs") or {}
    return Build(
        id=described["id"],
        project=described["projectName"],
        status=BuildStatus(described["buildStatus"]),
        phases=tuple(_phase(one) for one in described.get("phases", [])),
        token=next((one["value"] for one in variables if one["name"] == TOKEN), ""),
        log_group=logs.get("groupName", ""),
        log_stream=logs.get("streamName", ""),
    )


def _phase(described: Mapping[str, Any]) -> BuildPhase:
    contexts = described.get("contexts") or [{}]
    said = next((one for one in contexts if one.get("statusCode")), contexts[0])
    return BuildPhase(
        described["phaseType"],
        described.get("phaseStatus", ""),
        said.get("statusCode", ""),
        said.get("message", ""),
    )
