"""The bodies of API Gateway's requests. A member that is not here is not emulated, and is refused, not ignored."""

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tidegate.localcloud.apigateway.errors import GatewayError, bad_request, not_emulated

B = TypeVar("B", bound="Body")

REQUEST_SELECTION = "$request.method $request.path"
API_KEY_SELECTION = "$request.header.x-api-key"


class Body(BaseModel):
    """A request body with AWS's camelCase members."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class CorsBody(Body):
    """AWS API: Cors."""

    allow_credentials: bool = False
    allow_headers: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: Annotated[int, Field(ge=-1, le=86400)] | None = None


class ApiBody(Body):
    """What CreateApi and UpdateApi have in common."""

    description: str | None = None
    version: str | None = None
    cors_configuration: CorsBody | None = None
    disable_execute_api_endpoint: bool | None = None
    route_selection_expression: Literal["$request.method $request.path"] | None = None
    api_key_selection_expression: Literal["$request.header.x-api-key"] | None = None
    route_key: str | None = None
    target: str | None = None


class CreateApiBody(ApiBody):
    """AWS API: CreateApi."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    protocol_type: Literal["HTTP", "WEBSOCKET"]
    ip_address_type: Literal["ipv4", "dualstack"] = "ipv4"
    tags: dict[str, str] = Field(default_factory=dict)


class UpdateApiBody(ApiBody):
    """AWS API: UpdateApi."""

    name: Annotated[str, Field(min_length=1, max_length=128)] | None = None


class IntegrationBody(Body):
    """AWS API: CreateIntegration and UpdateIntegration."""

    integration_type: Literal["AWS_PROXY", "HTTP_PROXY", "AWS", "HTTP", "MOCK"] | None = None
    integration_uri: str | None = None
    integration_method: str | None = None
    payload_format_version: str | None = None
    connection_type: Literal["INTERNET"] | None = None
    passthrough_behavior: Literal["WHEN_NO_MATCH"] | None = None
    description: str | None = None
    timeout_in_millis: Annotated[int, Field(ge=50, le=30000)] | None = None


class RouteBody(Body):
    """AWS API: CreateRoute and UpdateRoute."""

    route_key: str | None = None
    target: str | None = None
    authorization_type: Literal["NONE"] | None = None
    api_key_required: Literal[False] | None = None
    operation_name: str | None = None


class RouteSettingsBody(Body):
    """AWS API: RouteSettings, without throttling: metrics are always kept by stage."""

    detailed_metrics_enabled: Literal[False] | None = None


class StageBody(Body):
    """AWS API: CreateStage and UpdateStage."""

    stage_name: str | None = None
    auto_deploy: bool | None = None
    deployment_id: str | None = None
    description: str | None = None
    stage_variables: dict[str, str] | None = None
    default_route_settings: RouteSettingsBody | None = None
    tags: dict[str, str] | None = None


class DeploymentBody(Body):
    """AWS API: CreateDeployment."""

    stage_name: str | None = None
    description: str = ""


class TagsBody(Body):
    """AWS API: TagResource."""

    tags: dict[str, str]


def parse(kind: type[B], content: bytes) -> B:
    """Read a request body.

    Raises:
        GatewayError: BadRequestException, or NotEmulated for a member that is not emulated.
    """
    try:
        data: Any = json.loads(content or b"{}")
    except ValueError as failure:
        raise bad_request(f"Unable to parse the request: {failure}") from failure
    try:
        return kind.model_validate(data)
    except ValidationError as failure:
        raise _refusal(failure) from failure


def _refusal(failure: ValidationError) -> GatewayError:
    first = failure.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    if first["type"] == "extra_forbidden":
        return not_emulated(f"the parameter {where}")
    return bad_request(f"Invalid value for {where}: {first['msg']}")
