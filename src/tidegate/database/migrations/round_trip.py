"""The round trip: each revision up, down and up again on a scratch database that has what the environment has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.database.migrations.child import ask
from tidegate.database.migrations.finding import Finding, judged
from tidegate.database.migrations.history import History
from tidegate.database.migrations.revision import Revision
from tidegate.database.migrations.severities import Severity
from tidegate.database.scratch import scratch
from tidegate.model.database import DatabaseSpec


@dataclass(frozen=True, slots=True)
class Trip:
    """What a round trip showed.

    Attributes:
        revisions: Those that were tried.
        findings: What they do to the release before.
        bare: Tables that took no row, with the server's reason: what a migration does to their rows was not seen.
    """

    revisions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    bare: Mapping[str, str] = field(default_factory=dict)


async def round_trip(
    root: Path, spec: DatabaseSpec, history: History, applied: Collection[str], revisions: Sequence[Revision]
) -> Trip:
    """Try revisions on a scratch database that has `applied`, and rows in every table.

    Contract revisions go up alone, unless they declare their way down lossless.

    Raises:
        MigrationFailed: One of them fails on rows, or does not come back to what was.
        EngineMissing: There is no server of this engine on this computer.
    """
    if not revisions:
        return Trip()
    assert spec.migrations
    async with scratch(spec.engine) as place:
        answer = await ask(
            "trip",
            root,
            spec.migrations,
            spec.engine,
            access=place.access,
            applied=sorted(applied),
            revisions=[revision.id for revision in revisions],
            dump=place.dump,
        )
    known = history.by_id()
    found = [judged(known[name], rule, known[name].where, what) for name, rule, what in answer["findings"]]
    kept = tuple(finding for finding in found if finding.severity is not Severity.OFF)
    return Trip(tuple(revision.id for revision in revisions), kept, answer["bare"])
