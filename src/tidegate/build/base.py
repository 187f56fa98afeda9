"""The base image: found in its registry, by digest from then on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.build.dependencies import Interpreter
from tidegate.build.layer import Layer
from tidegate.build.manifest import DOCKER_INDEX, OCI_INDEX, decode, parse_image_manifest, platform_manifest
from tidegate.build.reference import Reference, is_loopback
from tidegate.build.registry import RegistryClient
from tidegate.errors import BuildError, CloudError

STAND_IN = "dev.tidegate.stand-in"
"""The label of an image that only looks like the real base: it holds no interpreter."""

_PYTHON_TAG = re.compile(r"(3\.\d+)(?!\d)")


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A base for linux/amd64.

    Attributes:
        reference: Where it was found.
        digest: Of its manifest.
        layers: Bottom first; their blobs are in the base's repository.
        config: Its configuration document, as its registry holds it.
    """

    reference: Reference
    digest: str
    layers: tuple[Layer, ...]
    config: Mapping[str, Any]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the configuration says about the process."""
        return self.config.get("config") or {}

    @property
    def environment(self) -> dict[str, str]:
        """Its environment variables."""
        return dict(item.split("=", 1) for item in self.settings.get("Env") or [] if "=" in item)

    @property
    def is_stand_in(self) -> bool:
        """Whether the embedded cloud made it up."""
        return (self.settings.get("Labels") or {}).get(STAND_IN) == "true"

    def interpreter(self) -> Interpreter | None:
        """Its Python; None when neither its environment nor its tag tell."""
        environment = self.environment
        lambda_base = "LAMBDA_RUNTIME_DIR" in environment
        version = _PYTHON_TAG.match(environment.get("PYTHON_VERSION", "")) or _PYTHON_TAG.match(self.reference.tag)
        if version is None or not (lambda_base or "PYTHON_VERSION" in environment):
            return None
        # AWS puts Python below /var/lang, Docker's own Python images below /usr/local.
        return Interpreter(version[1], "/var/lang" if lambda_base else "/usr/local")


async def find_base(client: RegistryClient, reference: Reference) -> BaseImage:
    """Find a base image; of an index, the one for linux/amd64.

    Raises:
        BuildError: There is no such image, or it is not for linux/amd64.
        CloudError: The registry refuses, or what it sends is no image.
    """
    stored = await client.manifest(reference.repository, reference.wanted)
    if stored is None:
        raise BuildError(f"the base image {reference} does not exist")
    if stored.media_type in {DOCKER_INDEX, OCI_INDEX}:
        digest = platform_manifest(stored.content, str(reference))
        stored = await client.manifest(reference.repository, digest)
        if stored is None:
            raise BuildError(f"the base image {reference} lists {digest}, which does not exist")
    manifest = parse_image_manifest(stored.content, str(reference))
    config = decode(await client.blob(reference.repository, manifest.config), f"the configuration of {reference}")
    platform = (config.get("os"), config.get("architecture"))
    if platform != ("linux", "amd64"):
        raise BuildError(f"the base image {reference} is for {platform[0]}/{platform[1]}, not for linux/amd64")
    diff_ids = (config.get("rootfs") or {}).get("diff_ids") or []
    if len(diff_ids) != len(manifest.layers):
        raise CloudError(f"{reference}: its configuration and its manifest disagree about its layers")
    layers = tuple(
        Layer(digest, str(diff_id), size) for (digest, size), diff_id in zip(manifest.layers, diff_ids, strict=True)
    )
    return BaseImage(reference, stored.digest, layers, config)


def refuse_stand_in(base: BaseImage, host: str) -> None:
    """An image on a stand-in works in the embedded cloud only.

    Raises:
        BuildError: When it would be pushed to a registry that is not on this machine.
    """
    if base.is_stand_in and not is_loopback(host):
        raise BuildError(
            f"{base.reference} is a stand-in that holds no interpreter; it may not be pushed to {host}",
            what_next="build on the real base image when the registry is not the embedded cloud's",
        )
