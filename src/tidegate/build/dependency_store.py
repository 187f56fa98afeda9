"""Dependency layers found again by their key: in the registry first, then on this machine."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tidegate.build.dependencies import Dependencies, build_dependency_layer
from tidegate.build.layer import Layer
from tidegate.build.manifest import OCI_MANIFEST, decode, layer_config, oci_layer_manifest
from tidegate.build.registry import DIGEST_INVALID, RegistryClient
from tidegate.errors import CloudError, Moved

# A tag, since that is what every registry finds things by; it never moves, so immutable tags are fine.
_TAG_PREFIX = "deps-"
_DIFF_ID = "dev.tidegate.diff-id"
_KEY = "dev.tidegate.dependencies"


@dataclass(frozen=True, slots=True)
class DependencyStore:
    """Where dependency layers are kept.

    Attributes:
        registry: The registry that images are pushed to.
        repository: The repository of the image.
        cache: Folder on this machine.
        log: Takes a line for people.
    """

    registry: RegistryClient
    repository: str
    cache: Path
    log: Callable[[str], None]

    async def obtain(self, dependencies: Dependencies) -> Layer:
        """The layer of `dependencies`, in the repository when this returns.

        Raises:
            BuildError: It cannot be built.
            CloudError: The registry refuses or does not answer.
        """
        key = dependencies.key()
        stored = await self._in_registry(key)
        if stored is not None:
            return stored
        layer = self._on_disk(key)
        if layer is not None:
            try:
                await self._store(key, layer)
                return layer
            except CloudError as error:
                if error.code != DIGEST_INVALID:
                    raise
                self.log(f"the cached layer {key} is damaged; it is built anew")
        self.log(f"installing {', '.join(dependencies.shown)}")
        layer = await build_dependency_layer(dependencies, self.cache, self.log)
        await self._store(key, layer)
        return layer

    async def _in_registry(self, key: str) -> Layer | None:
        found = await self.registry.manifest(self.repository, _TAG_PREFIX + key)
        if found is None:
            return None
        document = decode(found.content, f"{self.repository}:{_TAG_PREFIX}{key}")
        try:
            (layer,) = document["layers"]
            return Layer(str(layer["digest"]), str(document["annotations"][_DIFF_ID]), int(layer["size"]))
        except (LookupError, TypeError, ValueError):
            # Somebody else's image under our tag: it is not used, and the tag is left alone.
            return None

    def _record(self, key: str) -> Path:
        return self.cache / f"{key}.json"

    def _on_disk(self, key: str) -> Layer | None:
        try:
            record = json.loads(self._record(key).read_bytes())
            path = self.cache / f"{record['digest'].removeprefix('sha256:')}.tar.gz"
            if path.stat().st_size == record["size"]:
                return Layer(record["digest"], record["diff_id"], record["size"], path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            # No record, a damaged one, or its layer is gone: it is built anew.
            return None
        return None

    async def _store(self, key: str, layer: Layer) -> None:
        assert layer.path is not None
        source = self._repository_of(key)
        held = await self.registry.has_blob(self.repository, layer.digest)
        if not held and source is not None:
            held = await self.registry.mount_blob(self.repository, layer.digest, source)
        if not held:
            await self.registry.put_blob(self.repository, layer.digest, layer.path)
        config = layer_config(layer, f"tidegate dependencies {key}")
        config_digest = await self.registry.put_small(self.repository, config)
        annotations = {_DIFF_ID: layer.diff_id, _KEY: key}
        content = oci_layer_manifest(layer, config_digest, len(config), annotations)
        try:
            await self.registry.put_manifest(self.repository, _TAG_PREFIX + key, content, OCI_MANIFEST)
        except Moved:
            # Another build made the same layer under another compressor at the same time. Both are good.
            self.log(f"{_TAG_PREFIX}{key} was stored by another build meanwhile")
        record = {
            "digest": layer.digest,
            "diff_id": layer.diff_id,
            "size": layer.size,
            "host": self.registry.host,
            "repository": self.repository,
        }
        growing = self._record(key).with_suffix(f".{uuid.uuid4().hex}")
        growing.write_text(json.dumps(record), encoding="utf-8")
        growing.replace(self._record(key))

    def _repository_of(self, key: str) -> str | None:
        """Another repository of this registry that this machine pushed the layer to."""
        try:
            record = json.loads(self._record(key).read_bytes())
            same = record["host"] == self.registry.host and record["repository"] != self.repository
            return str(record["repository"]) if same else None
        except (OSError, ValueError, LookupError, TypeError):
            return None
