"""ECR's operations on images and layers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.localcloud.ecr.errors import digest_mismatch, image_not_found, invalid_parameter
from tidegate.localcloud.ecr.manifest import ManifestInvalid, parse_manifest
from tidegate.localcloud.ecr.names import is_digest
from tidegate.localcloud.ecr.parameters import Parameters, page
from tidegate.localcloud.ecr.state import (
    EcrState,
    Repository,
    StoredImage,
    find_digest,
    put_image,
    referrers_of,
    remove_image,
    remove_tag,
)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImageId:
    """AWS API: ImageIdentifier."""

    tag: str | None
    digest: str | None

    def document(self) -> Document:
        """As AWS answers it."""
        parts = {"imageDigest": self.digest, "imageTag": self.tag}
        return {key: value for key, value in parts.items() if value is not None}


class ImageOperations:
    """Each method is one operation: input, time → output."""

    def __init__(self, state: EcrState) -> None:
        self._state = state

    def put_image(self, given: Parameters, now: datetime) -> Document:
        """AWS API: PutImage."""
        repository = self._named(given)
        content = given.text("imageManifest").encode()
        try:
            manifest = parse_manifest(content, given.optional_text("imageManifestMediaType"))
        except ManifestInvalid as error:
            raise invalid_parameter(
                f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{error}'"
            ) from None
        digest, tag = given.optional_text("imageDigest"), given.optional_text("imageTag")
        if digest is not None and digest != manifest.digest:
            raise digest_mismatch(digest, manifest.digest)
        stored = put_image(repository, self._state.account, manifest, tag, now)
        return {"image": self._image(repository, stored, ImageId(tag, manifest.digest))}

    def batch_get_image(self, given: Parameters, now: datetime) -> Document:
        """AWS API: BatchGetImage. Manifests are returned as they were pushed, whatever acceptedMediaTypes says."""
        repository = self._named(given)
        images, failures = [], []
        for wanted in _image_ids(given, required=True):
            failure = _failure(repository, wanted)
            if failure:
                failures.append(failure)
                continue
            digest = find_digest(repository, tag=wanted.tag, digest=wanted.digest)
            assert digest is not None
            stored = repository.images[digest]
            stored.pulled_at = now
            ids = [ImageId(wanted.tag, digest)] if wanted.tag else _ids(repository, digest)
            images += [self._image(repository, stored, identifier) for identifier in ids]
        return {"images": images, "failures": failures}

    def batch_delete_image(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: BatchDeleteImage: by digest the image with all tags, by tag the tag, and the image with its last."""
        repository = self._named(given)
        deleted: list[Document] = []
        failures = []
        for wanted in _image_ids(given, required=True):
            failure = _failure(repository, wanted) or _still_referenced(repository, wanted)
            if failure:
                failures.append(failure)
                continue
            digest = find_digest(repository, tag=wanted.tag, digest=wanted.digest)
            assert digest is not None
            if wanted.tag is None:
                deleted += [identifier.document() for identifier in _ids(repository, digest)]
                remove_image(repository, digest)
            else:
                deleted.append(ImageId(wanted.tag, digest).document())
                remove_tag(repository, wanted.tag)
        return {"imageIds": deleted, "failures": failures}

    def list_images(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: ListImages."""
        repository = self._named(given)
        ids: list[Document] = []
        for digest in _filtered(repository, given):
            ids += [identifier.document() for identifier in _ids(repository, digest)]
        found, following = page(ids, given, 100)
        return {"imageIds": list(found), **following}

    def describe_images(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: DescribeImages."""
        repository = self._named(given)
        wanted = _image_ids(given, required=False)
        if not wanted:
            found, following = page(_filtered(repository, given), given, 100)
            return {"imageDetails": [self._detail(repository, digest) for digest in found], **following}
        digests = []
        for item in wanted:
            digest = find_digest(repository, tag=item.tag, digest=item.digest)
            if digest is None:
                reference = ", ".join(f"{key}:'{value}'" for key, value in item.document().items())
                raise image_not_found(reference, repository.name, self._state.account)
            digests.append(digest)
        return {"imageDetails": [self._detail(repository, digest) for digest in dict.fromkeys(digests)]}

    def batch_check_layer_availability(self, given: Parameters, _now: datetime) -> Document:
        """AWS API: BatchCheckLayerAvailability."""
        repository = self._named(given)
        layers: list[Document] = []
        failures = []
        for digest in given.texts("layerDigests"):
            size = repository.blobs.get(digest)
            if not is_digest(digest):
                reason = "Invalid layer digest"
                failures.append({"layerDigest": digest, "failureCode": "InvalidLayerDigest", "failureReason": reason})
            elif size is None:
                layers.append({"layerDigest": digest, "layerAvailability": "UNAVAILABLE"})
            else:
                layers.append({"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": size})
        return {"layers": layers, "failures": failures}

    def _named(self, given: Parameters) -> Repository:
        return self._state.repository(given.text("repositoryName"))

    def _image(self, repository: Repository, stored: StoredImage, identifier: ImageId) -> Document:
        return {
            "registryId": self._state.account,
            "repositoryName": repository.name,
            "imageId": identifier.document(),
            "imageManifest": stored.manifest.content.decode(),
            "imageManifestMediaType": stored.manifest.media_type,
        }

    def _detail(self, repository: Repository, digest: str) -> Document:
        stored = repository.images[digest]
        detail: Document = {
            "registryId": self._state.account,
            "repositoryName": repository.name,
            "imageDigest": digest,
            "imageSizeInBytes": stored.manifest.size,
            "imagePushedAt": stored.pushed_at.timestamp(),
            "imageManifestMediaType": stored.manifest.media_type,
        }
        tags = repository.tags_of(digest)
        if tags:
            detail["imageTags"] = tags
        if stored.manifest.artifact_type is not None:
            detail["artifactMediaType"] = stored.manifest.artifact_type
        if stored.pulled_at is not None:
            detail["lastRecordedPullTime"] = stored.pulled_at.timestamp()
        return detail


def _image_ids(given: Parameters, *, required: bool) -> list[ImageId]:
    ids = [ImageId(i.optional_text("imageTag"), i.optional_text("imageDigest")) for i in given.structures("imageIds")]
    if len(ids) > 100 or (required and not ids):
        raise invalid_parameter("Invalid parameter at 'imageIds' failed to satisfy constraint: '1 to 100 items'")
    return ids


def _ids(repository: Repository, digest: str) -> list[ImageId]:
    """One identifier a tag; an image without tags has one all the same."""
    return [ImageId(tag, digest) for tag in repository.tags_of(digest)] or [ImageId(None, digest)]


def _filtered(repository: Repository, given: Parameters) -> list[str]:
    """Digests in the order of their push, by `filter.tagStatus`."""
    status = given.structure("filter").optional_text("tagStatus") or "ANY"
    if status not in {"ANY", "TAGGED", "UNTAGGED"}:
        raise invalid_parameter("Invalid parameter at 'filter.tagStatus'")
    tagged = set(repository.tags.values())
    return [digest for digest in repository.images if status == "ANY" or (digest in tagged) == (status == "TAGGED")]


def _failure(repository: Repository, wanted: ImageId) -> Document | None:
    """AWS API: ImageFailure."""
    code, reason = "", ""
    if wanted.tag is None and wanted.digest is None:
        code, reason = "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
    elif wanted.digest is not None and not is_digest(wanted.digest):
        code, reason = "InvalidImageDigest", "Invalid request parameters: image digest should satisfy the regex"
    elif find_digest(repository, tag=wanted.tag, digest=wanted.digest) is None:
        code, reason = "ImageNotFound", "Requested image not found"
        if wanted.digest in repository.images and wanted.tag in repository.tags:
            code, reason = "ImageTagDoesNotMatchDigest", "The given tag does not match the given digest"
    if not code:
        return None
    return {"imageId": wanted.document(), "failureCode": code, "failureReason": reason}


def _still_referenced(repository: Repository, wanted: ImageId) -> Document | None:
    digest = find_digest(repository, tag=wanted.tag, digest=wanted.digest)
    if digest is None or not referrers_of(repository, digest):
        return None
    if wanted.tag is not None and repository.tags_of(digest) != [wanted.tag]:
        return None
    parents = ", ".join(referrers_of(repository, digest))
    return {
        "imageId": wanted.document(),
        "failureCode": "ImageReferencedByManifestList",
        "failureReason": f"Requested image referenced by manifest list: [{parents}]",
    }
