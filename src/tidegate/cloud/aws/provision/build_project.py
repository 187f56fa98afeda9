"""CodeBuild: the project that tests inside the VPC, and the bucket that its source is put into."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from tidegate.cloud.aws.provision.bucket import ensure_bucket
from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import BuildProjectBlueprint

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_codebuild.type_defs import ProjectEnvironmentTypeDef

PASSWORD = "AURORA_PASSWORD"  # noqa: S105 - the name of a variable
IMAGE = "aws/codebuild/standard:7.0"


async def ensure_build_project(
    wire: Wire, blueprint: BuildProjectBlueprint, variables: Mapping[str, str], role: str
) -> None:
    """A project that finds the database in its environment; one that is there stays as it is.

    Args:
        wire: The clients.
        blueprint: What to create.
        variables: What functions are told of the database. CodeBuild resolves secrets in a notation of its own.
        role: ARN of the role that its builds run under.
    """
    bucket = source_bucket(blueprint.name)
    await ensure_bucket(wire, bucket)
    told: dict[str, tuple[str, Literal["PLAINTEXT", "SECRETS_MANAGER"]]] = {
        **{name: (value, "PLAINTEXT") for name, value in variables.items()},
        PASSWORD: (f"{blueprint.secret}:password", "SECRETS_MANAGER"),
    }
    environment: ProjectEnvironmentTypeDef = {
        "type": "LINUX_CONTAINER",
        "image": IMAGE,
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": [{"name": name, "value": value, "type": kind} for name, (value, kind) in told.items()],
    }
    await created(
        wire,
        f"CodeBuild project {blueprint.name}",
        lambda: wire.clients.builds.create_project(
            name=blueprint.name,
            source={"type": "S3", "location": f"{bucket}/source.zip", "buildspec": blueprint.buildspec},
            artifacts={"type": "NO_ARTIFACTS"},
            environment=environment,
            serviceRole=role,
        ),
        "ResourceAlreadyExistsException",
    )


def source_bucket(project: str) -> str:
    """The bucket for a project's source: at most 63 small letters, digits and hyphens (Amazon S3 user guide)."""
    return f"{re.sub(r'[^a-z0-9]+', '-', project.lower())[:56].strip('-')}-source"
