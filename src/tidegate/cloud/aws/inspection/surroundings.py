"""What is around functions: the account, log groups, alarms, repositories, secrets."""

from datetime import datetime

from tidegate.cloud.aws.wire import Wire
from tidegate.errors import NotFound
from tidegate.model.facts import Identity, ImageFacts, LogGroupFacts, RepositoryFacts


async def identity(wire: Wire) -> Identity:
    """Whose credentials are used."""

    def call() -> Identity:
        caller = wire.clients.identity.get_caller_identity()
        return Identity(caller["Account"], caller["Arn"])

    return await wire.ask("the account", call)


async def log_group(wire: Wire, name: str) -> LogGroupFacts | None:
    """A log group. AWS API: DescribeLogGroups lists by prefix, in the order of names, so the exact one comes first."""

    def call() -> LogGroupFacts | None:
        for group in wire.clients.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            if group["logGroupName"] == name:
                return LogGroupFacts(group.get("retentionInDays"))
        return None

    return await wire.ask(f"log group {name}", call)


async def alarmed(wire: Wire) -> frozenset[str]:
    """Names of the functions whose errors have an alarm, metric math aside."""

    def call() -> frozenset[str]:
        pages = wire.clients.metrics.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
        return frozenset(
            dimension["Value"]
            for page in pages
            for alarm in page["MetricAlarms"]
            if (alarm.get("Namespace"), alarm.get("MetricName")) == ("AWS/Lambda", "Errors")
            for dimension in alarm.get("Dimensions", ())
            if dimension["Name"] == "FunctionName"
        )

    return await wire.ask("the alarms", call)


async def repository(wire: Wire, name: str) -> RepositoryFacts | None:
    """A repository with its lifecycle policy and its images."""

    def call() -> RepositoryFacts:
        ecr = wire.clients.images
        described = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
        pages = ecr.get_paginator("describe_images").paginate(repositoryName=name)
        images = tuple(
            ImageFacts(image["imageDigest"], tuple(image.get("imageTags", ())), _seconds(image["imagePushedAt"]))
            for page in pages
            for image in page["imageDetails"]
        )
        try:
            policy = ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
        except ecr.exceptions.LifecyclePolicyNotFoundException:
            policy = ""
        return RepositoryFacts(described["imageTagMutability"], policy, images)

    try:
        return await wire.ask(f"repository {name}", call)
    except NotFound:
        return None


async def secret_exists(wire: Wire, name: str) -> bool:
    """Whether there is a secret of that name that is not about to be deleted; its value is not read."""

    def call() -> bool:
        return "DeletedDate" not in wire.clients.secrets.describe_secret(SecretId=name)

    try:
        return await wire.ask(f"secret {name}", call)
    except NotFound:
        return False


async def build_project_exists(wire: Wire, name: str) -> bool:
    """Whether CodeBuild has a project of that name."""
    found = await wire.ask(
        f"CodeBuild project {name}", lambda: wire.clients.builds.batch_get_projects(names=[name])["projects"]
    )
    return bool(found)


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
