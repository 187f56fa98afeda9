"""Operations on functions and versions: request in, state changed, answer out. Names are those of the AWS API."""

from types import MappingProxyType
from typing import Any

from tidegate.localcloud.awslambda import answers, errors
from tidegate.localcloud.awslambda.control import Answer, Call, Control, page
from tidegate.localcloud.awslambda.function import Code, Configuration, ImageConfig
from tidegate.localcloud.awslambda.names import parse_function
from tidegate.localcloud.awslambda.requests import (
    ConcurrencyBody,
    ConfigurationBody,
    CreateFunctionBody,
    PublishBody,
    TagsBody,
    UpdateCodeBody,
    UpdateConfigurationBody,
)

# AWS Lambda developer guide, "Defined runtime environment variables": those that are reserved.
RESERVED_VARIABLES = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
})  # fmt: skip
ENVIRONMENT_LIMIT_BYTES = 4096


class FunctionOperations:
    """Functions, their versions, tags and concurrency."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._state = control.state
        self._names = control.names

    def create(self, call: Call) -> Answer:
        """CreateFunction."""
        body = call.read(CreateFunctionBody)
        name = parse_function(body.function_name).name
        if body.package_type != "Image":
            raise errors.not_emulated("functions of package type Zip")
        if body.role is None:
            raise errors.invalid("The role is required.")
        code = self._code(body.code.image_uri)
        configuration = Configuration(
            **_changes(body),
            architectures=body.architectures,
        )
        self._check_handler(code, configuration)
        publish = self._control.stamp() if body.publish else None
        version = self._state.create(name, code, configuration, self._control.stamp(), tags=body.tags, publish=publish)
        self._control.prefetch(code.digest)
        return Answer(answers.configuration(self._names, name, version), 201)

    def get(self, call: Call) -> Answer:
        """GetFunction."""
        name = call.function()
        function = self._state.function(name.name, self._control.clock())
        chosen = self._state.resolve(name, self._control.clock())
        return Answer(answers.function(self._names, function, chosen.version, chosen.qualifier))

    def get_configuration(self, call: Call) -> Answer:
        """GetFunctionConfiguration."""
        name = call.function()
        chosen = self._state.resolve(name, self._control.clock())
        qualified = chosen.qualifier is not None
        return Answer(answers.configuration(self._names, name.name, chosen.version, qualified=qualified))

    def list_all(self, call: Call) -> Answer:
        """ListFunctions."""
        functions = self._state.functions(self._control.clock())
        listed = [answers.configuration(self._names, one.name, one.latest) for one in functions]
        if call.query.get("FunctionVersion") == "ALL":
            listed = [item for one in functions for item in self._versions(one.name)]
        return page(listed, "Functions", call.query)

    def list_versions(self, call: Call) -> Answer:
        """ListVersionsByFunction: `$LATEST` first, then by number."""
        return page(self._versions(call.unqualified()), "Versions", call.query)

    def update_code(self, call: Call) -> Answer:
        """UpdateFunctionCode."""
        name, body = call.unqualified(), call.read(UpdateCodeBody)
        self._state.function(name, self._control.clock())
        code = self._code(body.image_uri)
        version = self._state.update_code(
            name,
            code,
            self._control.stamp(),
            expected=body.revision_id,
            dry_run=body.dry_run,
            publish=self._control.stamp() if body.publish else None,
        )
        if not body.dry_run:
            self._control.prefetch(code.digest)
        return Answer(answers.configuration(self._names, name, version))

    def update_configuration(self, call: Call) -> Answer:
        """UpdateFunctionConfiguration."""
        name, body = call.unqualified(), call.read(UpdateConfigurationBody)
        version = self._state.update_configuration(name, _changes(body), body.revision_id, self._control.stamp())
        return Answer(answers.configuration(self._names, name, version))

    def publish(self, call: Call) -> Answer:
        """PublishVersion."""
        name, body = call.unqualified(), call.read(PublishBody)
        version = self._state.publish(
            name,
            self._control.stamp(),
            sha256=body.code_sha256,
            expected=body.revision_id,
            description=body.description,
        )
        return Answer(answers.configuration(self._names, name, version), 201)

    def delete(self, call: Call) -> Answer:
        """DeleteFunction."""
        self._state.delete(call.function(), self._control.clock())
        return Answer(None, 204)

    def put_concurrency(self, call: Call) -> Answer:
        """PutFunctionConcurrency."""
        reserved = call.read(ConcurrencyBody).reserved_concurrent_executions
        function = self._state.function(call.unqualified(), self._control.clock())
        function.reserved = reserved
        return Answer({"ReservedConcurrentExecutions": reserved})

    def get_concurrency(self, call: Call) -> Answer:
        """GetFunctionConcurrency."""
        reserved = self._state.function(call.unqualified(), self._control.clock()).reserved
        return Answer({} if reserved is None else {"ReservedConcurrentExecutions": reserved})

    def delete_concurrency(self, call: Call) -> Answer:
        """DeleteFunctionConcurrency."""
        self._state.function(call.unqualified(), self._control.clock()).reserved = None
        return Answer(None, 204)

    def tag(self, call: Call) -> Answer:
        """TagResource."""
        tags = call.read(TagsBody).tags
        self._state.function(call.unqualified(), self._control.clock()).tags.update(tags)
        return Answer(None, 204)

    def untag(self, call: Call) -> Answer:
        """UntagResource."""
        function = self._state.function(call.unqualified(), self._control.clock())
        for key in call.query.get("tagKeys", "").split(","):
            function.tags.pop(key, None)
        return Answer(None, 204)

    def list_tags(self, call: Call) -> Answer:
        """ListTags."""
        return Answer({"Tags": dict(self._state.function(call.unqualified(), self._control.clock()).tags)})

    def _versions(self, name: str) -> list[Any]:
        function = self._state.function(name, self._control.clock())
        versions = [function.latest, *(function.versions[n] for n in sorted(function.versions, key=int))]
        return [answers.configuration(self._names, name, version, qualified=True) for version in versions]

    def _code(self, uri: str | None) -> Code:
        if uri is None:
            raise errors.not_emulated("code other than ImageUri")
        digest = self._control.image(uri).digest
        return Code(uri, f"{_repository(uri)}@{digest}", digest)

    def _check_handler(self, code: Code, configuration: Configuration) -> None:
        image = self._control.image(code.image_uri)
        if not (configuration.image.command or image.config.cmd):
            raise errors.invalid("The image has no CMD, and ImageConfig.Command is not set: there is no handler.")


def _repository(uri: str) -> str:
    path, at, _ = uri.partition("@")
    host, slash, rest = path.partition("/")
    return path if at and ":" not in rest else f"{host}{slash}{rest.partition(':')[0]}"


def _changes(body: ConfigurationBody) -> dict[str, Any]:
    """The fields of Configuration that a request sets."""
    changes: dict[str, Any] = {
        key: getattr(body, key)
        for key in ("role", "description", "timeout", "memory_size")
        if getattr(body, key) is not None
    }
    if body.environment is not None:
        changes["environment"] = _checked(body.environment.variables)
    if body.image_config is not None:
        given = body.image_config
        changes["image"] = ImageConfig(_sequence(given.command), _sequence(given.entry_point), given.working_directory)
    if body.tracing_config is not None:
        changes["tracing"] = body.tracing_config.mode
    if body.ephemeral_storage is not None:
        changes["ephemeral_storage"] = body.ephemeral_storage.size
    return changes


def _sequence(given: list[str] | None) -> tuple[str, ...] | None:
    return tuple(given) if given else None


def _checked(variables: dict[str, str]) -> MappingProxyType[str, str]:
    reserved = sorted(RESERVED_VARIABLES & set(variables))
    refusal = "Lambda was unable to configure your environment variables because the environment variables you have"
    if reserved:
        raise errors.invalid(
            f"{refusal} provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables.items())
    if size > ENVIRONMENT_LIMIT_BYTES:
        raise errors.invalid(f"{refusal} provided exceeded the 4KB limit. Size measured: {size} bytes")
    return MappingProxyType(dict(variables))
