"""The shapes of API Gateway's answers. Source: the members of each operation's output in the AWS API."""

from datetime import UTC, datetime
from typing import Any

from tidegate.localcloud.apigateway.requests import API_KEY_SELECTION, REQUEST_SELECTION
from tidegate.localcloud.apigateway.resources import Api, Cors, Deployment, Integration, Route, Stage

Json = dict[str, Any]


def timestamp(seconds: float) -> str:
    """A moment as API Gateway writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def api(found: Api, endpoint: str) -> Json:
    """The output of GetApi."""
    settings = found.settings
    answer: Json = {
        "apiId": found.id,
        "apiEndpoint": endpoint,
        "apiKeySelectionExpression": API_KEY_SELECTION,
        "routeSelectionExpression": REQUEST_SELECTION,
        "createdDate": timestamp(found.created),
        "disableExecuteApiEndpoint": settings.endpoint_disabled,
        "ipAddressType": "ipv4",
        "name": settings.name,
        "protocolType": "HTTP",
        "tags": dict(found.tags),
    }
    if settings.description:
        answer["description"] = settings.description
    if settings.version:
        answer["version"] = settings.version
    if settings.cors is not None:
        answer["corsConfiguration"] = cors(settings.cors)
    return answer


def cors(found: Cors) -> Json:
    """Cors, without what is not set."""
    answer: Json = {"allowCredentials": found.allow_credentials}
    lists = {
        "allowHeaders": found.allow_headers,
        "allowMethods": found.allow_methods,
        "allowOrigins": found.allow_origins,
        "exposeHeaders": found.expose_headers,
    }
    answer |= {name: list(values) for name, values in lists.items() if values}
    if found.max_age is not None:
        answer["maxAge"] = found.max_age
    return answer


def integration(found: Integration) -> Json:
    """The output of GetIntegration."""
    answer: Json = {
        "connectionType": "INTERNET",
        "integrationId": found.id,
        "integrationMethod": "POST",
        "integrationType": "AWS_PROXY",
        "integrationUri": found.uri,
        "payloadFormatVersion": "2.0",
        "timeoutInMillis": found.timeout,
    }
    return answer | ({"description": found.description} if found.description else {})


def route(found: Route) -> Json:
    """The output of GetRoute."""
    answer: Json = {
        "apiKeyRequired": False,
        "authorizationType": "NONE",
        "routeId": found.id,
        "routeKey": found.key,
    }
    if found.integration_id is not None:
        answer["target"] = f"integrations/{found.integration_id}"
    return answer


def stage(found: Stage) -> Json:
    """The output of GetStage."""
    answer: Json = {
        "autoDeploy": found.auto_deploy,
        "createdDate": timestamp(found.created),
        "defaultRouteSettings": {"detailedMetricsEnabled": False},
        "lastUpdatedDate": timestamp(found.updated),
        "routeSettings": {},
        "stageName": found.name,
        "stageVariables": dict(found.variables),
        "tags": dict(found.tags),
    }
    if found.deployment_id is not None:
        answer["deploymentId"] = found.deployment_id
    if found.description:
        answer["description"] = found.description
    return answer


def deployment(found: Deployment) -> Json:
    """The output of GetDeployment."""
    answer: Json = {
        "autoDeployed": found.automatic,
        "createdDate": timestamp(found.created),
        "deploymentId": found.id,
        "deploymentStatus": "DEPLOYED",
    }
    return answer | ({"description": found.description} if found.description else {})
