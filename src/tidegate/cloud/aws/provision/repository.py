"""ECR repositories."""

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire


async def ensure_repository(wire: Wire, name: str) -> None:
    """A repository whose tags cannot be moved."""
    await created(
        wire,
        f"repository {name}",
        lambda: wire.reads.images.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE"),
        "RepositoryAlreadyExistsException",
    )
