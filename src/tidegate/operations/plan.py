"""`tidegate plan`: what a push would do, which file and which pattern is the reason, and how long it took before."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tidegate.changes.detect import detect
from tidegate.changes.git import Repository
from tidegate.cloud.ports import Cloud
from tidegate.execute.workshop import site_target
from tidegate.ledger.eligibility import lack
from tidegate.ledger.ledger import Ledger
from tidegate.model.changes import ChangeSet
from tidegate.model.job import Plan
from tidegate.model.pipeline import Pipeline
from tidegate.model.release import Release
from tidegate.operations.addresses import read_addresses
from tidegate.operations.project import Project
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import scope_of
from tidegate.targets import functions
from tidegate.targets.site import SiteAddress


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from.

    Attributes:
        pipeline: What the commit declares.
        changes: What changed since the last release.
        plan: What would run.
        expected: Job → seconds that it took the last times; absent for jobs never seen.
    """

    pipeline: Pipeline
    changes: ChangeSet
    plan: Plan
    expected: dict[str, float]


async def make_plan(project: Project, reference: str = "HEAD") -> Planned:
    """Plan a run of a commit against what its environments serve now.

    Raises:
        SourceError: When the repository cannot tell what changed.
        ConfigError: When `tidegate.yaml` or an environment's settings are wrong.
        CloudError: When an environment cannot be observed.
    """
    repository = project.repository()
    commit = repository.resolve(reference)
    pipeline = project.pipeline_at(repository, commit)
    with project.ledger() as ledger:
        last = ledger.last_release()
        changes = _changes(repository, pipeline, commit, last)
        scope = scope_of(pipeline, changes, last)
        behind = {name: Behind() for name in pipeline.environments}
        if scope.release:
            project.endpoint(pipeline)
            addresses = read_addresses(pipeline, project.home)
            async with project.cloud(pipeline) as cloud:
                behind = await behind_of(cloud, pipeline, addresses, last, ledger)
        plan = _told(plan_run(pipeline, commit, last.commit if last else None, scope, last, behind))
        return Planned(pipeline, changes, plan, expected_times(ledger, plan))


def printable(text: str) -> str:
    """A text that may hold file names, as it can be printed: control characters and bytes that are no text escaped."""
    plain = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return plain if plain.isprintable() else repr(plain)[1:-1]


def _told(plan: Plan) -> Plan:
    """The plan with reasons that can be printed: they name files, and a file's name may hold anything."""
    jobs = tuple(replace(job, reason=printable(job.reason)) for job in plan.jobs)
    return replace(plan, reason=printable(plan.reason), jobs=jobs)


def expected_times(ledger: Ledger, plan: Plan) -> dict[str, float]:
    """Seconds that each applicable job took the last times."""
    known = ledger.expected_times()
    return {job.name: known[job.name] for job in plan.jobs if job.applies and job.name in known}


def _changes(repository: Repository, pipeline: Pipeline, commit: str, last: Release | None) -> ChangeSet:
    base = last.commit if last else None
    files = repository.changed_files(base, commit)
    components = {name: component.patterns for name, component in pipeline.components.items()}
    return detect(base, commit, files, components, pipeline.ignore)


async def behind_of(
    cloud: Cloud, pipeline: Pipeline, addresses: Mapping[str, SiteAddress], last: Release | None, ledger: Ledger
) -> dict[str, Behind]:
    """What each environment lacks of the last release: what is observed there, and what the ledger knows as proven."""

    async def one(name: str) -> Behind:
        found = await functions.observe(cloud, pipeline, name)
        site = await site_target(cloud, pipeline, addresses[name], name).observe() if pipeline.site else None
        if last is None:
            return Behind()
        stale = site is not None and last.site is not None and site.app.release != last.site.digest
        return Behind(
            backend=functions.behind(found, pipeline, last),
            site=f"APP of {name} does not serve {last.id}" if stale else "",
            evidence=lack(ledger.environment(name), last.id),
        )

    names = list(pipeline.environments)
    return dict(zip(names, await asyncio.gather(*(one(name) for name in names)), strict=True))
