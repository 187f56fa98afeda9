"""`tidegate plan`: what a push would do, which file and which pattern is the reason, and how long it took before."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tidegate.changes.detect import detect
from tidegate.changes.git import Repository
from tidegate.cloud.ports import Cloud
from tidegate.errors import ConfigError
from tidegate.execute.workshop import site_target
from tidegate.ledger.eligibility import lack
from tidegate.ledger.environment import EnvironmentView
from tidegate.ledger.ledger import Ledger
from tidegate.model.changes import ChangeSet
from tidegate.model.job import Plan
from tidegate.model.pipeline import Pipeline
from tidegate.model.release import Artifact, Release
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
        base, untested = last.commit if last else None, _untested(pipeline)
        plan = _told(plan_run(pipeline, commit, base, scope, last, behind, untested))
        return Planned(pipeline, changes, plan, expected_times(ledger, plan))


def plan_by_ledger(project: Project, ledger: Ledger, reference: str) -> Plan:
    """Plan a run of a commit from git and the ledger alone: each environment is observed when its turn comes.

    Raises:
        SourceError: When the repository cannot tell what changed.
        ConfigError: When `tidegate.yaml` is wrong, or the commit is older than that of the last release.
    """
    repository = project.repository()
    commit = repository.resolve(reference)
    pipeline = project.pipeline_at(repository, commit)
    last = ledger.last_release()
    if last is not None and commit != last.commit and repository.merge_base(commit, last.commit) == commit:
        raise ConfigError(
            f"commit {commit[:12]} is older than {last.commit[:12]}, which {last.id} was made from by run {last.run}:"
            " carrying it would go backwards",
            where=f"commit {commit[:12]}",
            what_next="push a commit that takes the change back; `tidegate rollback ENV` goes back at once",
        )
    scope = scope_of(pipeline, _changes(repository, pipeline, commit, last), last)
    behind = {name: known_lack(ledger.environment(name), last, ledger.release) for name in pipeline.environments}
    base, untested = last.commit if last else None, _untested(pipeline)
    return _told(plan_run(pipeline, commit, base, scope, last, behind, untested))


def _untested(pipeline: Pipeline) -> str:
    """Why tests inside the VPC do not apply in this environment of Tidegate's; empty where they do."""
    tests = pipeline.database.vpc_tests if pipeline.database else None
    return tests.idle(os.environ) if tests else ""


def known_lack(view: EnvironmentView, last: Release | None, release: Callable[[str], Release]) -> Behind:
    """What an environment lacks of the last release, as far as the ledger knows.

    What is half-way there, or was never told, counts as lacking both halves.

    Args:
        view: The environment.
        last: The last release; None before a first, when all that there is will be new.
        release: Gives releases by their ids.
    """
    if last is None:
        return Behind()
    evidence = lack(view, last.id)
    if view.intent is not None or not view.live:
        why = f"run {view.intent.run} left it half-way" if view.intent else f"nothing is live in {view.name} yet"
        return Behind(why, why, evidence, why if last.schema else "")
    live = release(view.live)
    why = f"{view.name} serves {live.id}, not {last.id}"
    backend = _digests(live) != _digests(last) or live.configuration != last.configuration
    site = _digest(live.site) != _digest(last.site)
    return Behind(why if backend else "", why if site else "", evidence, migrations_lag(view, last, release))


def migrations_lag(view: EnvironmentView, last: Release, release: Callable[[str], Release]) -> str:
    """Why an environment's migrations are not those of a release, by what is live there; empty when they are."""
    if last.schema is None:
        return ""
    if not view.live:
        return f"nothing is live in {view.name} yet"
    live = release(view.live)
    if live.schema is not None and live.schema.migrations == last.schema.migrations:
        return ""
    return f"{view.name} has the migrations of {live.id}, not of {last.id}"


def _digests(release: Release) -> dict[str, str]:
    return {name: image.digest for name, image in release.images.items()}


def _digest(artifact: Artifact | None) -> str:
    return artifact.digest if artifact else ""


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
            schema=migrations_lag(ledger.environment(name), last, ledger.release),
        )

    names = list(pipeline.environments)
    return dict(zip(names, await asyncio.gather(*(one(name) for name in names)), strict=True))
