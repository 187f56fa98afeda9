"""The shapes of Lambda's answers. Source: the members of each operation's output in the AWS Lambda API."""

import json
from datetime import UTC, datetime
from typing import Any

from tidegate.localcloud.awslambda.function import Alias, Function, FunctionUrl, State, Statement, UpdateStatus, Version
from tidegate.localcloud.awslambda.mappings import Mapping
from tidegate.localcloud.awslambda.names import LATEST, FunctionName, Namespace

Json = dict[str, Any]

_REASONS = {
    State.PENDING: ("The function is being created.", "Creating"),
    State.INACTIVE: ("The function is idle.", "Idle"),
}


def timestamp(seconds: float) -> str:
    """A moment as Lambda writes it, such as `2024-05-01T10:00:00.000+0000`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def configuration(names: Namespace, name: str, version: Version, *, qualified: bool = False) -> Json:
    """FunctionConfiguration. `qualified` puts the version into the ARN even where it is `$LATEST`."""
    settings = version.configuration
    in_arn = version.number if qualified or version.number != LATEST else None
    answer: Json = {
        "FunctionName": name,
        "FunctionArn": names.function_arn(name, in_arn),
        "Role": settings.role,
        "CodeSize": 0,
        "Description": settings.description,
        "Timeout": settings.timeout,
        "MemorySize": settings.memory_size,
        "LastModified": timestamp(version.modified),
        "CodeSha256": version.code.sha256,
        "Version": version.number,
        "TracingConfig": {"Mode": settings.tracing},
        "RevisionId": version.revision,
        "PackageType": "Image",
        "Architectures": list(settings.architectures),
        "EphemeralStorage": {"Size": settings.ephemeral_storage},
        "State": version.state.value,
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    if settings.environment:
        answer["Environment"] = {"Variables": dict(settings.environment)}
    image = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in (
            ("Command", settings.image.command),
            ("EntryPoint", settings.image.entry_point),
            ("WorkingDirectory", settings.image.working_directory),
        )
        if value is not None
    }
    if image:
        answer["ImageConfigResponse"] = {"ImageConfig": image}
    return answer | _progress(version)


def _progress(version: Version) -> Json:
    answer: Json = {}
    if version.state in _REASONS:
        answer["StateReason"], answer["StateReasonCode"] = _REASONS[version.state]
    if version.update_status is not None:
        answer["LastUpdateStatus"] = version.update_status.value
    if version.update_status is UpdateStatus.IN_PROGRESS:
        answer["LastUpdateStatusReason"] = "The function is being updated."
        answer["LastUpdateStatusReasonCode"] = "Updating"
    elif version.failure is not None:
        answer["LastUpdateStatusReason"] = version.failure.reason
        answer["LastUpdateStatusReasonCode"] = version.failure.code
    return answer


def function(names: Namespace, found: Function, version: Version, qualifier: str | None) -> Json:
    """The output of GetFunction."""
    answer: Json = {
        "Configuration": configuration(names, found.name, version, qualified=qualifier is not None),
        "Code": {
            "RepositoryType": "ECR",
            "ImageUri": version.code.image_uri,
            "ResolvedImageUri": version.code.resolved_uri,
        },
    }
    if found.tags:
        answer["Tags"] = dict(found.tags)
    if found.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": found.reserved}
    return answer


def alias(names: Namespace, name: str, found: Alias) -> Json:
    """AliasConfiguration."""
    answer: Json = {
        "AliasArn": names.function_arn(name, found.name),
        "Name": found.name,
        "FunctionVersion": found.version,
        "Description": found.description,
        "RevisionId": found.revision,
    }
    if found.weights:
        answer["RoutingConfig"] = {"AdditionalVersionWeights": dict(found.weights)}
    return answer


def statement(names: Namespace, name: FunctionName, found: Statement) -> Json:
    """One statement of a resource policy, as IAM writes it."""
    principal: Any = found.principal
    if found.principal.endswith(".amazonaws.com"):
        principal = {"Service": found.principal}
    elif found.principal != "*":
        principal = {"AWS": found.principal}
    answer: Json = {
        "Sid": found.sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": found.action,
        "Resource": names.function_arn(name.name, name.qualifier),
    }
    condition: Json = {}
    equals: Json = {}
    if found.source_account is not None:
        equals["AWS:SourceAccount"] = found.source_account
    if found.url_auth is not None:
        equals["lambda:FunctionUrlAuthType"] = found.url_auth.value
    if equals:
        condition["StringEquals"] = equals
    if found.by_url:
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    if found.source_arn is not None:
        condition["ArnLike"] = {"AWS:SourceArn": found.source_arn}
    return answer | ({"Condition": condition} if condition else {})


def policy(names: Namespace, name: FunctionName, statements: tuple[Statement, ...]) -> str:
    """A whole resource policy, as the JSON text that GetPolicy answers."""
    listed = [statement(names, name, one) for one in statements]
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": listed})


def function_url(names: Namespace, name: FunctionName, found: FunctionUrl) -> Json:
    """FunctionUrlConfig."""
    return {
        "FunctionUrl": found.address,
        "FunctionArn": names.function_arn(name.name, name.qualifier),
        "AuthType": found.auth.value,
        "CreationTime": _precise(found.created),
        "LastModifiedTime": _precise(found.modified),
        "InvokeMode": "BUFFERED",
    }


def _precise(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def mapping(names: Namespace, found: Mapping) -> Json:
    """EventSourceMappingConfiguration."""
    return {
        "UUID": found.uuid,
        "EventSourceMappingArn": names.mapping_arn(found.uuid),
        "EventSourceArn": found.queue_arn,
        "FunctionArn": names.function_arn(found.function.name, found.function.qualifier),
        "BatchSize": found.batch_size,
        "MaximumBatchingWindowInSeconds": found.window,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if found.report_failures else [],
        "LastModified": found.modified,
        "State": found.state.value,
        "StateTransitionReason": "USER_INITIATED",
    }
