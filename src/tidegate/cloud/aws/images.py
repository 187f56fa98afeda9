"""The images port over Amazon ECR's control plane."""

import base64

from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import RegistryAccess
from tidegate.errors import CloudError, NotFound


class AwsImages:
    """Amazon ECR behind `ports.Images`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def access(self) -> RegistryAccess:
        """A fresh authorization for the account's registry."""
        granted = await self._wire.ask(
            "the registry", lambda: self._wire.clients.images.get_authorization_token()["authorizationData"]
        )
        if not granted:
            raise CloudError("GetAuthorizationToken granted nothing", where="the registry")
        username, _, password = base64.b64decode(granted[0]["authorizationToken"]).decode().partition(":")
        return RegistryAccess(granted[0]["proxyEndpoint"].rstrip("/"), username, password)

    async def exists(self, repository: str, digest: str) -> bool:
        """Whether an image is still there."""
        try:
            await self._wire.ask(
                f"{repository}@{digest}",
                lambda: self._wire.clients.images.describe_images(
                    repositoryName=repository, imageIds=[{"imageDigest": digest}]
                ),
            )
        except NotFound:
            return False
        return True
