"""The stand-in for `public.ecr.aws/lambda/python:3.11`: served by the embedded registry only, and says so.

It holds the folders that an image function relies on and the configuration of the real image, but no interpreter: the
embedded cloud runs handlers under its own. An image that is built on it is good for the embedded cloud alone.
"""

import hashlib
import io
import json
import struct
import tarfile
import zlib
from datetime import datetime

from tidegate.localcloud.ecr.blobs import BlobStore
from tidegate.localcloud.ecr.manifest import DOCKER_MANIFEST, parse_manifest
from tidegate.localcloud.ecr.state import EcrState, Repository, put_image

REPOSITORY = "lambda/python"
TAG = "3.11"
MARKER = "dev.tidegate.stand-in"

_FOLDERS = ("opt", "tmp", "var", "var/lang", "var/runtime", "var/task")

# As `docker inspect public.ecr.aws/lambda/python:3.11` shows them, but for the last.
_ENVIRONMENT = (
    "LANG=en_US.UTF-8",
    "TZ=:/etc/localtime",
    "PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT=/var/task",
    "LAMBDA_RUNTIME_DIR=/var/runtime",
    # The real image's interpreter knows its own site-packages; whoever stands in for it must be told.
    "PYTHONPATH=/var/lang/lib/python3.11/site-packages",
)


def add_stand_in(state: EcrState, blobs: BlobStore, now: datetime) -> None:
    """Offer the stand-in for pulling, as repository `lambda/python`. Its digest is the same on every machine."""
    plain = _layer()
    layer = _gzip_stored(plain)
    config = _config("sha256:" + hashlib.sha256(plain).hexdigest())
    repository = state.add(Repository(REPOSITORY, now, pull_only=True))
    descriptors = []
    for content in (config, layer):
        digest = blobs.put(content)
        repository.blobs[digest] = len(content)
        descriptors.append({"size": len(content), "digest": digest})
    kind = "application/vnd.docker"
    body = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": f"{kind}.container.image.v1+json", **descriptors[0]},
        "layers": [{"mediaType": f"{kind}.image.rootfs.diff.tar.gzip", **descriptors[1]}],
    }
    put_image(repository, state.account, parse_manifest(json.dumps(body, indent=3).encode()), TAG, now)


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in _FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
    return buffer.getvalue()


def _gzip_stored(plain: bytes) -> bytes:
    """Gzip without compressing, in one stored block (RFC 1951, 3.2.4): the same bytes under every zlib."""
    size = len(plain)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    block = struct.pack("<BHH", 1, size, size ^ 0xFFFF) + plain
    return header + block + struct.pack("<II", zlib.crc32(plain), size)


def _config(diff_id: str) -> bytes:
    body = {
        "architecture": "amd64",
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Env": list(_ENVIRONMENT),
            "Entrypoint": ["/lambda-entrypoint.sh"],
            "WorkingDir": "/var/task",
            "Labels": {MARKER: "true"},
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "tidegate stand-in"}],
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
