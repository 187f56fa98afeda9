"""`tidegate migrate`: how far the database of an environment is, and what a commit's migrations would do to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegate.cloud.ports import Cloud
from tidegate.database.access import Access, access_of
from tidegate.database.migrations.outline import Outline, Standing, outline, standing
from tidegate.database.migrations.revision import MigrationPhase, Revision
from tidegate.errors import ConfigError
from tidegate.execute.contract import refusal
from tidegate.ledger.contracting import contracting
from tidegate.model.database import DatabaseSpec
from tidegate.model.job import Duty, Job, Plan
from tidegate.model.pipeline import Pipeline, expand
from tidegate.operations.project import Project
from tidegate.operations.status import EnvironmentStatus, environments_status
from tidegate.operations.workshop import checkout

__all__ = [
    "MigrationPhase",
    "MigrationStatus",
    "Outline",
    "Revision",
    "migration_outline",
    "migration_status",
    "open_contraction",
]


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """How far a database is.

    Attributes:
        environment: Whose.
        database: Where it is, for people.
        standing: What it has and lacks of the commit's migrations.
        known: What the ledger knows of the environment; None before a first release.
    """

    environment: str
    database: str
    standing: Standing
    known: EnvironmentStatus | None


@dataclass(frozen=True, slots=True)
class _Asked:
    spec: DatabaseSpec
    source: Path
    access: Access


async def migration_status(project: Project, environment: str, reference: str = "HEAD") -> MigrationStatus:
    """Look how far the database of an environment is with the migrations of a commit. Writes nothing.

    Raises:
        ConfigError: The product has no migrations, or there is no such environment.
        HistoryError: The files make no history.
        Ahead: The database has a revision that they do not know.
        DatabaseError: Nobody answered, or let us in.
    """
    async with _asking(project, environment, reference) as asked:
        found = await standing(asked.source, asked.spec, asked.access)
    known = next((one for one in environments_status(project) if one.name == environment), None)
    return MigrationStatus(environment, asked.access.where, found, known)


async def migration_outline(
    project: Project, environment: str, phase: MigrationPhase, reference: str = "HEAD"
) -> Outline:
    """Judge what a phase of a commit's migrations would do: by the lint, and on a scratch server. Writes nothing.

    Raises:
        Failure: As `migration_status`.
        Blocked: Contract, and expand is not done.
        MigrationFailed: The lint could not be done, or a migration does not make its round trip.
    """
    async with _asking(project, environment, reference) as asked:
        return await outline(asked.source, asked.spec, asked.access, phase)


def open_contraction(project: Project, environment: str) -> str:
    """Open a run that contracts the database of an environment; returns its id. Nothing is started yet.

    Raises:
        ConfigError: When nothing is live there, or it has no schema.
        GateFailed: While a release is within its rollback window that needs what would go.
        SourceError: When the repository does not have the live commit.
    """
    with project.ledger() as ledger:
        view = ledger.environment(environment)
        if not view.live:
            raise ConfigError(
                f"nothing is live in {environment}", where=environment, what_next="`tidegate status` shows what is live"
            )
        commit = ledger.release(view.live).commit
        pipeline = project.pipeline_at(project.repository(), commit)
        spec = _spec(project, pipeline, environment)
        still = contracting(view, ledger.release, spec.rollback_window_seconds)
        if refused := refusal(still, environment, time.time()):
            raise refused
        limit = pipeline.timeouts.of(Duty.CONTRACT)
        why = f"{view.live} is live"
        job = Job(f"contract-{environment}", Duty.CONTRACT, environment=environment, reason=why, timeout_seconds=limit)
        plan = Plan(commit, None, (job,), reason=f"{environment}: contracted for {view.live}", carries=view.live)
        return ledger.open_run(commit, "", None, f"contract {environment}", plan).id


@asynccontextmanager
async def _asking(project: Project, environment: str, reference: str) -> AsyncIterator[_Asked]:
    repository = project.repository()
    commit = repository.resolve(reference)
    pipeline = project.pipeline_at(repository, commit)
    spec = _spec(project, pipeline, environment)
    source = await asyncio.to_thread(checkout, project, commit)
    async with project.cloud(pipeline) as cloud:
        yield _Asked(spec, source, await _access(cloud, spec, environment))


async def _access(cloud: Cloud, spec: DatabaseSpec, environment: str) -> Access:
    return access_of(await cloud.clusters.secret(expand(spec.secret, environment)))


def _spec(project: Project, pipeline: Pipeline, environment: str) -> DatabaseSpec:
    if environment not in pipeline.environments:
        raise ConfigError(
            f"there is no environment {environment}",
            where=project.file,
            what_next=f"name one of {', '.join(pipeline.environments)}",
        )
    if pipeline.database is None or pipeline.database.migrations is None:
        raise ConfigError(
            "the product has no migrations", where=project.file, what_next="declare `database` with `migrations`"
        )
    return pipeline.database
