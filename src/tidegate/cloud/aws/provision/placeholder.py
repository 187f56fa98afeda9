"""The placeholder image: what the aliases of a function serve before its first deployment."""

from tidegate.cloud.aws.provision.handler_image import HandlerImage, push
from tidegate.cloud.ports import RegistryAccess

TAG = "placeholder"

_SOURCE = '''\
import json


def handler(event, context):
    """Answer HTTP events with 503; anything else fails, so that a queue keeps its messages."""
    if isinstance(event, dict) and "requestContext" in event:
        return {
            "statusCode": 503,
            "headers": {"content-type": "application/json", "cache-control": "no-store"},
            "body": json.dumps({"detail": "not deployed yet"}),
        }
    raise RuntimeError("not deployed yet")
'''


async def push_placeholder(access: RegistryAccess, repository: str) -> str:
    """Push the placeholder, unless it is there; returns its URI by digest.

    Raises:
        CloudError: When the registry refuses it; `Unreachable` without an answer.
    """
    return await push(access, repository, HandlerImage(_SOURCE), TAG)
