"""What Lambda needs of a registry: an image by URI, and its files by digest."""

from pathlib import Path
from typing import Protocol

from tidegate.localcloud.ecr.images import Image


class Images(Protocol):
    """Where images come from; `EcrService` is one."""

    def resolve(self, uri: str) -> Image:
        """Find an image by tag or digest.

        Raises:
            ImageError: When there is none, or none that Lambda runs.
        """

    async def unpacked(self, digest: str) -> Path:
        """The folder that holds the image's files.

        Raises:
            ImageError: When the image is gone, or cannot be unpacked.
        """
