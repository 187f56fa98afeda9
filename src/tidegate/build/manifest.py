"""Manifests and image configurations, as documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.build.layer import Layer
from tidegate.errors import CloudError

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPES = (DOCKER_MANIFEST, OCI_MANIFEST, DOCKER_INDEX, OCI_INDEX)

DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

# What may be a layer of the images built here: Lambda takes gzip, and nobody is told of foreign layers.
LAYER_TYPES = frozenset({DOCKER_LAYER, OCI_LAYER})

EPOCH = "1970-01-01T00:00:00Z"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImageManifest:
    """The parts of an image manifest that layering needs."""

    config: str
    layers: tuple[tuple[str, int], ...]


def encode(document: Mapping[str, Any]) -> bytes:
    """JSON in one form only, so that equal documents have equal digests."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(content: bytes, what: str) -> Document:
    """Parse a JSON object.

    Raises:
        CloudError: `what` is none.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CloudError(f"{what} is not a JSON object")
    return document


def parse_image_manifest(content: bytes, what: str) -> ImageManifest:
    """Read the manifest of an image.

    Raises:
        CloudError: It is none, or a layer is of a kind that Lambda does not take.
    """
    document = decode(content, what)
    try:
        for layer in document["layers"]:
            if layer["mediaType"] not in LAYER_TYPES:
                raise CloudError(f"{what} has a layer of type {layer['mediaType']}, which is not supported")
        layers = tuple((str(layer["digest"]), int(layer["size"])) for layer in document["layers"])
        return ImageManifest(str(document["config"]["digest"]), layers)
    except (LookupError, TypeError, ValueError):
        raise CloudError(f"{what} is not an image manifest") from None


def platform_manifest(content: bytes, what: str) -> str:
    """The digest that an index lists for linux/amd64.

    Raises:
        CloudError: There is none.
    """
    for entry in decode(content, what).get("manifests") or []:
        platform = entry.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return str(entry["digest"])
    raise CloudError(f"{what} has no image for linux/amd64")


def docker_manifest(config: str, config_size: int, layers: Sequence[tuple[str, int]]) -> bytes:
    """An image manifest of Docker's schema 2: every registry and Lambda take it."""
    return encode(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": DOCKER_CONFIG, "digest": config, "size": config_size},
            "layers": [{"mediaType": DOCKER_LAYER, "digest": digest, "size": size} for digest, size in layers],
        }
    )


def layer_config(layer: Layer, created_by: str) -> bytes:
    """The configuration of an image that is nothing but one layer."""
    return encode(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": EPOCH,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
            "history": [{"created": EPOCH, "created_by": created_by}],
        }
    )


def oci_layer_manifest(layer: Layer, config: str, config_size: int, annotations: Mapping[str, str]) -> bytes:
    """The OCI manifest of an image that is nothing but one layer, found again by its annotations."""
    return encode(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": config, "size": config_size},
            "layers": [{"mediaType": OCI_LAYER, "digest": layer.digest, "size": layer.size}],
            "annotations": dict(annotations),
        }
    )
