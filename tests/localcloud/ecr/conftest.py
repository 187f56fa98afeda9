import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tidegate.localcloud.ecr import EcrService
from tidegate.localcloud.ecr.manifest import DOCKER_MANIFEST
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/ap-southeast-1/ecr/aws4_request, SignedHeaders=host, Signature=0"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class Client:
    """The registry over HTTP, with what tests do again and again."""

    ecr: EcrService
    http: httpx.AsyncClient
    endpoint: str

    async def control(self, operation: str, **given: Any) -> httpx.Response:
        headers = {
            "authorization": SIGNED,
            "x-amz-target": f"AmazonEC2ContainerRegistry_V20150921.{operation}",
            "content-type": "application/x-amz-json-1.1",
        }
        async with httpx.AsyncClient() as plain:
            return await plain.post(self.endpoint, headers=headers, content=json.dumps(given))

    async def create(self, name: str, **given: Any) -> None:
        assert (await self.control("CreateRepository", repositoryName=name, **given)).status_code == 200

    async def push_blob(self, name: str, content: bytes) -> str:
        begun = await self.http.post(f"/v2/{name}/blobs/uploads/")
        assert begun.status_code == 202
        digest = digest_of(content)
        done = await self.http.put(begun.headers["location"], params={"digest": digest}, content=content)
        assert done.status_code == 201, done.text
        return digest

    async def push_image(
        self, name: str, tag: str, layers: list[bytes], config: dict[str, Any] | None = None
    ) -> httpx.Response:
        blobs = [json.dumps(config or {"config": {}}).encode(), *layers]
        digests = [await self.push_blob(name, blob) for blob in blobs]
        return await self.put_manifest(name, tag, image_manifest(digests, [len(blob) for blob in blobs]))

    async def put_manifest(
        self, name: str, reference: str, content: bytes, kind: str = DOCKER_MANIFEST
    ) -> httpx.Response:
        return await self.http.put(f"/v2/{name}/manifests/{reference}", content=content, headers={"content-type": kind})


def image_manifest(digests: list[str], sizes: list[int]) -> bytes:
    descriptors = [{"digest": digest, "size": size} for digest, size in zip(digests, sizes, strict=True)]
    kind = "application/vnd.docker"
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": f"{kind}.container.image.v1+json", **descriptors[0]},
            "layers": [{"mediaType": f"{kind}.image.rootfs.diff.tar.gzip", **d} for d in descriptors[1:]],
        }
    ).encode()


def tar_of(*entries: tuple[str, str | bytes | None], mode: str = "w:gz") -> bytes:
    """An archive of (name, content): bytes make a file, None a folder, `->x` a symbolic and `=>x` a hard link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.mode = 0o644
            match content:
                case None:
                    info.type, info.mode = tarfile.DIRTYPE, 0o755
                case bytes():
                    info.size = len(content)
                case str():
                    info.type = tarfile.SYMTYPE if content.startswith("->") else tarfile.LNKTYPE
                    info.linkname = content[2:]
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


@pytest.fixture
def tar() -> Callable[..., bytes]:
    return tar_of


@pytest.fixture
def manifest_of() -> Callable[[list[str], list[int]], bytes]:
    return image_manifest


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Client]:
    cloud = EmbeddedCloud(Settings(root=tmp_path / "cloud"))
    ecr = EcrService(cloud)
    cloud.add(ecr)
    async with (
        cloud.running(),
        httpx.AsyncClient(base_url=f"http://{ecr.registry_host}", auth=("AWS", "token")) as http,
    ):
        yield Client(ecr, http, cloud.endpoint)
