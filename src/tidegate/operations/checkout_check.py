"""A gate on a checkout, for pull requests and pushes that release nothing: no ledger, no cloud, no secrets."""

import asyncio

from tidegate.changes.detect import detect
from tidegate.changes.git import Repository
from tidegate.errors import ConfigError, SourceError
from tidegate.execute.check import Judged, judge
from tidegate.execute.local_machine import LocalMachine
from tidegate.execute.machine import Log
from tidegate.model.changes import ChangeSet
from tidegate.model.job import JobReport, Phase
from tidegate.model.pipeline import CheckGate, Pipeline
from tidegate.operations.github_context import GithubContext
from tidegate.operations.job import JobEnd
from tidegate.operations.plan import printable
from tidegate.operations.project import Project
from tidegate.operations.workshop import checkout
from tidegate.plan.graph import CHECK
from tidegate.plan.scope import build_reason, gate_reason

CHECKOUT = "checkout"
"""Stands for the run in the names of logs."""


async def check_checkout(project: Project, name: str, github: GithubContext | None, echo: Log) -> JobEnd:
    """Run a declared gate on the checked-out commit, if what changed since the merge base concerns it.

    Raises:
        ConfigError: When no such gate is declared, or `tidegate.yaml` is wrong.
        SourceError: When the repository cannot tell what changed.
        GateFailed: When the verdict is not Successful.
    """
    repository = project.repository()
    commit = repository.resolve(github.sha if github and github.sha else "HEAD")
    pipeline = project.pipeline_at(repository, commit)
    gate = _declared(pipeline, name)
    base = _base(repository, commit, github)
    changes = _changes(repository, pipeline, base, commit)
    built = build_reason(pipeline, changes) if name == CHECK else ""
    reason = printable(built or gate_reason(gate, changes))
    notes = (_said(github),)
    if not reason:
        return JobEnd(name, JobReport(Phase.SATISFIED, f"nothing that {name} judges changed"), notes=notes)
    source = await asyncio.to_thread(checkout, project, commit)
    machine = LocalMachine(project.home, echo)
    log = machine.log(CHECKOUT, name)
    log(f"{name}: {reason}")
    return JobEnd(name, await judge(gate, Judged(name, source, machine, log)), notes=notes)


def checks_of(pipeline: Pipeline) -> dict[str, CheckGate]:
    """The gates that judge a checkout, by the names of their jobs."""
    return {**({CHECK: pipeline.check} if pipeline.check else {}), **pipeline.infrastructure}


def _declared(pipeline: Pipeline, name: str) -> CheckGate:
    declared = checks_of(pipeline)
    if name not in declared:
        raise ConfigError(
            f"without a run, there is no job {name}",
            where="TIDEGATE_RUN is not set",
            what_next=f"use one of: {', '.join((*declared, 'gate'))}; or name the run that {name} belongs to",
        )
    return declared[name]


def _base(repository: Repository, commit: str, github: GithubContext | None) -> str | None:
    """The commit that changes are counted from; None where every file counts."""
    if github is None or not github.base:
        return None
    if github.is_pull_request:
        return repository.merge_base(github.base, commit)
    try:
        return repository.resolve(github.base)
    except SourceError:  # the push put another history in the branch's place
        return None


def _changes(repository: Repository, pipeline: Pipeline, base: str | None, commit: str) -> ChangeSet:
    components = {name: component.patterns for name, component in pipeline.components.items()}
    return detect(base, commit, repository.changed_files(base, commit), components, pipeline.ignore)


def _said(github: GithubContext | None) -> str:
    if github is not None and github.is_fork:
        return "a pull request of a fork: GitHub gives it no secrets; it is tested, and nothing is deployed"
    return "no run: the checkout is judged, without ledger and cloud"
