"""The state machine of HTTP APIs: no I/O, no clock, no chance. Source: Amazon API Gateway Version 2 API reference."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tidegate.localcloud.apigateway import errors
from tidegate.localcloud.apigateway.resources import (
    DEFAULT_ROUTE,
    DEFAULT_STAGE,
    Api,
    ApiSettings,
    Deployment,
    Integration,
    Route,
    Stage,
    Stamp,
)

_ROUTE_KEY = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*")
_STAGE_NAME = re.compile(r"\$default|[a-zA-Z0-9_-]{1,128}")


class GatewayState:
    """Every HTTP API of one account and region. Methods raise GatewayError and leave the state as it was."""

    def __init__(self) -> None:
        self._apis: dict[str, Api] = {}

    def create_api(self, settings: ApiSettings, tags: Mapping[str, str], stamp: Stamp) -> Api:
        """AWS API: CreateApi."""
        api = Api(next(stamp.ids), stamp.now, settings, dict(tags))
        self._apis[api.id] = api
        return api

    def quick_create(self, api: Api, route_key: str, uri: str, stamp: Stamp) -> None:
        """What CreateApi does with a Target: an integration, a route to it, and a stage that deploys by itself."""
        integration = self.create_integration(api.id, Integration(next(stamp.ids), uri), stamp)
        self.create_route(api.id, route_key, f"integrations/{integration.id}", stamp)
        self.create_stage(api.id, Stage(DEFAULT_STAGE, stamp.now, stamp.now, auto_deploy=True), stamp)

    def api(self, api_id: str) -> Api:
        """AWS API: GetApi."""
        found = self._apis.get(api_id)
        if found is None:
            raise errors.not_found("API", f"{api_id}")
        return found

    def apis(self) -> list[Api]:
        """AWS API: GetApis."""
        return list(self._apis.values())

    def update_api(self, api_id: str, changes: Mapping[str, Any]) -> Api:
        """AWS API: UpdateApi. `changes` are fields of ApiSettings."""
        api = self.api(api_id)
        api.settings = replace(api.settings, **changes)
        return api

    def delete_api(self, api_id: str) -> None:
        """AWS API: DeleteApi."""
        self.api(api_id)
        del self._apis[api_id]

    def create_integration(self, api_id: str, integration: Integration, stamp: Stamp) -> Integration:
        """AWS API: CreateIntegration."""
        api = self.api(api_id)
        api.integrations[integration.id] = integration
        self._deploy_automatically(api, stamp)
        return integration

    def integration(self, api_id: str, integration_id: str) -> Integration:
        """AWS API: GetIntegration."""
        found = self.api(api_id).integrations.get(integration_id)
        if found is None:
            raise errors.not_found("Integration", integration_id)
        return found

    def update_integration(
        self, api_id: str, integration_id: str, changes: Mapping[str, Any], stamp: Stamp
    ) -> Integration:
        """AWS API: UpdateIntegration. `changes` are fields of Integration."""
        changed = replace(self.integration(api_id, integration_id), **changes)
        return self.create_integration(api_id, changed, stamp)

    def delete_integration(self, api_id: str, integration_id: str, stamp: Stamp) -> None:
        """AWS API: DeleteIntegration; refused while a route leads to it."""
        self.integration(api_id, integration_id)
        api = self.api(api_id)
        users = [route.key for route in api.routes.values() if route.integration_id == integration_id]
        if users:
            raise errors.conflict(f"Cannot delete Integration {integration_id}. It is used by the routes {users}.")
        del api.integrations[integration_id]
        self._deploy_automatically(api, stamp)

    def create_route(self, api_id: str, key: str, target: str | None, stamp: Stamp) -> Route:
        """AWS API: CreateRoute. `target` is `integrations/<id>`."""
        api = self.api(api_id)
        route = Route(next(stamp.ids), key, self._target(api, target))
        return self._put_route(api, route, stamp)

    def route(self, api_id: str, route_id: str) -> Route:
        """AWS API: GetRoute."""
        found = self.api(api_id).routes.get(route_id)
        if found is None:
            raise errors.not_found("Route", route_id)
        return found

    def update_route(self, api_id: str, route_id: str, key: str | None, target: str | None, stamp: Stamp) -> Route:
        """AWS API: UpdateRoute; None leaves a field as it is."""
        route, api = self.route(api_id, route_id), self.api(api_id)
        changed = replace(
            route,
            key=route.key if key is None else key,
            integration_id=route.integration_id if target is None else self._target(api, target),
        )
        return self._put_route(api, changed, stamp)

    def delete_route(self, api_id: str, route_id: str, stamp: Stamp) -> None:
        """AWS API: DeleteRoute."""
        self.route(api_id, route_id)
        api = self.api(api_id)
        del api.routes[route_id]
        self._deploy_automatically(api, stamp)

    def create_stage(self, api_id: str, stage: Stage, stamp: Stamp) -> Stage:
        """AWS API: CreateStage."""
        api = self.api(api_id)
        if _STAGE_NAME.fullmatch(stage.name) is None:
            raise errors.bad_request(
                "Stage name only allows alphanumeric characters, hyphens and underscores, or is $default"
            )
        if stage.name in api.stages:
            raise errors.conflict("Stage already exists")
        return self._put_stage(api, stage, stamp)

    def stage(self, api_id: str, name: str) -> Stage:
        """AWS API: GetStage."""
        found = self.api(api_id).stages.get(name)
        if found is None:
            raise errors.not_found("Stage", name)
        return found

    def update_stage(self, api_id: str, name: str, changes: Mapping[str, Any], stamp: Stamp) -> Stage:
        """AWS API: UpdateStage. `changes` are fields of Stage."""
        changed = replace(self.stage(api_id, name), **changes, updated=stamp.now)
        return self._put_stage(self.api(api_id), changed, stamp)

    def delete_stage(self, api_id: str, name: str) -> None:
        """AWS API: DeleteStage."""
        self.stage(api_id, name)
        del self.api(api_id).stages[name]

    def create_deployment(self, api_id: str, stage_name: str | None, description: str, stamp: Stamp) -> Deployment:
        """AWS API: CreateDeployment, onto a stage when one is named."""
        api = self.api(api_id)
        stage = None if stage_name is None else self.stage(api_id, stage_name)
        if not api.routes:
            raise errors.bad_request("At least one route is required before deploying the Api.")
        deployment = _snapshot(api, stamp, automatic=False, description=description)
        if stage is not None:
            api.stages[stage.name] = replace(stage, deployment_id=deployment.id, updated=stamp.now)
        return deployment

    def deployment(self, api_id: str, deployment_id: str) -> Deployment:
        """AWS API: GetDeployment."""
        found = self.api(api_id).deployments.get(deployment_id)
        if found is None:
            raise errors.not_found("Deployment", deployment_id)
        return found

    def _put_stage(self, api: Api, stage: Stage, stamp: Stamp) -> Stage:
        if stage.deployment_id is not None and stage.deployment_id not in api.deployments:
            raise errors.bad_request("Deployment ID does not exist")
        api.stages[stage.name] = stage
        if stage.auto_deploy:
            self._deploy_automatically(api, stamp)
        return api.stages[stage.name]

    def _put_route(self, api: Api, route: Route, stamp: Stamp) -> Route:
        if route.key != DEFAULT_ROUTE and _ROUTE_KEY.fullmatch(route.key) is None:
            raise errors.bad_request(
                "The provided route key is not formatted properly for HTTP protocol. "
                'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
            )
        if any(known.key == route.key and known.id != route.id for known in api.routes.values()):
            raise errors.conflict(f"Route with key {route.key} already exists for this API")
        api.routes[route.id] = route
        self._deploy_automatically(api, stamp)
        return route

    @staticmethod
    def _target(api: Api, target: str | None) -> str | None:
        if target is None:
            return None
        prefix, _, integration_id = target.partition("/")
        if prefix != "integrations" or integration_id not in api.integrations:
            raise errors.bad_request(f"Invalid target {target}: no such integration of this API")
        return integration_id

    @staticmethod
    def _deploy_automatically(api: Api, stamp: Stamp) -> None:
        automatic = [stage for stage in api.stages.values() if stage.auto_deploy]
        if not automatic:
            return
        deployment = _snapshot(api, stamp, automatic=True)
        for stage in automatic:
            api.stages[stage.name] = replace(stage, deployment_id=deployment.id, updated=stamp.now)
        used = {stage.deployment_id for stage in api.stages.values()}
        for old in [one for one in api.deployments.values() if one.automatic and one.id not in used]:
            del api.deployments[old.id]


def _snapshot(api: Api, stamp: Stamp, *, automatic: bool, description: str = "") -> Deployment:
    deployment = Deployment(
        next(stamp.ids),
        stamp.now,
        automatic,
        description,
        tuple(api.routes.values()),
        MappingProxyType(dict(api.integrations)),
    )
    api.deployments[deployment.id] = deployment
    return deployment
