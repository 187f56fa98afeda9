"""The databases of environments: Aurora clusters, as their secrets say, through what `database` knows of schemas."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tidegate.cloud.ports import Cloud
from tidegate.database import beside
from tidegate.database.access import Access
from tidegate.database.difference import Difference
from tidegate.database.expectation import of_document
from tidegate.database.expected import expectation, schema_of
from tidegate.database.introspection.asker import ask
from tidegate.database.migrations.applying import apply
from tidegate.database.migrations.building import build
from tidegate.database.migrations.finding import Finding
from tidegate.database.migrations.history import History
from tidegate.database.migrations.journal import MigrationStep
from tidegate.database.migrations.lint import lint
from tidegate.database.migrations.outline import Standing, standing
from tidegate.database.migrations.outline import outline as judged_phase
from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.database.migrations.round_trip import Trip, round_trip
from tidegate.database.migrations.severities import Severity
from tidegate.database.schema_gate import judge
from tidegate.database.second_opinion import second_opinion
from tidegate.errors import ConfigError
from tidegate.execute.database import Outline, Place, SchemaFiles, Steps
from tidegate.execute.machine import Log
from tidegate.model.database import DatabaseSpec
from tidegate.model.pipeline import expand
from tidegate.model.schema import Schema
from tidegate.model.verdict import Measurement, Verdict


class AuroraDatabases:
    """Implements `execute.database.Databases`.

    Args:
        cloud: Tells where the databases are, and invokes the function inside the VPC.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def read(self, spec: DatabaseSpec, source: Path, log: Log) -> SchemaFiles:
        """See `Databases.read`; scratch servers of this machine carry the files out."""
        history = _history(spec, source)
        contract = _ids(history, MigrationPhase.CONTRACT)

        async def migrate(access: Access, with_contract: bool) -> None:
            heads = _ids(history, MigrationPhase.EXPAND) + (contract if with_contract else ())
            await build(source, spec, access, _ordered(history, history.closure(heads)))

        found = await expectation(source, spec, migrate=migrate if spec.migrations else None, contracts=bool(contract))
        head = history.heads(MigrationPhase.EXPAND)
        log(f"{len(history.revisions)} migrations, the last to expand {head[0] if head else 'none'}")
        digest = _digest(source / spec.migrations) if spec.migrations else ""
        return SchemaFiles(digest, head[0] if head else "", contract, found.document())

    async def outline(self, place: Place) -> Outline:
        """See `Databases.outline`."""
        return _outline(await self._standing(place))

    async def lint(self, place: Place, outline: Outline, log: Log) -> Sequence[Measurement]:
        """See `Databases.lint`."""
        found = await self._standing(place)
        assert place.spec.migrations
        pending = _pending(found, outline)
        findings = await lint(place.source, place.spec.migrations, place.spec.engine, pending, found.version)
        return _measured("lint", f"{len(pending)} migrations", findings, log)

    async def round_trip(self, place: Place, outline: Outline, log: Log) -> Sequence[Measurement]:
        """See `Databases.round_trip`."""
        found = await self._standing(place)
        pending = _pending(found, outline)
        trip = await round_trip(place.source, place.spec, found.history, found.applied, pending)
        _tell_unseen(trip, log)
        return _measured("round trip", f"{len(trip.revisions)} migrations up, down and up", trip.findings, log)

    async def expand(self, place: Place, outline: Outline, steps: Steps) -> None:
        """See `Databases.expand`."""
        del outline  # what is pending is asked again under the lock of all migrations
        access = await self._access(place)
        await apply(place.source, place.spec, access, MigrationPhase.EXPAND, _Told(steps))

    async def try_contract(self, place: Place, log: Log) -> Sequence[Measurement]:
        """See `Databases.try_contract`."""
        found = await judged_phase(place.source, place.spec, await self._access(place), MigrationPhase.CONTRACT)
        _tell_unseen(found.trip, log)
        about = f"{len(found.revisions)} migrations on a scratch server"
        return _measured("contract", about, found.findings, log)

    async def contract(self, place: Place, steps: Steps) -> None:
        """See `Databases.contract`."""
        access = await self._access(place)
        await apply(place.source, place.spec, access, MigrationPhase.CONTRACT, _Told(steps))

    async def differences(self, place: Place, expectation: object, log: Log) -> tuple[str, ...]:
        """See `Databases.differences`; what is only noted goes to the log."""
        expected = of_document(expectation)
        found = await self._asked(place)
        more: tuple[Difference, ...] = ()
        if place.spec.introspection is None:
            access = await self._access(place)
            more, why_not = await asyncio.to_thread(second_opinion, expected, found, access)
            log(f"the dump is not compared: {why_not}" if why_not else "the dump is compared too")
        verdict = judge(expected, found, more=more)
        for note in verdict.notes:
            log(f"noted: {note.line}")
        return tuple(failure.line for failure in verdict.failures)

    async def scratches(self, place: Place, prefix: str) -> tuple[str, ...]:
        """See `Databases.scratches`."""
        return await asyncio.to_thread(beside.beside, await self._access(place), prefix)

    async def create_scratch(self, place: Place, name: str, outline: Outline, log: Log) -> None:
        """See `Databases.create_scratch`. The migrations make the copy: rows that they add are there, no others."""
        access = await self._access(place)
        found = await self._standing(place)
        await asyncio.to_thread(beside.create, access, name)
        wanted = found.applied | set(outline.pending)
        await build(place.source, place.spec, access.at(name), _ordered(found.history, wanted))
        log(f"scratch database {name}: {len(wanted)} migrations")

    async def drop_scratch(self, place: Place, name: str) -> None:
        """See `Databases.drop_scratch`."""
        await asyncio.to_thread(beside.drop, await self._access(place), name)

    async def _access(self, place: Place) -> Access:
        name = expand(place.spec.secret, place.environment)
        secret = await self._cloud.clusters.secret(name)
        if secret.engine is not place.spec.engine:
            raise ConfigError(
                f"the secret is of a {secret.engine} database, and {place.spec.engine} is declared",
                where=f"secret {name}",
                what_next="correct database.engine, or the secret",
            )
        return Access(secret.engine, secret.host, secret.port, secret.database, secret.user, secret.password)

    async def _standing(self, place: Place) -> Standing:
        return await standing(place.source, place.spec, await self._access(place))

    async def _asked(self, place: Place) -> Schema:
        if place.spec.introspection is not None:
            name = expand(place.spec.introspection, place.environment)
            return await ask(self._cloud.functions, name, place.spec.engine)
        return await asyncio.to_thread(schema_of, await self._access(place))


