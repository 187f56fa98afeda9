"""Databases: what a run asks of the databases of environments, behind one port.

Migrations and catalogs are foreign as the cloud is: tests and the simulation put others here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tidegate.execute.machine import Log
from tidegate.model.database import DatabaseSpec
from tidegate.model.verdict import Measurement


@dataclass(frozen=True, slots=True)
class Place:
    """The database of an environment.

    Attributes:
        environment: Whose.
        spec: What the product declares of it; names hold `{env}` still.
        source: The tree whose migrations are meant.
    """

    environment: str
    spec: DatabaseSpec
    source: Path


@dataclass(frozen=True, slots=True)
class SchemaFiles:
    """The schema half of a commit, as its files say.

    Attributes:
        migrations: `sha256:<hex>` of the migrations' files; empty where there are none.
        expand: The last expand migration; empty without any.
        contract: Contract migrations, in order.
        expectation: What the code expects of a database, JSON-compatible.
    """

    migrations: str
    expand: str
    contract: tuple[str, ...]
    expectation: object


@dataclass(frozen=True, slots=True)
class Outline:
    """How far a database is migrated, and what is still to be applied before the code.

    Attributes:
        expand: The last expand migration that is applied; empty before a first.
        contract: Contract migrations that are applied, in order.
        pending: Expand migrations that are not, in order.
    """

    expand: str
    contract: tuple[str, ...]
    pending: tuple[str, ...]


class Steps(Protocol):
    """Told of each step of a migration; nothing goes on before a method has returned."""

    async def intended(self, step: str, text: str) -> None:
        """It begins. Whether it happened must be looked for where nothing is `done` behind it."""

    async def done(self, step: str) -> None:
        """It is done, or was found done."""

    async def noted(self, text: str) -> None:
        """Something that people should know, such as a wait for a lock."""


class Databases(Protocol):
    """The databases of a product.

    All methods may raise `errors.Failure`, in whose words no password stands; no answer is one.
    """

    async def read(self, spec: DatabaseSpec, source: Path, log: Log) -> SchemaFiles:
        """Read the schema half of a commit; touches no environment."""

    async def outline(self, place: Place) -> Outline:
        """Look how far a database is. Refused: one that is ahead of the files, a history that is not one."""

    async def lint(self, place: Place, outline: Outline, log: Log) -> Sequence[Measurement]:
        """Judge what is pending by its statements."""

    async def round_trip(self, place: Place, outline: Outline, log: Log) -> Sequence[Measurement]:
        """Apply what is pending to a scratch copy with rows in it, take it back and apply it again."""

    async def expand(self, place: Place, outline: Outline, steps: Steps) -> None:
        """Apply what is pending, each migration whole or not at all where the engine can."""

    async def try_contract(self, place: Place, log: Log) -> Sequence[Measurement]:
        """Judge what of contract is not applied, by its statements and on a scratch copy."""

    async def contract(self, place: Place, steps: Steps) -> None:
        """Apply what of contract is not applied, as `expand` does."""

    async def differences(self, place: Place, expectation: object, log: Log) -> tuple[str, ...]:
        """Ask the database what it is, and tell each difference from what is expected in one line."""

    async def scratches(self, place: Place, prefix: str) -> tuple[str, ...]:
        """The databases beside the environment's own whose names begin so."""

    async def create_scratch(self, place: Place, name: str, outline: Outline, log: Log) -> None:
        """Make a database beside the environment's own: a copy of its schema, with what is pending applied."""

    async def drop_scratch(self, place: Place, name: str) -> None:
        """Drop a database that `create_scratch` made; nothing where it is gone."""
