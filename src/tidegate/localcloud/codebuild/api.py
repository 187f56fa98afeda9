"""CodeBuild on the wire: AWS JSON 1.1, one target an operation."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.codebuild import answers
from tidegate.localcloud.codebuild.build import Build, Project
from tidegate.localcloud.codebuild.errors import CodeBuildError, invalid, not_emulated
from tidegate.localcloud.codebuild.requests import (
    CreateProjectBody,
    IdBody,
    IdsBody,
    ListBuildsForProjectBody,
    ListProjectsBody,
    NameBody,
    NamesBody,
    StartBuildBody,
    parse,
)
from tidegate.localcloud.codebuild.state import CodeBuildState, Overrides

TARGET = "CodeBuild_20161006."
# AWS API: ListBuildsForProject and ListProjects answer this many at a time.
PAGE = 100

T = TypeVar("T")
Json = dict[str, Any]


class CodeBuildApi:
    """Parses a request, runs its operation on the state, writes the answer.

    Args:
        begin: Told of each new build.
        end: Told of each build that was stopped.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        state: CodeBuildState,
        begin: Callable[[Build], None],
        end: Callable[[Build], None],
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._begin = begin
        self._end = end
        self._clock = clock
        self._operations: dict[str, Callable[[bytes, str], Json]] = {
            "BatchGetBuilds": self._batch_get_builds,
            "BatchGetProjects": self._batch_get_projects,
            "CreateProject": self._create_project,
            "DeleteProject": self._delete_project,
            "ListBuildsForProject": self._list_builds_for_project,
            "ListProjects": self._list_projects,
            "StartBuild": self._start_build,
            "StopBuild": self._stop_build,
        }

    async def handle(self, request: Request) -> Response:
        """Answer one signed request."""
        target = request.headers.get("x-amz-target", "")
        try:
            operation = self._operations.get(target.removeprefix(TARGET)) if target.startswith(TARGET) else None
            if operation is None:
                raise not_emulated(target.removeprefix(TARGET)[:100])
            output = operation(await request.body(), request.state.scope.access_key)
        except CodeBuildError as error:
            body = {"__type": error.code, "message": error.message}
            return _answer(body, error.status, {"x-amzn-errortype": error.code})
        return _answer(output, 200, {})

    def _create_project(self, content: bytes, _: str) -> Json:
        body, now = parse(CreateProjectBody, content), self._clock()
        environment = body.environment.model_dump(by_alias=True, exclude={"environment_variables"})
        project = Project(
            name=body.name,
            arn=self._state.project_arn(body.name),
            source=body.source.source(),
            environment=environment,
            variables=tuple(one.variable() for one in body.environment.environment_variables),
            role=body.service_role,
            created=now,
            modified=now,
            description=body.description,
            source_version=body.source_version,
            timeout_minutes=body.timeout_in_minutes,
            queued_minutes=body.queued_timeout_in_minutes,
            most_at_once=body.concurrent_build_limit,
            vpc=body.vpc_config.model_dump(by_alias=True) if body.vpc_config else {},
            tags={tag.key: tag.value for tag in body.tags},
            **({"logs": body.logs_config.logs()} if body.logs_config else {}),
        )
        return {"project": answers.project(self._state.create(project))}

    def _delete_project(self, content: bytes, _: str) -> Json:
        self._state.delete(parse(NameBody, content).name)
        return {}

    def _batch_get_projects(self, content: bytes, _: str) -> Json:
        names = parse(NamesBody, content).names
        found = {name: self._state.find_project(name) for name in names}
        return {
            "projects": [answers.project(one) for one in found.values() if one is not None],
            "projectsNotFound": [name for name, one in found.items() if one is None],
        }

    def _list_projects(self, content: bytes, _: str) -> Json:
        body = parse(ListProjectsBody, content)
        projects = self._state.projects()
        match body.sort_by:
            case "NAME":
                projects.sort(key=lambda one: one.name)
            case "CREATED_TIME":
                projects.sort(key=lambda one: one.created)
            case "LAST_MODIFIED_TIME":
                projects.sort(key=lambda one: one.modified)
        if body.sort_order == "DESCENDING":
            projects.reverse()
        page, following = _page(projects, body.next_token)
        return {"projects": [one.name for one in page], **following}

    def _start_build(self, content: bytes, access_key: str) -> Json:
        body = parse(StartBuildBody, content)
        overrides = Overrides(
            variables=tuple(one.variable() for one in body.environment_variables_override),
            source_version=body.source_version,
            source_kind=body.source_type_override,
            source_location=body.source_location_override,
            buildspec=body.buildspec_override,
            timeout_minutes=body.timeout_in_minutes_override,
            logs=body.logs_config_override.logs() if body.logs_config_override else None,
            token=body.idempotency_token,
            said=body.model_dump_json(),
        )
        build, made = self._state.start(body.project_name, overrides, str(uuid.uuid4()), access_key, self._clock())
        if made:
            self._begin(build)
        return {"build": answers.build(build)}

    def _stop_build(self, content: bytes, _: str) -> Json:
        build = self._state.stop(parse(IdBody, content).id, self._clock())
        self._end(build)
        return {"build": answers.build(build)}

    def _batch_get_builds(self, content: bytes, _: str) -> Json:
        found = {identity: self._state.find_build(identity) for identity in parse(IdsBody, content).ids}
        return {
            "builds": [answers.build(one) for one in found.values() if one is not None],
            "buildsNotFound": [identity for identity, one in found.items() if one is None],
        }

    def _list_builds_for_project(self, content: bytes, _: str) -> Json:
        body = parse(ListBuildsForProjectBody, content)
        builds = self._state.builds_of(body.project_name)
        if body.sort_order == "DESCENDING":
            builds.reverse()
        page, following = _page(builds, body.next_token)
        return {"ids": [one.id for one in page], **following}


def _page(items: Sequence[T], token: str) -> tuple[Sequence[T], dict[str, str]]:
    """One page of a listing, and `nextToken` where more are left."""
    start = 0
    if token:
        try:
            start = int(base64.b64decode(token, validate=True).decode("ascii"))
        except (binascii.Error, ValueError):
            raise invalid("Invalid nextToken") from None
    end = start + PAGE
    following = {"nextToken": base64.b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return items[start:end], following


def _answer(body: Json, status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/x-amz-json-1.1")
