"""The shapes of CodeBuild's answers. Source: Project, Build and BuildPhase in the AWS CodeBuild API reference."""

from typing import Any

from tidegate.localcloud.codebuild.build import Build, Logs, Phase, Project, Source, Variable

Json = dict[str, Any]


def project(found: Project) -> Json:
    """AWS API: Project."""
    answer: Json = {
        "name": found.name,
        "arn": found.arn,
        "source": _source(found.source),
        "artifacts": {"type": "NO_ARTIFACTS"},
        "cache": {"type": "NO_CACHE"},
        "environment": _environment(found),
        "serviceRole": found.role,
        "timeoutInMinutes": found.timeout_minutes,
        "queuedTimeoutInMinutes": found.queued_minutes,
        "tags": [{"key": key, "value": value} for key, value in found.tags.items()],
        "created": found.created,
        "lastModified": found.modified,
        "badge": {"badgeEnabled": False},
        "logsConfig": {"cloudWatchLogs": _logs_config(found.logs), "s3Logs": {"status": "DISABLED"}},
    }
    optional = {
        "description": found.description,
        "sourceVersion": found.source_version,
        "vpcConfig": dict(found.vpc),
        "concurrentBuildLimit": found.most_at_once,
    }
    return answer | {name: value for name, value in optional.items() if value}


def build(found: Build) -> Json:
    """AWS API: Build."""
    answer: Json = {
        "id": found.id,
        "arn": found.arn,
        "buildNumber": found.number,
        "startTime": found.started,
        "currentPhase": found.current.value,
        "buildStatus": found.status.value,
        "projectName": found.project.name,
        "phases": [_phase(phase) for phase in found.phases],
        "source": _source(found.project.source),
        "artifacts": {"location": ""},
        "cache": {"type": "NO_CACHE"},
        "environment": _environment(found.project),
        "serviceRole": found.project.role,
        "logs": _logs(found),
        "timeoutInMinutes": found.project.timeout_minutes,
        "queuedTimeoutInMinutes": found.project.queued_minutes,
        "buildComplete": found.complete,
        "initiator": found.initiator,
    }
    optional: Json = {
        "endTime": found.ended,
        "sourceVersion": found.project.source_version,
        "vpcConfig": dict(found.project.vpc),
    }
    return answer | {name: value for name, value in optional.items() if value}


def _phase(found: Phase) -> Json:
    answer: Json = {"phaseType": found.kind.value, "startTime": found.started}
    if found.status is None or found.ended is None:
        return answer
    return answer | {
        "phaseStatus": found.status.value,
        "endTime": found.ended,
        "durationInSeconds": int(max(0.0, found.ended - found.started)),
        "contexts": [{"statusCode": one.code, "message": one.message} for one in found.contexts],
    }


def _source(found: Source) -> Json:
    answer: Json = {"type": found.kind, "insecureSsl": False, "gitCloneDepth": 0}
    optional = {"location": found.location, "buildspec": found.buildspec}
    return answer | {name: value for name, value in optional.items() if value}


def _environment(found: Project) -> Json:
    return {**found.environment, "environmentVariables": [_variable(one) for one in found.variables]}


def _variable(found: Variable) -> Json:
    return {"name": found.name, "value": found.value, "type": found.kind.value}


def _logs_config(found: Logs) -> Json:
    given = {"groupName": found.group, "streamName": found.stream}
    return {"status": "ENABLED" if found.enabled else "DISABLED"} | {name: text for name, text in given.items() if text}


def _logs(found: Build) -> Json:
    config = {"cloudWatchLogs": _logs_config(found.project.logs), "s3Logs": {"status": "DISABLED"}}
    if not found.logs_written:
        return config
    group, stream = found.project.log_group, found.stream
    arn = found.arn.replace(":codebuild:", ":logs:").partition(":build/")[0]
    return {
        "groupName": group,
        "streamName": stream,
        "cloudWatchLogsArn": f"{arn}:log-group:{group}:log-stream:{stream}",
        **config,
    }
