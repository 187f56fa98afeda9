"""The databases of environments in memory: what a run asks of them, through the cloud's wire."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.memory_wire import Wire
from tidegate.errors import Failure
from tidegate.execute.database import Outline, Place, SchemaFiles, Steps
from tidegate.execute.machine import Log
from tidegate.model.database import DatabaseSpec
from tidegate.model.verdict import Measurement, Verdict

History = Mapping[str, Sequence[str]]
HISTORY = "migrations.json"
"""The file that stands for a folder of migrations: `{"expand": […], "contract": […], "expected": […]}`."""


@dataclass(slots=True)
class Server:
    """The cluster of one environment.

    Attributes:
        applied: Migrations of the environment's own database.
        scratch: Name of a scratch database → migrations applied to it.
    """

    applied: list[str] = field(default_factory=list)
    scratch: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class DatabasesState:
    """What the clusters hold, whoever asks, and how migrations behave.

    Attributes:
        refused: Migrations that the lint does not let pass.
        one_way: Migrations that cannot be taken back.
        broken: Migrations that fail where they are applied to an environment.
        down: Environments whose database does not answer.
    """

    servers: dict[str, Server] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    one_way: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    def server(self, environment: str) -> Server:
        return self.servers.setdefault(environment, Server())

    def used_by(self, environment: str, database: str) -> list[str]:
        """What is applied where a function finds its database by this name; empty means the environment's own."""
        server = self.server(environment)
        return server.scratch[database] if database else server.applied


class MemoryDatabases:
    """Implements `execute.database.Databases`."""

    def __init__(
        self, wire: Wire, state: DatabasesState | None = None, history: Callable[[Path], History] | None = None
    ) -> None:
        self._wire = wire
        self._history = history or _read
        self.state = state or DatabasesState()

    async def read(self, spec: DatabaseSpec, source: Path, log: Log) -> SchemaFiles:
        history = self._history(source)
        text = json.dumps([history["expand"], history["contract"]])
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        expand = history["expand"][-1] if history["expand"] else ""
        return SchemaFiles(digest, expand, tuple(history["contract"]), {"tables": list(history["expected"])})

    async def outline(self, place: Place) -> Outline:
        history = self._history(place.source)

        def call() -> Outline:
            applied = self._server(place).applied
            known = (*history["expand"], *history["contract"])
            if ahead := [one for one in applied if one not in known]:
                raise Failure(f"the database is ahead of the code: {', '.join(ahead)}", where=place.environment)
            expand = [one for one in applied if one in history["expand"]]
            contract = tuple(one for one in applied if one in history["contract"])
            pending = tuple(one for one in history["expand"] if one not in applied)
            return Outline(expand[-1] if expand else "", contract, pending)

        return await self._wire.ask(f"databases.outline {place.environment}", call)

    async def lint(self, place: Place, outline: Outline, log: Log) -> Sequence[Measurement]:
        bad = [one for one in outline.pending if one in self.state.refused]
        verdict = Verdict.FAILED if bad else Verdict.SUCCESSFUL
        return (Measurement("lint", verdict, f"{', '.join(bad)} locks the table" if bad else ""),)

    async def round_trip(self, place: Place, outline: Outline, log: Log) -> Sequence[Measurement]:
        bad = [one for one in outline.pending if one in self.state.one_way]
        verdict = Verdict.FAILED if bad else Verdict.SUCCESSFUL
        return (Measurement("round trip", verdict, f"{', '.join(bad)} cannot be taken back" if bad else ""),)

    async def expand(self, place: Place, outline: Outline, steps: Steps) -> None:
        for revision in outline.pending:
            await self._apply("expand", place, revision, steps)

    async def _apply(self, phase: str, place: Place, revision: str, steps: Steps) -> None:
        await steps.intended(f"migrate {revision}", "")

        def call() -> None:
            server = self._server(place)
            if revision in self.state.broken:
                raise Failure(f"{revision}: syntax error in its third statement", where=place.environment)
            if revision in server.applied:  # Alembic's own update of its table finds no row
                raise Failure(f"{revision} is applied already: somebody else was here", where=place.environment)
            server.applied.append(revision)

        await self._wire.tell(f"databases.{phase} {place.environment} {revision}", call)
        await steps.done(f"migrate {revision}")

    async def try_contract(self, place: Place, log: Log) -> Sequence[Measurement]:
        bad = [one for one in self._history(place.source)["contract"] if one in self.state.refused]
        verdict = Verdict.FAILED if bad else Verdict.SUCCESSFUL
        return (Measurement("contract", verdict, f"{', '.join(bad)} locks the table" if bad else ""),)

    async def contract(self, place: Place, steps: Steps) -> None:
        applied = self._server(place).applied
        pending = [one for one in self._history(place.source)["contract"] if one not in applied]
        for revision in pending:
            await self._apply("contract", place, revision, steps)

    async def differences(self, place: Place, expectation: object, log: Log) -> tuple[str, ...]:
        assert isinstance(expectation, dict)
        tables: list[str] = expectation["tables"]
        applied = await self._wire.ask(
            f"databases.differences {place.environment}", lambda: list(self._server(place).applied)
        )
        return tuple(f"{table}: expected, not found; {table} would mend it" for table in tables if table not in applied)

    async def scratches(self, place: Place, prefix: str) -> tuple[str, ...]:
        def call() -> tuple[str, ...]:
            return tuple(name for name in self._server(place).scratch if name.startswith(prefix))

        return await self._wire.ask(f"databases.scratches {place.environment}", call)

    async def create_scratch(self, place: Place, name: str, outline: Outline, log: Log) -> None:
        def call() -> None:
            server = self._server(place)
            assert name not in server.scratch, "CREATE DATABASE of one that is there"
            server.scratch[name] = [*server.applied, *outline.pending]

        await self._wire.tell(f"databases.create_scratch {place.environment}", call)

    async def drop_scratch(self, place: Place, name: str) -> None:
        await self._wire.tell(
            f"databases.drop_scratch {place.environment}", lambda: self._server(place).scratch.pop(name, None)
        )

    def _server(self, place: Place) -> Server:
        if place.environment in self.state.down:
            raise Failure("the database does not answer", where=place.environment)
        return self.state.server(place.environment)


def _read(source: Path) -> History:
    found: dict[str, list[str]] = json.loads((source / HISTORY).read_text(encoding="utf-8"))
    return found
