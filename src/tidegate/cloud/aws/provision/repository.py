"""ECR repositories, and what their registry allows."""

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire
from tidegate.model.facts import KEEPING_LIFECYCLE


async def ensure_repository(wire: Wire, name: str) -> None:
    """A repository whose tags cannot be moved, and which keeps every image that has one."""
    await created(
        wire,
        f"repository {name}",
        lambda: wire.clients.images.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE"),
        "RepositoryAlreadyExistsException",
    )
    await wire.ask(
        f"repository {name}",
        lambda: wire.clients.images.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=KEEPING_LIFECYCLE),
    )


async def ensure_blob_mounting(wire: Wire) -> None:
    """Let a push take layers over from another repository of the account (AWS API: PutAccountSetting)."""
    await wire.ask(
        "the registry", lambda: wire.clients.images.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    )
