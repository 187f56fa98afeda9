"""The site as a target: one interface, two strategies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tidegate.model.snapshot import SitePointer, SiteSnapshot


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """Where the site of an environment lives: what the reference keeps as secrets of a GitHub environment.

    Attributes:
        app: Id of the distribution that users reach.
        test: Id of the distribution that tests reach.
        bucket: Bucket of both.
        api_url: The live API.
        candidate_api_url: The candidate API.
    """

    app: str
    test: str
    bucket: str
    api_url: str
    candidate_api_url: str


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file of a bundle. `hashed` files carry their content's hash in their name and are shared by releases."""

    path: str
    source: Path
    content_type: str
    hashed: bool


@dataclass(frozen=True, slots=True)
class SiteBundle:
    """The files of one built site."""

    digest: str
    files: tuple[SiteFile, ...]


class SiteTarget(Protocol):
    """How a site goes live in one environment."""

    async def observe(self) -> SiteSnapshot:
        """What TEST and APP serve."""

    async def upload(self, bundle: SiteBundle) -> int:
        """Bring the bundle's files where pointers can reach them, touching nothing that is served.

        Returns the number of files that were not there yet.
        """

    async def has(self, release: str) -> bool:
        """Whether a bundle is there whole, so that a pointer may move to it without an upload."""

    async def page(self, release: str) -> bytes | None:
        """The first page of a bundle that is there; None when it has none."""

    def serves(self, snapshot: SiteSnapshot, release: str) -> bool:
        """Whether users are served a bundle and can be served no other."""

    async def show_candidate(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        """Make TEST serve a bundle. `Moved` when TEST is not where `expected` says."""

    async def promote(self, release: str, expected: SitePointer, runtime: Mapping[str, str]) -> None:
        """Make APP serve a bundle. `Moved` when APP is not where `expected` says."""

    async def fence(self, snapshot: SiteSnapshot, note: str) -> None:
        """Change the revision of both pointers without moving them: a write that expects the old one then fails."""
