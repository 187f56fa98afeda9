"""Manifests as the registry stores them: bytes that are never rewritten, and what they refer to."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.localcloud.ecr.names import is_digest

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
INDEXES = frozenset({DOCKER_INDEX, OCI_INDEX})
MEDIA_TYPES = frozenset({DOCKER_MANIFEST, OCI_MANIFEST}) | INDEXES

# The registry protocol's recommended limit, which is AWS's too (AWS API: ECR ImageManifest, at most 4194304).
MAX_BYTES = 4 * 1024 * 1024


class ManifestInvalid(ValueError):
    """Bytes that are no manifest of an accepted media type."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to content by digest; size in bytes."""

    media_type: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest or index.

    Attributes:
        digest: sha256 of `content`: the image's digest.
        media_type: One of `MEDIA_TYPES`.
        content: The bytes that were pushed, unchanged.
        config: The config blob; None for an index.
        layers: Layer blobs, base first; empty for an index.
        children: Manifests that an index lists; empty otherwise.
        artifact_type: The OCI `artifactType`, else the config's media type.
    """

    digest: str
    media_type: str
    content: bytes
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    artifact_type: str | None

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Every blob that must be in the repository: the config, then the layers."""
        return ((self.config,) if self.config else ()) + self.layers

    @property
    def size(self) -> int:
        """What AWS calls the image's size: the compressed bytes of its blobs."""
        return sum(blob.size for blob in self.blobs)


def parse_manifest(content: bytes, media_type: str | None = None) -> Manifest:
    """Read a manifest; `media_type` is the Content-Type that it came with, if any.

    Raises:
        ManifestInvalid: For anything that is not a schema 2 manifest, an OCI manifest or an index of those.
    """
    if len(content) > MAX_BYTES:
        raise ManifestInvalid(f"a manifest holds at most {MAX_BYTES} bytes")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(f"the manifest is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ManifestInvalid("the manifest is not a JSON object")
    kind = _media_type(data, media_type)
    if data.get("schemaVersion") != 2:
        raise ManifestInvalid("schemaVersion is not 2")
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    if kind in INDEXES:
        children = tuple(_descriptors(data, "manifests"))
        return Manifest(digest, kind, content, None, (), children, _text(data, "artifactType"))
    config = _descriptor(data.get("config"), "config")
    layers = tuple(_descriptors(data, "layers"))
    artifact_type = _text(data, "artifactType") or config.media_type
    return Manifest(digest, kind, content, config, layers, (), artifact_type)


def _media_type(data: Mapping[str, Any], given: str | None) -> str:
    inside = _text(data, "mediaType")
    outside = given.partition(";")[0].strip() if given else None
    # A client that sends no type of its own (curl, PutImage without imageManifestMediaType) means the one inside.
    if outside in {None, "", "application/json", "application/octet-stream"}:
        outside = None
    if inside and outside and inside != outside:
        raise ManifestInvalid(f"mediaType {inside!r} is not the Content-Type {outside!r}")
    kind = inside or outside
    if kind not in MEDIA_TYPES:
        raise ManifestInvalid(f"media type {kind!r} is not supported")
    return kind


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise ManifestInvalid(f"{key} is not a string")
    return value


def _descriptors(data: Mapping[str, Any], key: str) -> Iterable[Descriptor]:
    value = data.get(key)
    if not isinstance(value, list):
        raise ManifestInvalid(f"{key} is not a list")
    return [_descriptor(item, f"{key}[{index}]") for index, item in enumerate(value)]


def _descriptor(value: object, where: str) -> Descriptor:
    if not isinstance(value, dict):
        raise ManifestInvalid(f"{where} is not a descriptor")
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not isinstance(media_type, str):
        raise ManifestInvalid(f"{where}.mediaType is not a string")
    if not isinstance(digest, str) or not is_digest(digest):
        raise ManifestInvalid(f"{where}.digest is not a sha256 digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ManifestInvalid(f"{where}.size is not a size in bytes")
    return Descriptor(media_type, digest, size)
