"""The HTTP API of an environment: a stage an alias."""

from tidegate.cloud.aws.provision.ensure import together
from tidegate.cloud.aws.provision.function import ALIASES
from tidegate.cloud.aws.provision.permission import ensure_permission
from tidegate.cloud.aws.wire import Wire

ROUTES = ("ANY /{proxy+}", "$default")


async def ensure_api(wire: Wire, account: str, name: str, function: str) -> str:
    """An HTTP API whose stages `live` and `candidate` invoke the alias of that name; returns its endpoint URL."""
    where = f"HTTP API {name}"
    identity, endpoint = await wire.ask(where, lambda: _find(wire, name) or _create(wire, name))
    target = f"arn:aws:lambda:{wire.region}:{account}:function:{function}:${{stageVariables.alias}}"
    source = f"arn:aws:execute-api:{wire.region}:{account}:{identity}/*"
    await together(
        wire.ask(where, lambda: _route(wire, identity, target)),
        wire.ask(where, lambda: _stage(wire, identity)),
        *(ensure_permission(wire, function, alias, "apigateway.amazonaws.com", source) for alias in ALIASES),
    )
    return endpoint.rstrip("/")


def _find(wire: Wire, name: str) -> tuple[str, str] | None:
    for page in wire.clients.apis.get_paginator("get_apis").paginate():
        for api in page["Items"]:
            if api["Name"] == name:
                return api["ApiId"], api["ApiEndpoint"]
    return None


def _create(wire: Wire, name: str) -> tuple[str, str]:
    api = wire.clients.apis.create_api(Name=name, ProtocolType="HTTP")
    return api["ApiId"], api["ApiEndpoint"]


def _route(wire: Wire, identity: str, target: str) -> None:
    apis = wire.clients.apis
    integrations = [
        item["IntegrationId"]
        for item in apis.get_integrations(ApiId=identity)["Items"]
        if item.get("IntegrationUri") == target
    ]
    integration = (
        next(iter(integrations), None)
        or (
            apis.create_integration(
                ApiId=identity, IntegrationType="AWS_PROXY", IntegrationUri=target, PayloadFormatVersion="2.0"
            )["IntegrationId"]
        )
    )
    there = {route["RouteKey"] for route in apis.get_routes(ApiId=identity)["Items"]}
    for route in ROUTES:
        if route not in there:
            apis.create_route(ApiId=identity, RouteKey=route, Target=f"integrations/{integration}")


def _stage(wire: Wire, identity: str) -> None:
    apis = wire.clients.apis
    there = {stage["StageName"] for stage in apis.get_stages(ApiId=identity)["Items"]}
    for alias in ALIASES:
        if alias not in there:
            apis.create_stage(ApiId=identity, StageName=alias, AutoDeploy=True, StageVariables={"alias": alias})
