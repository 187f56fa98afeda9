"""ECR's state: repositories, their images, tags and blobs. Pure: clock and content come in as arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from tidegate.localcloud.ecr import errors
from tidegate.localcloud.ecr.manifest import Manifest
from tidegate.localcloud.ecr.names import is_repository, is_tag, shown

# AWS API: ECR PutAccountSetting: each setting's values, AWS's default first.
ACCOUNT_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE", "CLAIR"),
    "BLOB_MOUNTING": ("DISABLED", "ENABLED"),
}


class TagMutability(StrEnum):
    """AWS API: ImageTagMutability."""

    MUTABLE = "MUTABLE"
    IMMUTABLE = "IMMUTABLE"
    MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"
    IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"


@dataclass(slots=True)
class StoredImage:
    """A pushed manifest."""

    manifest: Manifest
    pushed_at: datetime
    pulled_at: datetime | None = None


@dataclass(slots=True)
class Repository:
    """One repository.

    Attributes:
        exclusions: Wildcard filters: tags that the mutability does not hold for.
        tags: Image tags, to digests.
        blobs: Digests of the blobs that were pushed or mounted here, to sizes in bytes.
        labels: Resource tags (AWS API: TagResource).
        pull_only: A stand-in for a public image: hidden from the control plane, and refused to pushes.
    """

    name: str
    created_at: datetime
    mutability: TagMutability = TagMutability.MUTABLE
    exclusions: tuple[str, ...] = ()
    scan_on_push: bool = False
    encryption: Mapping[str, str] = field(default_factory=lambda: {"encryptionType": "AES256"})
    images: dict[str, StoredImage] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    lifecycle_policy: str | None = None
    lifecycle_policy_at: datetime | None = None
    policy: str | None = None
    pull_only: bool = False

    def tags_of(self, digest: str) -> list[str]:
        """The tags that point to an image, sorted."""
        return sorted(tag for tag, target in self.tags.items() if target == digest)

    def is_immutable(self, tag: str) -> bool:
        """Whether `tag`, once set, may not move."""
        excluded = any(fnmatchcase(tag, pattern) for pattern in self.exclusions)
        match self.mutability:
            case TagMutability.MUTABLE:
                return False
            case TagMutability.IMMUTABLE:
                return True
            case TagMutability.MUTABLE_WITH_EXCLUSION:
                return excluded
            case TagMutability.IMMUTABLE_WITH_EXCLUSION:
                return not excluded


class EcrState:
    """Every repository of one account and region."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.settings: dict[str, str] = {name: values[0] for name, values in ACCOUNT_SETTINGS.items()}
        self._repositories: dict[str, Repository] = {}

    def add(self, repository: Repository) -> Repository:
        """Create a repository.

        Raises:
            EcrError: When the name is malformed or taken.
        """
        name = repository.name
        if not is_repository(name):
            raise errors.invalid_parameter(
                f"Invalid parameter at 'repositoryName' failed to satisfy constraint: '{shown(name)}'"
            )
        if name in self._repositories:
            raise errors.repository_exists(name, self.account)
        self._repositories[name] = repository
        return repository

    def repository(self, name: str) -> Repository:
        """A repository that this account owns.

        Raises:
            EcrError: RepositoryNotFoundException.
        """
        found = self._repositories.get(name)
        if found is None or found.pull_only:
            raise errors.repository_not_found(name, self.account)
        return found

    def pullable(self, name: str) -> Repository:
        """A repository to pull from: an own one, or the stand-in for a public one.

        Raises:
            EcrError: RepositoryNotFoundException.
        """
        found = self._repositories.get(name)
        if found is None:
            raise errors.repository_not_found(name, self.account)
        return found

    def owned(self) -> list[Repository]:
        """This account's repositories by name."""
        return [r for _, r in sorted(self._repositories.items()) if not r.pull_only]

    def remove(self, name: str, *, force: bool) -> Repository:
        """Delete a repository.

        Raises:
            EcrError: RepositoryNotEmptyException unless `force`.
        """
        repository = self.repository(name)
        if repository.images and not force:
            raise errors.repository_not_empty(name, self.account)
        return self._repositories.pop(name)

    def find_image(self, digest: str) -> Manifest | None:
        """An image by digest, whichever repository holds it."""
        for repository in self._repositories.values():
            if digest in repository.images:
                return repository.images[digest].manifest
        return None

    def may_mount(self, digest: str, source: str, target: str) -> bool:
        """Whether a blob of one repository may be mounted into another.

        Source: Amazon ECR user guide, "Blob mounting": off until enabled, and the encryption must be the same.
        """
        origin, destination = self._repositories.get(source), self._repositories.get(target)
        if origin is None or destination is None or self.settings["BLOB_MOUNTING"] != "ENABLED":
            return False
        return digest in origin.blobs and dict(origin.encryption) == dict(destination.encryption)


def put_image(repository: Repository, account: str, manifest: Manifest, tag: str | None, now: datetime) -> StoredImage:
    """Store a manifest, and point a tag at it.

    Raises:
        EcrError: As AWS API PutImage does: for content that is missing, a tag that may not move, or no change at all.
    """
    name = repository.name
    if tag is not None and not is_tag(tag):
        raise errors.invalid_parameter(f"Invalid image tag '{shown(tag)}'")
    missing = [blob.digest for blob in manifest.blobs if blob.digest not in repository.blobs]
    if missing:
        raise errors.layers_not_found(missing, name, account)
    absent = [child.digest for child in manifest.children if child.digest not in repository.images]
    if absent:
        raise errors.referenced_images_not_found(absent, name, account)
    if tag is not None and tag in repository.tags and repository.is_immutable(tag):
        raise errors.tag_exists(tag, name)
    known = repository.images.get(manifest.digest)
    if known is not None and (tag is None or repository.tags.get(tag) == manifest.digest):
        raise errors.image_exists(manifest.digest, tag, name, account)
    stored = known or StoredImage(manifest, now)
    repository.images[manifest.digest] = stored
    if tag is not None:
        repository.tags[tag] = manifest.digest
    return stored


def find_digest(repository: Repository, *, tag: str | None, digest: str | None) -> str | None:
    """The digest that a tag, a digest, or both name; None when there is no such image or they disagree."""
    if digest is not None:
        if digest not in repository.images or (tag is not None and repository.tags.get(tag) != digest):
            return None
        return digest
    return repository.tags.get(tag) if tag is not None else None


def referrers_of(repository: Repository, digest: str) -> list[str]:
    """The indexes that list an image: it may not be deleted before they are."""
    return [
        parent
        for parent, image in repository.images.items()
        if any(child.digest == digest for child in image.manifest.children)
    ]


def remove_image(repository: Repository, digest: str) -> None:
    """Delete an image with all its tags; its blobs stay, as a later push may name them."""
    del repository.images[digest]
    for tag in repository.tags_of(digest):
        del repository.tags[tag]


def remove_tag(repository: Repository, tag: str) -> None:
    """Delete a tag, and the image with its last one (AWS API: BatchDeleteImage)."""
    digest = repository.tags.pop(tag)
    if not repository.tags_of(digest):
        remove_image(repository, digest)


def missing_blobs(repository: Repository, digests: Iterable[str]) -> list[str]:
    """Those of `digests` that the repository does not hold."""
    return [digest for digest in digests if digest not in repository.blobs]
