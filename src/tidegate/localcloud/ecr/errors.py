"""What ECR refuses, as its two interfaces say it: AWS JSON errors, and the error list of the registry protocol."""

from tidegate.localcloud.ecr.names import shown


class EcrError(Exception):
    """A refusal of the control plane (AWS API: ECR, "Errors"; JSON 1.1 sends all of them with status 400).

    Attributes:
        code: The exception's name, as SDKs map it.
        message: What AWS says to a person.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class RegistryError(Exception):
    """A refusal of the registry protocol (OCI distribution specification, "Error Codes").

    Attributes:
        status: HTTP status.
        code: Such as `MANIFEST_UNKNOWN`.
        message: For a person.
        detail: What the refusal is about, in the specification's `detail` field.
        headers: Further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: object = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.headers = headers or {}


def repository_not_found(name: str, account: str) -> EcrError:
    """No repository of that name."""
    return EcrError(
        "RepositoryNotFoundException",
        f"The repository with name '{shown(name)}' does not exist in the registry with id '{account}'",
    )


def repository_exists(name: str, account: str) -> EcrError:
    """CreateRepository for a name that is taken."""
    return EcrError(
        "RepositoryAlreadyExistsException",
        f"The repository with name '{name}' already exists in the registry with id '{account}'",
    )


def repository_not_empty(name: str, account: str) -> EcrError:
    """DeleteRepository without force while images are left."""
    return EcrError(
        "RepositoryNotEmptyException",
        f"The repository with name '{name}' in registry with id '{account}' cannot be deleted "
        "because it still contains images",
    )


def invalid_parameter(message: str) -> EcrError:
    """A parameter that AWS's model or this service refuses."""
    return EcrError("InvalidParameterException", message)


def image_not_found(reference: str, name: str, account: str) -> EcrError:
    """No image with that tag or digest."""
    return EcrError(
        "ImageNotFoundException",
        f"The image with imageId {{{shown(reference)}}} does not exist within the repository with name '{name}' "
        f"in the registry with id '{account}'",
    )


def image_exists(digest: str, tag: str | None, name: str, account: str) -> EcrError:
    """PutImage that would change nothing."""
    return EcrError(
        "ImageAlreadyExistsException",
        f"Image with digest '{digest}' and tag '{tag or ''}' already exists in the repository with name '{name}' "
        f"in registry with id '{account}'",
    )


def tag_exists(tag: str, name: str) -> EcrError:
    """A tag that an immutable repository already holds, whatever it points to.

    Source: Amazon ECR user guide, "Image tag mutability"; that the same digest is refused as well is on record in
    aws/containers-roadmap#2179.
    """
    return EcrError(
        "ImageTagAlreadyExistsException",
        f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the "
        "repository is immutable.",
    )


def layers_not_found(digests: list[str], name: str, account: str) -> EcrError:
    """A manifest whose blobs were not pushed to this repository."""
    return EcrError(
        "LayersNotFoundException",
        f"Layers with digests '{digests}' required for pushing image into repository with name '{name}' "
        f"in the registry with id '{account}' do not exist",
    )


def referenced_images_not_found(digests: list[str], name: str, account: str) -> EcrError:
    """An index whose manifests were not pushed to this repository."""
    return EcrError(
        "ReferencedImagesNotFoundException",
        f"Images with digests '{digests}' required for pushing image into repository with name '{name}' "
        f"in the registry with id '{account}' do not exist",
    )


def digest_mismatch(given: str, true: str) -> EcrError:
    """A digest from the caller that the content does not have."""
    return EcrError(
        "ImageDigestDoesNotMatchException",
        f"The provided image digest '{shown(given)}' does not match the image's digest '{true}'",
    )


def not_emulated(what: str) -> EcrError:
    """Something that AWS offers and this service does not."""
    return EcrError("NotEmulated", f"{what}: not emulated by the embedded cloud", 501)
