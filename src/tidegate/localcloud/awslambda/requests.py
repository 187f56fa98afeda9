"""The bodies of Lambda's requests. A member that is not here is not emulated, and is refused rather than ignored."""

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from tidegate.localcloud.awslambda.errors import LambdaError, bad_content, not_emulated
from tidegate.localcloud.awslambda.function import UrlAuth

B = TypeVar("B", bound="Body")


class Body(BaseModel):
    """A request body with AWS's PascalCase members."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="forbid", frozen=True)


class CodeBody(Body):
    """Where the code is: an image."""

    image_uri: str | None = None


class EnvironmentBody(Body):
    """Environment variables."""

    variables: dict[str, str] = Field(default_factory=dict)


class ImageConfigBody(Body):
    """What overrides the image's own configuration."""

    command: list[str] | None = None
    entry_point: list[str] | None = None
    working_directory: str | None = None


class TracingBody(Body):
    """X-Ray: kept, and answered, without effect."""

    mode: Literal["Active", "PassThrough"] = "PassThrough"


class StorageBody(Body):
    """Ephemeral storage in MB: kept, and answered, without effect."""

    size: Annotated[int, Field(ge=512, le=10240)] = 512


class ConfigurationBody(Body):
    """What CreateFunction and UpdateFunctionConfiguration have in common."""

    role: str | None = None
    description: Annotated[str, Field(max_length=256)] | None = None
    timeout: Annotated[int, Field(ge=1, le=900)] | None = None
    memory_size: Annotated[int, Field(ge=128, le=10240)] | None = None
    environment: EnvironmentBody | None = None
    image_config: ImageConfigBody | None = None
    tracing_config: TracingBody | None = None
    ephemeral_storage: StorageBody | None = None


class CreateFunctionBody(ConfigurationBody):
    """AWS API: CreateFunction."""

    function_name: str
    code: CodeBody
    package_type: Literal["Image", "Zip"] = "Zip"
    architectures: tuple[Literal["x86_64", "arm64"], ...] = ("x86_64",)
    publish: bool = False
    tags: dict[str, str] = Field(default_factory=dict)


class UpdateConfigurationBody(ConfigurationBody):
    """AWS API: UpdateFunctionConfiguration."""

    revision_id: str | None = None


class UpdateCodeBody(Body):
    """AWS API: UpdateFunctionCode."""

    image_uri: str | None = None
    architectures: list[Literal["x86_64", "arm64"]] | None = None
    publish: bool = False
    dry_run: bool = False
    revision_id: str | None = None


class PublishBody(Body):
    """AWS API: PublishVersion."""

    code_sha256: Annotated[str | None, Field(alias="CodeSha256")] = None
    description: str = ""
    revision_id: str | None = None


class RoutingBody(Body):
    """AWS API: AliasRoutingConfiguration."""

    additional_version_weights: dict[str, float] | None = None


class CreateAliasBody(Body):
    """AWS API: CreateAlias."""

    name: str
    function_version: str
    description: str = ""
    routing_config: RoutingBody | None = None


class UpdateAliasBody(Body):
    """AWS API: UpdateAlias."""

    function_version: str | None = None
    description: str | None = None
    routing_config: RoutingBody | None = None
    revision_id: str | None = None


class PermissionBody(Body):
    """AWS API: AddPermission."""

    statement_id: str
    action: str
    principal: str
    source_arn: str | None = None
    source_account: str | None = None
    function_url_auth_type: UrlAuth | None = None
    invoked_via_function_url: bool = False
    revision_id: str | None = None


class CreateUrlBody(Body):
    """AWS API: CreateFunctionUrlConfig."""

    auth_type: UrlAuth
    invoke_mode: Literal["BUFFERED"] = "BUFFERED"


class UpdateUrlBody(Body):
    """AWS API: UpdateFunctionUrlConfig."""

    auth_type: UrlAuth | None = None
    invoke_mode: Literal["BUFFERED"] = "BUFFERED"


class ConcurrencyBody(Body):
    """AWS API: PutFunctionConcurrency."""

    reserved_concurrent_executions: Annotated[int, Field(ge=0)]


class TagsBody(Body):
    """AWS API: TagResource."""

    tags: dict[str, str]


class CreateMappingBody(Body):
    """AWS API: CreateEventSourceMapping."""

    event_source_arn: str
    function_name: str
    enabled: bool = True
    batch_size: int = 10
    maximum_batching_window_in_seconds: Annotated[int, Field(ge=0, le=300)] = 0
    function_response_types: list[Literal["ReportBatchItemFailures"]] = Field(default_factory=list)


class UpdateMappingBody(Body):
    """AWS API: UpdateEventSourceMapping."""

    function_name: str | None = None
    enabled: bool | None = None
    batch_size: int | None = None
    maximum_batching_window_in_seconds: Annotated[int, Field(ge=0, le=300)] | None = None
    function_response_types: list[Literal["ReportBatchItemFailures"]] | None = None


def parse(kind: type[B], content: bytes) -> B:
    """Read a request body.

    Raises:
        LambdaError: InvalidRequestContentException for what is no JSON, NotEmulated for a member that is not
            emulated, ValidationException for a value of the wrong type or out of range.
    """
    try:
        data: Any = json.loads(content or b"{}")
    except ValueError as failure:
        raise bad_content(str(failure)) from failure
    try:
        return kind.model_validate(data)
    except ValidationError as failure:
        raise _refusal(failure) from failure


def _refusal(failure: ValidationError) -> LambdaError:
    first = failure.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    if first["type"] == "extra_forbidden":
        return not_emulated(f"the parameter {where}")
    message = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {first['msg']}"
    return LambdaError("ValidationException", 400, message)
