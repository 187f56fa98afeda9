"""What names, tags and digests look like, and how an image URI is read."""

import re
from dataclasses import dataclass

# AWS API: ECR RepositoryName; the registry protocol's <name> is the same set.
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
# OCI distribution specification: a tag.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


def is_repository(name: str) -> bool:
    """Whether AWS accepts `name` for a repository (2 to 256 characters)."""
    return 2 <= len(name) <= 256 and _REPOSITORY.fullmatch(name) is not None


def is_tag(tag: str) -> bool:
    """Whether the registry protocol accepts `tag`."""
    return _TAG.fullmatch(tag) is not None


def is_digest(digest: str) -> bool:
    """Whether `digest` is a sha256 digest in the registry's form; other algorithms are not stored."""
    return _DIGEST.fullmatch(digest) is not None


def shown(text: str) -> str:
    """A name from outside, bounded and printable, for an error message."""
    return "".join(c if c.isprintable() else "?" for c in text[:300])


@dataclass(frozen=True, slots=True)
class ImageReference:
    """`<host>/<repository>:<tag>` or `<host>/<repository>@<digest>` in parts; exactly one of tag and digest is set."""

    host: str
    repository: str
    tag: str | None
    digest: str | None


def parse_image_uri(uri: str) -> ImageReference | None:
    """Read an image URI as Lambda takes it.

    Returns:
        Its parts, or None when it is malformed. Without tag and digest the tag is `latest`. A digest wins over a tag.
    """
    host, slash, rest = uri.partition("/")
    if not slash or not host:
        return None
    rest, at, digest = rest.partition("@")
    name, colon, tag = rest.partition(":")
    if not is_repository(name) or (at and not is_digest(digest)) or (colon and not is_tag(tag)):
        return None
    if at:
        return ImageReference(host, name, None, digest)
    return ImageReference(host, name, tag or "latest", None)
