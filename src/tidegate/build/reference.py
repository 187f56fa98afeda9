"""Image names: `FROM`'s short forms made whole."""

import ipaddress
import re
from dataclasses import dataclass

from tidegate.errors import BuildError

_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image by registry host, repository and tag or digest; the digest counts when there are both."""

    host: str
    repository: str
    tag: str
    digest: str

    @property
    def wanted(self) -> str:
        """What to ask the registry for."""
        return self.digest or self.tag

    @property
    def url(self) -> str:
        """The registry's address: plain HTTP on loopback only."""
        return f"{'http' if is_loopback(self.host) else 'https'}://{self.host}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.repository}{tag}{'@' + self.digest if self.digest else ''}"


def parse_reference(text: str) -> Reference:
    """Read an image name as `FROM` takes it; without a registry it is Docker Hub's.

    Raises:
        BuildError: Malformed.
    """
    rest, _, digest = text.partition("@")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        host, rest = head, tail
    else:
        host = "registry-1.docker.io"
        rest = rest if slash else f"library/{rest}"
    repository, _, tag = rest.partition(":")
    good = _REPOSITORY.fullmatch(repository) and (not digest or _DIGEST.fullmatch(digest))
    if not good or (tag and not _TAG.fullmatch(tag)) or ("@" in text and not digest):
        raise BuildError(f"not an image name: {text!r}")
    return Reference(host, repository, tag or ("" if digest else "latest"), digest)


def is_loopback(host: str) -> bool:
    """Whether `host[:port]` is this machine."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
