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
class SchemaRevision:
    """The schema that a release's code works with.

    It tells all that a rollback has to know, so that no runner needs the files of the commit for it.

    Attributes:
        commit: The commit that it was read from; older than the release's when it was inherited.
        migrations: `sha256:<hex>` of the files of the migrations; empty where there are none.
        expectation: `sha256:<hex>` of what the code expects of a database, as JSON, which the ledger keeps by it.
        expand: The last of the migrations that are applied before the code goes live; empty where there are none.
        contract: Migrations that take away what only earlier releases need, in order.
    """

    commit: str
    migrations: str
    expectation: str
    expand: str = ""
    contract: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[str, str]:
        """What makes it the same schema, whichever commit it was read from."""
        return self.migrations, self.expectation


@dataclass(frozen=True, slots=True)
class Release:
    """Image digests, site bundle, schema revision and configuration hash: one thing, promoted whole.

    Attributes:
        id: `r<number>`, ascending.
        commit: The commit whose push made it.
        run: The run that made it.
        created: Seconds since the epoch.
        images: Image name → artifact.
        site: The site bundle; None for a product without a site.
        configuration: Hash of what `tidegate.yaml` says about functions and site.
        schema: The schema revision; None for a product without a database.
    """

    id: str
    commit: str
    run: str
    created: float
    images: Mapping[str, Artifact] = field(default_factory=dict)
    site: Artifact | None = None
    configuration: str = ""
    schema: SchemaRevision | None = None

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All artifacts, images first."""
        return (*self.images.values(), *((self.site,) if self.site else ()))

    def same_content(self, other: "Release") -> bool:
        """Whether both releases put the same bytes and the same configuration into an environment."""
        return self.content_hash() == other.content_hash()

    def content_hash(self) -> str:
        """Hash over digests and configuration: equal for releases that differ only by name."""
        content: dict[str, object] = {
            "images": {name: image.digest for name, image in sorted(self.images.items())},
            "site": self.site.digest if self.site else None,
            "configuration": self.configuration,
        }
        if self.schema is not None:
            # Only then: releases without a database keep the hash that they always had.
            content["schema"] = self.schema.content
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
