"""The workshop of a run: its commit checked out, its cloud open, on this machine."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidegate.cloud.patience import Patience
from tidegate.cloud.patient import patient
from tidegate.cloud.ports import Cloud
from tidegate.execute.database import Databases
from tidegate.execute.local_machine import LocalMachine
from tidegate.execute.machine import Log
from tidegate.execute.workshop import Edition, Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import Plan
from tidegate.model.pipeline import Pipeline
from tidegate.model.run import RunView
from tidegate.operations.addresses import read_addresses
from tidegate.operations.doctor import examiner
from tidegate.operations.project import Project

OUTAGE = Patience(attempts=6, first_seconds=0.5)
"""A run goes on asking for a quarter of a minute, the retries of the adapters included; what lasts longer is for
`tidegate resume`."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Who walks a run, or one job of it.

    Attributes:
        holder: Who holds what the run locks.
        alive: Whether somebody walks a run.
        environments: Those that it may touch, whose settings must be there; None for all.
        echo: What each line of a job's log is told besides; None for nobody.
    """

    holder: str
    alive: Callable[[RunView], bool]
    environments: Sequence[str] | None = None
    echo: Log | None = None


@contextlib.asynccontextmanager
async def open_workshop(
    project: Project, ledger: Ledger, view: RunView, plan: Plan, walker: Walker
) -> AsyncIterator[Workshop]:
    """What the executors of a run work with, until the block ends.

    Raises:
        Failure: When the commit's files, a setting of an environment, or the cloud cannot be had.
    """
    pipeline = project.pipeline_at(project.repository(), view.commit)
    source = await asyncio.to_thread(checkout, project, view.commit)
    addresses = read_addresses(pipeline, project.home, only=walker.environments)
    with project.shared_bundles() as shared:
        async with project.cloud(pipeline) as cloud:
            examine = examiner(project.home, pipeline, cloud, ledger)
            yield Workshop(
                run=view.id,
                pipeline=pipeline,
                plan=plan,
                source=source,
                machine=LocalMachine(project.home, walker.echo, shared),
                cloud=patient(cloud, OUTAGE),
                ledger=ledger,
                addresses=addresses,
                holder=walker.holder,
                alive=lambda other: walker.alive(ledger.run(other)),
                examine=lambda environment: OUTAGE.read(lambda: examine(environment)),
                clock=time.time,
                databases=_databases(pipeline, patient(cloud, OUTAGE)),
                past=lambda commit: _edition(project, commit),
            )


def _databases(pipeline: Pipeline, cloud: Cloud) -> Databases | None:
    if pipeline.database is None:
        return None
    from tidegate.execute.aurora import AuroraDatabases  # noqa: PLC0415 - of no use to a product without a database

    return AuroraDatabases(cloud)


def checkout(project: Project, commit: str) -> Path:
    """The tree of a commit below the home; there whole or not at all.

    Raises:
        SourceError: When the commit's files cannot be had, for example because of a submodule.
    """
    folder = project.home.source(commit)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            draft = Path(scratch) / "tree"
            project.repository().checkout(commit, draft)
            os.replace(draft, folder)  # noqa: PTH105 - a checkout is there whole or not at all
    return folder


def _edition(project: Project, commit: str) -> Edition:
    return Edition(project.pipeline_at(project.repository(), commit), checkout(project, commit))
