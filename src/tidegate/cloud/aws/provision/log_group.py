"""CloudWatch log groups."""

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire
from tidegate.model.facts import RETENTION_DAYS


async def ensure_log_group(wire: Wire, function: str) -> None:
    """The log group of a function."""
    name = f"/aws/lambda/{function}"
    where = f"log group {name}"
    await created(
        wire,
        where,
        lambda: wire.clients.logs.create_log_group(logGroupName=name),
        "ResourceAlreadyExistsException",
    )
    await wire.ask(
        where, lambda: wire.clients.logs.put_retention_policy(logGroupName=name, retentionInDays=RETENTION_DAYS)
    )
