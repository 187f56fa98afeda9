"""The embedded ECR: control plane, registry listener and the images that functions run."""

import asyncio
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from tidegate.localcloud.ecr.api import EcrApi
from tidegate.localcloud.ecr.blobs import BlobStore
from tidegate.localcloud.ecr.images import Image, Images
from tidegate.localcloud.ecr.place import Place
from tidegate.localcloud.ecr.registry import Registry, utc_now
from tidegate.localcloud.ecr.standin import add_stand_in
from tidegate.localcloud.ecr.state import EcrState
from tidegate.localcloud.service import Host


class EcrService:
    """Answers requests signed for `ecr`, and serves the registry protocol on a port of its own."""

    def __init__(self, host: Host) -> None:
        self._host = host
        settings = host.settings
        self._root = settings.root / "ecr"
        self._state = EcrState(settings.account)
        self._blobs = BlobStore(self._root)
        self._place = Place(settings.account, settings.region)
        self._api = EcrApi(self._state, self._place, utc_now)
        self._images = Images(self._state, self._blobs, self._root)
        self._unpacking: dict[str, asyncio.Lock] = {}
        self._port = 0

    @property
    def scopes(self) -> frozenset[str]:
        """SigV4 signing names."""
        return frozenset({"ecr"})

    @property
    def registry_port(self) -> int:
        """The registry's port; 0 before `start`."""
        return self._port

    @property
    def registry_host(self) -> str:
        """The registry as image URIs name it."""
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Open the registry, with the stand-in for the Lambda base image in it.

        Raises:
            OSError: When the registry's port is taken.
        """
        self._blobs.open()
        add_stand_in(self._state, self._blobs, utc_now())
        registry = Registry(self._state, self._blobs, utc_now)
        self._port = await self._host.listen(registry, self._host.settings.registry_port)
        self._place.registry_host = self.registry_host

    async def handle(self, request: Request) -> Response:
        """Answer one control-plane request."""
        return await self._api.handle(request)

    async def stop(self) -> None:
        """Drop uploads that were never finished."""
        self._blobs.close()

    def resolve(self, uri: str) -> Image:
        """Find an image by URI.

        Raises:
            ImageError: ImageNotFound or ImageNotSupported.
        """
        return self._images.resolve(uri)

    async def unpacked(self, digest: str) -> Path:
        """The root folder of an image, unpacked once per digest; its files are shared: replace, never write in place.

        Raises:
            ImageError: ImageNotFound or ImageNotSupported.
            OSError: When the disk is full.
        """
        image = self._images.find(digest)
        into = self._root / "images" / digest.removeprefix("sha256:")
        async with self._unpacking.setdefault(digest, asyncio.Lock()):
            return await anyio.to_thread.run_sync(self._images.unpack, image, into)
