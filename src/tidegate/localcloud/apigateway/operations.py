"""Operations on APIs, stages, routes, integrations and deployments: request in, state changed, answer out."""

import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tidegate.localcloud.apigateway import answers, errors
from tidegate.localcloud.apigateway.requests import (
    ApiBody,
    B,
    CorsBody,
    CreateApiBody,
    DeploymentBody,
    IntegrationBody,
    RouteBody,
    StageBody,
    TagsBody,
    UpdateApiBody,
    parse,
)
from tidegate.localcloud.apigateway.resources import DEFAULT_ROUTE, Api, ApiSettings, Cors, Integration, Stage, Stamp
from tidegate.localcloud.apigateway.state import GatewayState
from tidegate.localcloud.apigateway.targets import is_function_uri

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the path's parameters, the query, the body."""

    path: tuple[str, ...]
    query: dict[str, list[str]]
    body: bytes

    def read(self, kind: type[B]) -> B:
        """The body as a typed request."""
        return parse(kind, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON response; no content is an empty one."""

    content: Any
    status: int = 200


class GatewayOperations:
    """The control plane's operations.

    Args:
        listen: Opens a listener for an API, given its id; returns the URL.
    """

    def __init__(self, state: GatewayState, listen: Callable[[str], Awaitable[str]]) -> None:
        self._state = state
        self._listen = listen
        self._endpoints: dict[str, str] = {}

    async def create_api(self, call: Call) -> Answer:
        """CreateApi."""
        body = call.read(CreateApiBody)
        if body.protocol_type != "HTTP":
            raise errors.not_emulated("WebSocket APIs")
        if body.target is not None and not is_function_uri(body.target):
            raise errors.not_emulated("targets other than functions")
        settings = ApiSettings(**{"name": body.name, **_api_changes(body)})
        stamp = _stamp()
        api = self._state.create_api(settings, body.tags, stamp)
        self._endpoints[api.id] = await self._listen(api.id)
        if body.target is not None:
            self._state.quick_create(api, body.route_key or DEFAULT_ROUTE, body.target, stamp)
        return Answer(self._api(api), 201)

    async def get_api(self, call: Call) -> Answer:
        """GetApi."""
        return Answer(self._api(self._state.api(call.path[0])))

    async def list_apis(self, call: Call) -> Answer:
        """GetApis."""
        return _page([self._api(api) for api in self._state.apis()], call)

    async def update_api(self, call: Call) -> Answer:
        """UpdateApi."""
        body = call.read(UpdateApiBody)
        if body.target is not None or body.route_key is not None:
            raise errors.not_emulated("UpdateApi with Target or RouteKey")
        changes = _api_changes(body) | ({} if body.name is None else {"name": body.name})
        return Answer(self._api(self._state.update_api(call.path[0], changes)))

    async def delete_api(self, call: Call) -> Answer:
        """DeleteApi. Its listener answers 404 from now on."""
        self._state.delete_api(call.path[0])
        return Answer(None, 204)

    async def delete_cors(self, call: Call) -> Answer:
        """DeleteCorsConfiguration."""
        self._state.update_api(call.path[0], {"cors": None})
        return Answer(None, 204)

    async def list_mappings(self, call: Call) -> Answer:
        """GetApiMappings. There are no domain names: CreateDomainName is not emulated."""
        raise errors.not_found("domain name", call.path[0])

    async def create_integration(self, call: Call) -> Answer:
        """CreateIntegration."""
        body = call.read(IntegrationBody)
        _check_integration(body)
        if body.integration_type is None or body.integration_uri is None:
            raise errors.bad_request("IntegrationType and IntegrationUri are required parameters")
        if body.payload_format_version is None:
            raise errors.bad_request("PayloadFormatVersion is a required parameter for integration")
        stamp = _stamp()
        integration = Integration(next(stamp.ids), **_integration_changes(body))
        return Answer(answers.integration(self._state.create_integration(call.path[0], integration, stamp)), 201)

    async def get_integration(self, call: Call) -> Answer:
        """GetIntegration."""
        return Answer(answers.integration(self._state.integration(*call.path)))

    async def list_integrations(self, call: Call) -> Answer:
        """GetIntegrations."""
        api = self._state.api(call.path[0])
        return _page([answers.integration(one) for one in api.integrations.values()], call)

    async def update_integration(self, call: Call) -> Answer:
        """UpdateIntegration."""
        body = call.read(IntegrationBody)
        _check_integration(body)
        api_id, integration_id = call.path
        changes = _integration_changes(body)
        return Answer(answers.integration(self._state.update_integration(api_id, integration_id, changes, _stamp())))

    async def delete_integration(self, call: Call) -> Answer:
        """DeleteIntegration."""
        self._state.delete_integration(call.path[0], call.path[1], _stamp())
        return Answer(None, 204)

    async def create_route(self, call: Call) -> Answer:
        """CreateRoute."""
        body = call.read(RouteBody)
        if body.route_key is None:
            raise errors.bad_request("RouteKey is a required parameter")
        return Answer(answers.route(self._state.create_route(call.path[0], body.route_key, body.target, _stamp())), 201)

    async def get_route(self, call: Call) -> Answer:
        """GetRoute."""
        return Answer(answers.route(self._state.route(*call.path)))

    async def list_routes(self, call: Call) -> Answer:
        """GetRoutes."""
        return _page([answers.route(one) for one in self._state.api(call.path[0]).routes.values()], call)

    async def update_route(self, call: Call) -> Answer:
        """UpdateRoute."""
        body = call.read(RouteBody)
        api_id, route_id = call.path
        return Answer(answers.route(self._state.update_route(api_id, route_id, body.route_key, body.target, _stamp())))

    async def delete_route(self, call: Call) -> Answer:
        """DeleteRoute."""
        self._state.delete_route(call.path[0], call.path[1], _stamp())
        return Answer(None, 204)

    async def create_stage(self, call: Call) -> Answer:
        """CreateStage."""
        body, stamp = call.read(StageBody), _stamp()
        if body.stage_name is None:
            raise errors.bad_request("StageName is a required parameter")
        stage = Stage(body.stage_name, stamp.now, stamp.now, **_stage_changes(body))
        return Answer(answers.stage(self._state.create_stage(call.path[0], stage, stamp)), 201)

    async def get_stage(self, call: Call) -> Answer:
        """GetStage."""
        return Answer(answers.stage(self._state.stage(*call.path)))

    async def list_stages(self, call: Call) -> Answer:
        """GetStages."""
        return _page([answers.stage(one) for one in self._state.api(call.path[0]).stages.values()], call)

    async def update_stage(self, call: Call) -> Answer:
        """UpdateStage."""
        api_id, name = call.path
        changes = _stage_changes(call.read(StageBody))
        return Answer(answers.stage(self._state.update_stage(api_id, name, changes, _stamp())))

    async def delete_stage(self, call: Call) -> Answer:
        """DeleteStage."""
        self._state.delete_stage(*call.path)
        return Answer(None, 204)

    async def create_deployment(self, call: Call) -> Answer:
        """CreateDeployment."""
        body = call.read(DeploymentBody)
        made = self._state.create_deployment(call.path[0], body.stage_name, body.description, _stamp())
        return Answer(answers.deployment(made), 201)

    async def get_deployment(self, call: Call) -> Answer:
        """GetDeployment."""
        return Answer(answers.deployment(self._state.deployment(*call.path)))

    async def list_deployments(self, call: Call) -> Answer:
        """GetDeployments."""
        return _page([answers.deployment(one) for one in self._state.api(call.path[0]).deployments.values()], call)

    async def tag(self, call: Call) -> Answer:
        """TagResource, of APIs."""
        self._tagged(call).tags.update(call.read(TagsBody).tags)
        return Answer({}, 201)

    async def untag(self, call: Call) -> Answer:
        """UntagResource, of APIs."""
        for key in call.query.get("tagKeys", []):
            self._tagged(call).tags.pop(key, None)
        return Answer(None, 204)

    async def list_tags(self, call: Call) -> Answer:
        """GetTags, of APIs."""
        return Answer({"tags": dict(self._tagged(call).tags)})

    def _tagged(self, call: Call) -> Api:
        _, _, path = call.path[0].partition("/apis/")
        if not path or "/" in path:
            raise errors.not_emulated(f"tags of {call.path[0]}")
        return self._state.api(path)

    def _api(self, api: Api) -> dict[str, Any]:
        return answers.api(api, self._endpoints.get(api.id, ""))


def _stamp() -> Stamp:
    return Stamp(time.time(), _identifiers())


def _identifiers() -> Iterator[str]:
    while True:
        yield "".join(secrets.choice(_ALPHABET) for _ in range(10))


def _page(items: list[dict[str, Any]], call: Call) -> Answer:
    start = int((call.query.get("nextToken") or ["0"])[0])
    size = int((call.query.get("maxResults") or ["100"])[0])
    following = {"nextToken": str(start + size)} if start + size < len(items) else {}
    return Answer({"items": items[start : start + size], **following})


def _api_changes(body: ApiBody) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "description": body.description,
        "version": body.version,
        "cors": None if body.cors_configuration is None else _cors(body.cors_configuration),
        "endpoint_disabled": body.disable_execute_api_endpoint,
    }
    return {name: value for name, value in changes.items() if value is not None}


def _cors(body: CorsBody) -> Cors:
    if body.allow_credentials and "*" in body.allow_origins:
        raise errors.bad_request("Allow credentials is not supported when allow origin is *")
    return Cors(**body.model_dump())


def _check_integration(body: IntegrationBody) -> None:
    if body.integration_type not in (None, "AWS_PROXY"):
        raise errors.not_emulated(f"integrations of type {body.integration_type}")
    if body.payload_format_version not in (None, "2.0"):
        raise errors.not_emulated(f"payload format version {body.payload_format_version}")
    if body.integration_uri is not None and not is_function_uri(body.integration_uri):
        raise errors.bad_request(f"Invalid function ARN or invalid uri: {body.integration_uri}")


def _integration_changes(body: IntegrationBody) -> dict[str, Any]:
    changes = {"uri": body.integration_uri, "description": body.description, "timeout": body.timeout_in_millis}
    return {name: value for name, value in changes.items() if value is not None}


def _stage_changes(body: StageBody) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "auto_deploy": body.auto_deploy,
        "deployment_id": body.deployment_id,
        "description": body.description,
        "variables": None if body.stage_variables is None else MappingProxyType(dict(body.stage_variables)),
        "tags": None if body.tags is None else MappingProxyType(dict(body.tags)),
    }
    return {name: value for name, value in changes.items() if value is not None}
