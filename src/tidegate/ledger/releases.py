"""Releases in the ledger."""

from dataclasses import replace

from tidegate.errors import Conflict
from tidegate.ledger.book import Book
from tidegate.ledger.chain import CONFLICTS, always_late
from tidegate.ledger.codec import RELEASES
from tidegate.ledger.projection import Projection
from tidegate.ledger.refusals import Unknown
from tidegate.model.record import ReleaseAdded
from tidegate.model.release import Release

STREAM = "releases"
RECENT = 50
"""How many releases are looked at for one that the same run made before it was killed."""


class Releases(Book):
    """Reads and writes releases; the ledger gives them their ids."""

    def add_release(self, release: Release) -> Release:
        """Add a release, whose `id` is ignored, and return it with the next id.

        A run that was killed right behind this call and is resumed gets the release that it made, not a second one.
        `created` is filled in where it is 0.
        """
        for _ in range(CONFLICTS):
            head = self._journal.refresh(STREAM)
            made = self._made_by(release)
            if made:
                return made
            at = self._clock()
            added = replace(release, id=f"r{head.length + 1}", created=release.created or at)
            try:
                self._journal.append_at(STREAM, head, RELEASES.encode(ReleaseAdded(added, at)))
            except Conflict:
                continue
            return added
        raise always_late(STREAM)

    def release(self, id: str) -> Release:  # noqa: A002  # the word of `Release.id`
        """Return a release by its id.

        Raises:
            refusals.Unknown: There is no such release.
        """
        number = id[1:]
        known = id[:1] == "r" and number.isascii() and number.isdigit() and number[0] != "0"
        if known and int(number) <= len(releases := self._all()):
            return releases[int(number) - 1]
        raise Unknown(f"there is no release {id}", where="ledger", what_next="`tidegate history` lists the releases")

    def releases(self, limit: int | None = None) -> list[Release]:
        """Return the latest releases, the latest first."""
        latest = self._all()[::-1]
        return latest if limit is None else latest[:limit]

    def last_release(self) -> Release | None:
        """Return the latest release: what changes are counted from; None before a first."""
        return next(iter(self.releases(1)), None)

    def release_of(self, run: str) -> Release | None:
        """Return the latest release that a run made, among the last `RECENT`; None if it made none."""
        return next((release for release in self.releases(RECENT) if release.run == run), None)

    def _made_by(self, release: Release) -> Release | None:
        recent = self._all()[-RECENT:]
        return next((known for known in recent if known.run == release.run and known.same_content(release)), None)

    def _all(self) -> list[Release]:
        """Every release, the oldest first; only those that are new are read."""
        return self._once(
            ("releases",), lambda: Projection[list[Release], ReleaseAdded](self._journal, STREAM, RELEASES, [], _added)
        ).current()


def _added(known: list[Release], record: ReleaseAdded, seq: int) -> list[Release]:
    del seq
    return [*known, record.release]
