"""The bodies of CodeBuild's requests. A member that is not here is not emulated, and is refused rather than ignored."""

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tidegate.localcloud.codebuild.build import Kind, Logs, Source, Variable
from tidegate.localcloud.codebuild.errors import CodeBuildError, invalid, not_emulated

B = TypeVar("B", bound="Body")
Ids = Annotated[list[str], Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(min_length=2, max_length=150, pattern=r"^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$")]
# AWS API: BuildTimeOut and TimeOut, in minutes.
BuildTimeout = Annotated[int, Field(ge=5, le=2160)]
QueuedTimeout = Annotated[int, Field(ge=5, le=480)]


class Body(BaseModel):
    """A request body with AWS's camelCase members."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class VariableBody(Body):
    """AWS API: EnvironmentVariable."""

    name: Annotated[str, Field(min_length=1)]
    value: str
    type: Kind = Kind.PLAINTEXT

    def variable(self) -> Variable:
        """As a value."""
        return Variable(self.name, self.value, self.type)


class SourceBody(Body):
    """AWS API: ProjectSource, of the kinds that can be had without a network."""

    type: Literal["S3", "NO_SOURCE"]
    location: str = ""
    buildspec: str = ""
    insecure_ssl: Literal[False] = False
    git_clone_depth: Literal[0] = 0

    def source(self) -> Source:
        """As a value."""
        return Source(self.type, self.location, self.buildspec)


class ArtifactsBody(Body):
    """AWS API: ProjectArtifacts: nothing is uploaded."""

    type: Literal["NO_ARTIFACTS"]


class EnvironmentBody(Body):
    """AWS API: ProjectEnvironment: the image and the size are kept, and answered, without effect."""

    type: Literal["LINUX_CONTAINER", "ARM_CONTAINER"]
    image: Annotated[str, Field(min_length=1)]
    compute_type: str
    environment_variables: list[VariableBody] = Field(default_factory=list)
    privileged_mode: bool = False
    image_pull_credentials_type: Literal["CODEBUILD", "SERVICE_ROLE"] = "CODEBUILD"


class CloudWatchBody(Body):
    """AWS API: CloudWatchLogsConfig."""

    status: Literal["ENABLED", "DISABLED"]
    group_name: str = ""
    stream_name: str = ""


class S3LogsBody(Body):
    """AWS API: S3LogsConfig: logs go to CloudWatch alone."""

    status: Literal["DISABLED"]


class LogsBody(Body):
    """AWS API: LogsConfig."""

    cloud_watch_logs: CloudWatchBody | None = None
    s3_logs: S3LogsBody | None = None

    def logs(self) -> Logs:
        """As a value."""
        cloud = self.cloud_watch_logs
        return Logs() if cloud is None else Logs(cloud.status == "ENABLED", cloud.group_name, cloud.stream_name)


class VpcBody(Body):
    """AWS API: VpcConfig: kept, and answered; builds reach this machine's loopback."""

    vpc_id: str = ""
    subnets: list[str] = Field(default_factory=list)
    security_group_ids: list[str] = Field(default_factory=list)


class TagBody(Body):
    """AWS API: Tag."""

    key: str
    value: str = ""


class CreateProjectBody(Body):
    """AWS API: CreateProject."""

    name: Name
    description: Annotated[str, Field(max_length=255)] = ""
    source: SourceBody
    source_version: str = ""
    artifacts: ArtifactsBody
    environment: EnvironmentBody
    service_role: Annotated[str, Field(min_length=1)]
    timeout_in_minutes: BuildTimeout = 60
    queued_timeout_in_minutes: QueuedTimeout = 480
    tags: list[TagBody] = Field(default_factory=list)
    vpc_config: VpcBody | None = None
    logs_config: LogsBody | None = None
    concurrent_build_limit: Annotated[int, Field(ge=1)] | None = None


class StartBuildBody(Body):
    """AWS API: StartBuild."""

    project_name: Annotated[str, Field(min_length=1)]
    source_version: str | None = None
    environment_variables_override: list[VariableBody] = Field(default_factory=list)
    source_type_override: Literal["S3", "NO_SOURCE"] | None = None
    source_location_override: str | None = None
    buildspec_override: str | None = None
    timeout_in_minutes_override: BuildTimeout | None = None
    logs_config_override: LogsBody | None = None
    idempotency_token: str = ""


class NameBody(Body):
    """AWS API: DeleteProject."""

    name: Annotated[str, Field(min_length=1)]


class NamesBody(Body):
    """AWS API: BatchGetProjects."""

    names: Ids


class IdBody(Body):
    """AWS API: StopBuild."""

    id: Annotated[str, Field(min_length=1)]


class IdsBody(Body):
    """AWS API: BatchGetBuilds."""

    ids: Ids


class ListProjectsBody(Body):
    """AWS API: ListProjects."""

    sort_by: Literal["NAME", "CREATED_TIME", "LAST_MODIFIED_TIME"] = "NAME"
    sort_order: Literal["ASCENDING", "DESCENDING"] = "ASCENDING"
    next_token: str = ""


class ListBuildsForProjectBody(Body):
    """AWS API: ListBuildsForProject."""

    project_name: Annotated[str, Field(min_length=1)]
    sort_order: Literal["ASCENDING", "DESCENDING"] = "DESCENDING"
    next_token: str = ""


def parse(kind: type[B], content: bytes) -> B:
    """Read a request body.

    Raises:
        CodeBuildError: SerializationException for what is no JSON object, NotEmulated for a member that is not
            emulated, InvalidInputException for a value of the wrong type or out of range.
    """
    try:
        data: Any = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise CodeBuildError("SerializationException", "the request is not a JSON object")
    try:
        return kind.model_validate(data)
    except ValidationError as failure:
        raise _refusal(failure) from failure


def _refusal(failure: ValidationError) -> CodeBuildError:
    first = failure.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    if first["type"] in {"extra_forbidden", "literal_error"}:
        return not_emulated(f"{where}: {first['msg']}")
    return invalid(f"Value at '{where}' failed to satisfy constraint: {first['msg']}")
