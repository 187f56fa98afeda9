"""Secrets of Secrets Manager."""

import secrets

from tidegate.cloud.aws.provision.ensure import created
from tidegate.cloud.aws.wire import Wire


async def ensure_secret(wire: Wire, name: str) -> None:
    """A secret with a made-up value; one that is there keeps its own."""
    await created(
        wire,
        f"secret {name}",
        lambda: wire.clients.secrets.create_secret(Name=name, SecretString=secrets.token_urlsafe(32)),
        "ResourceExistsException",
    )
