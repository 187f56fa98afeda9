"""Release: the immutable manifest that is carried from environment to environment."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Artifact:
    """A built thing, named by its digest.

    Attributes:
        name: The image's name in `tidegate.yaml`, or `site`.
        digest: `sha256:<hex>` of the image manifest, or of the site bundle's content.
        commit: The commit that it was built from; older than the release's when it was inherited.
        location: The ECR repository of an image; the prefix of a site bundle.
        tag: Image tag, for people; empty for a site.
    """

    name: str
    digest: str
    commit: str
    location: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """Image digests, site bundle and configuration hash: one thing, promoted whole.

    Attributes:
        id: `r<number>`, ascending.
        commit: The commit whose push made it.
        run: The run that made it.
        created: Seconds since the epoch.
        images: Image name → artifact.
        site: The site bundle; None for a product without a site.
        configuration: Hash of what `tidegate.yaml` says about functions and site.
    """

    id: str
    commit: str
    run: str
    created: float
    images: Mapping[str, Artifact] = field(default_factory=dict)
    site: Artifact | None = None
    configuration: str = ""

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All artifacts, images first."""
        return (*self.images.values(), *((self.site,) if self.site else ()))

    def same_content(self, other: "Release") -> bool:
        """Whether both releases put the same bytes and the same configuration into an environment."""
        return self.content_hash() == other.content_hash()

    def content_hash(self) -> str:
        """Hash over digests and configuration: equal for releases that differ only by name."""
        content = {
            "images": {name: image.digest for name, image in sorted(self.images.items())},
            "site": self.site.digest if self.site else None,
            "configuration": self.configuration,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
