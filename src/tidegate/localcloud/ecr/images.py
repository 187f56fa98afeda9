"""Images as a runtime sees them: configuration, and a root folder that is put together from unpacked layers."""

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.localcloud.ecr.blobs import BlobStore
from tidegate.localcloud.ecr.errors import EcrError
from tidegate.localcloud.ecr.layers import LayerInvalid, unpack_layer
from tidegate.localcloud.ecr.manifest import INDEXES, Manifest
from tidegate.localcloud.ecr.names import parse_image_uri, shown
from tidegate.localcloud.ecr.state import EcrState, find_digest

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class ImageError(Exception):
    """An image that cannot be run; the text says why."""


class ImageNotFound(ImageError):
    """No image of that URI in this registry."""


class ImageNotSupported(ImageError):
    """An image that Lambda refuses as well: an index, or a broken configuration or layer."""


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image's configuration says about its process; `None` where it says nothing."""

    env: Mapping[str, str]
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    working_dir: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Image:
    """A resolved image: manifest digest, configuration, and layer digests, base first."""

    digest: str
    config: ImageConfig
    layers: tuple[str, ...]


class Images:
    """Resolves URIs against the registry's state and unpacks under `root`."""

    def __init__(self, state: EcrState, blobs: BlobStore, root: Path) -> None:
        self._state = state
        self._blobs = blobs
        self._root = root

    def resolve(self, uri: str) -> Image:
        """Find `<registry>/<repository>:<tag>` or `…@<digest>`; any registry host means this one.

        Raises:
            ImageNotFound: Malformed, or no such repository, tag or digest.
            ImageNotSupported: An image index, or a configuration that cannot be read.
        """
        reference = parse_image_uri(uri)
        if reference is None:
            raise ImageNotFound(f"{shown(uri)}: not an image URI")
        try:
            repository = self._state.pullable(reference.repository)
        except EcrError as error:
            raise ImageNotFound(f"{uri}: {error.message}") from None
        digest = find_digest(repository, tag=reference.tag, digest=reference.digest)
        if digest is None:
            raise ImageNotFound(f"{uri}: no such image")
        return self._load(repository.images[digest].manifest)

    def find(self, digest: str) -> Image:
        """An image by manifest digest alone.

        Raises:
            ImageNotFound: No repository holds it.
            ImageNotSupported: As for `resolve`.
        """
        manifest = self._state.find_image(digest)
        if manifest is None:
            raise ImageNotFound(f"{shown(digest)}: no such image")
        return self._load(manifest)

    def unpack(self, image: Image, into: Path) -> Path:
        """Put the root folder of an image together at `into`, unless it is there already; returns `into`.

        Layers are unpacked once for all images, and files are hard links to them: nobody may write to a file in
        place. Blocks; made for a worker thread.

        Raises:
            ImageNotSupported: A damaged layer, or one that reaches out of its folder.
            OSError: When the disk is full; nothing half-made is left.
        """
        if into.is_dir():
            return into
        into.parent.mkdir(parents=True, exist_ok=True)
        growing = into.with_name(f"{into.name}.{uuid.uuid4().hex}")
        try:
            growing.mkdir()
            for layer in image.layers:
                _stack(self._layer(layer), growing)
            _settle(growing, into)
        except BaseException:
            shutil.rmtree(growing, ignore_errors=True)
            raise
        return into

    def _layer(self, digest: str) -> Path:
        folder = self._root / "layers" / digest.removeprefix("sha256:")
        if folder.is_dir():
            return folder
        growing = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")
        try:
            unpack_layer(self._blobs.path(digest), growing)
        except LayerInvalid as error:
            raise ImageNotSupported(f"layer {digest}: {error}") from None
        _settle(growing, folder)
        return folder

    def _load(self, manifest: Manifest) -> Image:
        if manifest.media_type in INDEXES or manifest.config is None:
            raise ImageNotSupported(
                f"{manifest.digest}: image manifest media type {manifest.media_type} is not supported"
            )
        content = self._blobs.path(manifest.config.digest).read_bytes()
        try:
            config = _config(json.loads(content))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ImageNotSupported(f"{manifest.digest}: its configuration cannot be read: {error}") from None
        return Image(manifest.digest, config, tuple(layer.digest for layer in manifest.layers))


def _config(data: Mapping[str, Any]) -> ImageConfig:
    config = data.get("config") or {}
    env = dict(item.split("=", 1) for item in config.get("Env") or [])
    return ImageConfig(
        env,
        _strings(config.get("Entrypoint")),
        _strings(config.get("Cmd")),
        config.get("WorkingDir") or "/",
        {str(key): str(value) for key, value in (config.get("Labels") or {}).items()},
    )


def _strings(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("not a list of strings")
    return tuple(value)


def _settle(growing: Path, final: Path) -> None:
    """Move a complete folder into place; another thread that was faster has made the very same."""
    try:
        growing.rename(final)
    except OSError:
        if not final.is_dir():
            raise
        shutil.rmtree(growing)


def _stack(layer: Path, root: Path) -> None:
    """Lay one unpacked layer over what is in `root` (OCI image specification, "Applying Changesets").

    Both folders are walked in step, and symbolic links are never followed.
    """
    with os.scandir(layer) as scan:
        entries = sorted(scan, key=lambda entry: not entry.name.startswith(_WHITEOUT))
    for entry in entries:
        target = root / entry.name
        if entry.name == _OPAQUE:
            for old in list(root.iterdir()):
                _clear(old)
        elif entry.name.startswith(_WHITEOUT):
            _clear_whited_out(root, entry.name.removeprefix(_WHITEOUT))
        elif entry.is_dir(follow_symlinks=False):
            if target.is_symlink() or not target.is_dir():
                _clear(target)
                target.mkdir()
            target.chmod(entry.stat(follow_symlinks=False).st_mode & 0o1777)
            _stack(Path(entry.path), target)
        else:
            _link(entry, target)


def _link(entry: "os.DirEntry[str]", target: Path) -> None:
    try:
        os.link(entry.path, target, follow_symlinks=False)
    except FileExistsError:
        _clear(target)
        os.link(entry.path, target, follow_symlinks=False)


def _clear_whited_out(root: Path, name: str) -> None:
    # `.wh...` would name the parent of the folder.
    if name not in {"", ".", ".."}:
        _clear(root / name)


def _clear(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