class _Told:
    """Steps of a migration, told on."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def intended(self, step: MigrationStep) -> None:
        await self._steps.intended(step.name, step.text)

    async def done(self, step: MigrationStep) -> None:
        await self._steps.done(step.name)

    async def noted(self, text: str) -> None:
        await self._steps.noted(text)


def _tell_unseen(trip: Trip, log: Log) -> None:
    for table, why in trip.bare.items():
        log(f"round trip: {table} took no rows, so what happens to them was not seen: {why}")


def _history(spec: DatabaseSpec, source: Path) -> History:
    return History.read(source / spec.migrations, spec.migrations) if spec.migrations else History(())


def _ids(history: History, phase: MigrationPhase) -> tuple[str, ...]:
    return tuple(revision.id for revision in history.revisions if revision.phase is phase)


def _ordered(history: History, wanted: Iterable[str]) -> list[str]:
    known = set(wanted)
    return [revision.id for revision in history.revisions if revision.id in known]


def _outline(found: Standing) -> Outline:
    expand = [one for one in _ids(found.history, MigrationPhase.EXPAND) if one in found.applied]
    contract = tuple(one for one in _ids(found.history, MigrationPhase.CONTRACT) if one in found.applied)
    return Outline(expand[-1] if expand else "", contract, tuple(revision.id for revision in found.expand))


def _pending(found: Standing, outline: Outline) -> tuple[Revision, ...]:
    return tuple(revision for revision in found.expand if revision.id in outline.pending)


def _measured(name: str, about: str, findings: Iterable[Finding], log: Log) -> Sequence[Measurement]:
    """Findings as measurements: those that block fail, the others warn."""
    found = tuple(findings)
    for finding in found:
        log(f"{name}: {finding.line}")
    blocking = [Measurement(name, Verdict.FAILED, one.line) for one in found if one.blocks]
    warning = [
        Measurement(f"{name}: {one.rule}", Verdict.FAILED, one.line, warn=True)
        for one in found
        if not one.blocks and not one.accepted and one.severity is not Severity.OFF
    ]
    return (*(blocking or [Measurement(name, Verdict.SUCCESSFUL, about)]), *warning)


def _digest(folder: Path) -> str:
    """`sha256:<hex>` of the files of a folder, by name and content; what Python leaves there does not count."""
    digest = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in sorted(files):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return f"sha256:{digest.hexdigest()}"
