"""History: all revisions of a product in an order in which they can be applied, each with its phase."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tidegate.database.migrations import source
from tidegate.database.migrations.refusals import HistoryError
from tidegate.database.migrations.revision import MigrationPhase, Revision

LABELS = frozenset(phase.value for phase in MigrationPhase)


@dataclass(frozen=True, slots=True)
class History:
    """Revisions, each behind all that it needs.

    Attributes:
        revisions: All of them.
    """

    revisions: tuple[Revision, ...]

    @classmethod
    def read(cls, folder: Path, shown: str = "") -> "History":
        """The history in Alembic's folder, whose files lie in `versions` and the folders below it.

        Args:
            folder: The folder, with `versions` in it.
            shown: Its path as people know it; the folder itself by default.

        Raises:
            HistoryError: When there is no such folder, a file is wrong, or the revisions make no history.
        """
        versions, name = folder / "versions", shown or str(folder)
        if not versions.is_dir():
            raise HistoryError(
                "there are no migrations", where=f"{name}/versions", what_next="`alembic init` lays such a folder out"
            )
        files = sorted(path for path in versions.rglob("*.py") if "__pycache__" not in path.parts)
        found = (source.read(path, f"{name}/{path.relative_to(folder).as_posix()}") for path in files)
        return cls.of(revision for revision in found if revision)

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> "History":
        """A history of these revisions, in whatever order they come.

        Raises:
            HistoryError: Two files with one revision, a revision that is missing, a cycle, a revision of two phases,
                or two heads in one phase.
        """
        known = _by_id(revisions)
        _check_present(known)
        ordered = _ordered(known)
        phased = _phased(ordered)
        for phase in MigrationPhase:
            _check_one_head([revision for revision in phased if revision.phase is phase], phase)
        return cls(tuple(phased))

    def by_id(self) -> dict[str, Revision]:
        """Revisions by id."""
        return {revision.id: revision for revision in self.revisions}

    def closure(self, heads: Collection[str]) -> frozenset[str]:
        """The revisions that a database with these heads has. Heads that are not known here are left out."""
        known = self.by_id()
        seen: set[str] = set()
        pending = [head for head in heads if head in known]
        while pending:
            one = pending.pop()
            if one not in seen:
                seen.add(one)
                pending += known[one].needs
        return frozenset(seen)

    def heads(self, phase: MigrationPhase) -> tuple[str, ...]:
        """The last revision of a phase; empty when it has none."""
        return tuple(revision.id for revision in _heads([one for one in self.revisions if one.phase is phase]))


def _by_id(revisions: Iterable[Revision]) -> dict[str, Revision]:
    known: dict[str, Revision] = {}
    for revision in revisions:
        if revision.id in known:
            raise HistoryError(
                f"revision {revision.id} is in {known[revision.id].file} too",
                where=revision.where,
                what_next="give one of them another revision",
            )
        known[revision.id] = revision
    return known


def _check_present(known: dict[str, Revision]) -> None:
    for revision in known.values():
        for need in revision.needs:
            if need not in known:
                raise HistoryError(
                    f"revision {revision.id} needs {need}, which no file declares",
                    where=revision.where,
                    what_next="bring the missing file back, or name another revision",
                )


def _ordered(known: dict[str, Revision]) -> list[Revision]:
    """Each behind all that it needs; among those that are free, expand before contract by what their files say."""
    done: dict[str, Revision] = {}
    rest = dict(sorted(known.items(), key=lambda one: (one[1].file, one[0])))
    while rest:
        free = [revision for revision in rest.values() if all(need in done for need in revision.needs)]
        if not free:
            ring = _ring(rest)
            raise HistoryError(f"revisions need each other in a circle: {' → '.join(ring)}", where=rest[ring[0]].where)
        for revision in free:
            done[revision.id] = rest.pop(revision.id)
    return list(done.values())


def _ring(rest: dict[str, Revision]) -> list[str]:
    path: list[str] = [next(iter(rest))]
    while True:
        following = next(need for need in rest[path[-1]].needs if need in rest)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _phased(ordered: Sequence[Revision]) -> list[Revision]:
    """Labels hold for all behind the revision that declares them, as Alembic's do."""
    labels: dict[str, frozenset[str]] = {}
    phased = []
    for revision in ordered:
        inherited = frozenset[str]().union(*(labels[down] for down in revision.down))
        labels[revision.id] = own = (inherited | frozenset(revision.labels)) & LABELS
        if len(own) > 1:
            raise HistoryError(
                f"revision {revision.id} is of both phases",
                where=revision.where,
                what_next="let a contract revision follow contract revisions, and name the expand one in depends_on",
            )
        contract = MigrationPhase.CONTRACT.value in own
        phased.append(replace(revision, phase=MigrationPhase.CONTRACT if contract else MigrationPhase.EXPAND))
    return phased


def _heads(revisions: Sequence[Revision]) -> list[Revision]:
    followed = {down for revision in revisions for down in revision.down}
    return [revision for revision in revisions if revision.id not in followed]


def _check_one_head(revisions: Sequence[Revision], phase: MigrationPhase) -> None:
    heads = _heads(revisions)
    if len(heads) > 1:
        names, ids = ", ".join(f"{head.id} ({head.where})" for head in heads), " ".join(head.id for head in heads)
        raise HistoryError(
            f"the {phase.value} phase has {len(heads)} heads: {names}",
            where=heads[-1].where,
            what_next=f"let one of them follow the other, or merge them: `alembic merge {ids}`",
        )
