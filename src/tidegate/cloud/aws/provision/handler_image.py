"""The smallest image that Lambda runs: one Python file with a function `handler`, pushed over the Registry v2 API."""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field

import httpx

from tidegate.cloud.ports import RegistryAccess
from tidegate.errors import CloudError, Unreachable

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class HandlerImage:
    """An image made of a handler's source.

    It has no interpreter: the embedded cloud runs handlers under its own, and AWS does not run it.

    Attributes:
        source: Python source text that defines `handler(event, context)`.
        layer: The compressed layer.
        config: The image configuration.
        manifest: The image manifest.
    """

    source: str
    layer: bytes = field(init=False, repr=False)
    config: bytes = field(init=False, repr=False)
    manifest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        plain = _layer(self.source.encode())
        object.__setattr__(self, "layer", gzip.compress(plain, mtime=0))
        object.__setattr__(self, "config", _config(_digest(plain)))
        object.__setattr__(self, "manifest", _manifest(self.config, self.layer))

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the manifest."""
        return _digest(self.manifest)


async def push(access: RegistryAccess, repository: str, image: HandlerImage, tag: str) -> str:
    """Push an image, unless it is there; returns its URI by digest.

    Raises:
        CloudError: When the registry refuses it; `Unreachable` without an answer.
    """
    uri = f"{access.host}/{repository}@{image.digest}"
    login = (access.username, access.password)
    try:
        async with httpx.AsyncClient(base_url=access.url, auth=login, trust_env=False, timeout=30.0) as client:
            address = f"/v2/{repository}/manifests"
            found = await client.head(f"{address}/{image.digest}", headers={"accept": _MANIFEST})
            if found.status_code != 200:
                for blob in (image.config, image.layer):
                    await _push(client, repository, blob)
                kind = {"content-type": _MANIFEST}
                _check(await client.put(f"{address}/{tag}", content=image.manifest, headers=kind))
    except httpx.TransportError as error:
        raise Unreachable(f"no answer: {error or type(error).__name__}", where=uri) from error
    return uri


async def _push(client: httpx.AsyncClient, repository: str, blob: bytes) -> None:
    """OCI distribution specification, "Pushing a blob monolithically": POST, then PUT."""
    begun = _check(await client.post(f"/v2/{repository}/blobs/uploads/"))
    where = httpx.URL(begun.headers["location"]).copy_merge_params({"digest": _digest(blob)})
    _check(await client.put(where, content=blob, headers={"content-type": "application/octet-stream"}))


def _check(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise CloudError(
            f"the registry refused the image: {answer.status_code} {answer.text[:300]}",
            where=str(answer.request.url.copy_with(query=None)),
        )
    return answer


def _layer(source: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in ("var", "var/task"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        entry = tarfile.TarInfo("var/task/main.py")
        entry.size = len(source)
        tar.addfile(entry, io.BytesIO(source))
    return buffer.getvalue()


def _config(diff_id: str) -> bytes:
    return _canonical(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {
                "Env": ["LAMBDA_TASK_ROOT=/var/task"],
                "Entrypoint": ["/lambda-entrypoint.sh"],
                "Cmd": ["main.handler"],
                "WorkingDir": "/var/task",
            },
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    )


def _manifest(config: bytes, layer: bytes) -> bytes:
    return _canonical(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": _CONFIG, "digest": _digest(config), "size": len(config)},
            "layers": [{"mediaType": _LAYER, "digest": _digest(layer), "size": len(layer)}],
        }
    )


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
