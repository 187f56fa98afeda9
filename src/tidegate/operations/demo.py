"""`tidegate demo`: the example product from `git push` to prod, on this machine, with everything real but AWS."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tidegate.errors import ConfigError, SourceError
from tidegate.execute.home import Home
from tidegate.ledger.ledger import Ledger
from tidegate.model.pipeline import Pipeline, expand
from tidegate.model.run import RunView
from tidegate.operations.cloud_up import CloudUp
from tidegate.operations.project import Project
from tidegate.plan.critical_path import critical_path

HOOK = """#!/bin/sh
# Starts a run for every pushed branch; the pipeline decides whether it is released.
while read -r old new ref; do
    case "$new" in *[!0]*) ;; *) continue ;; esac
    {tidegate} --repo {origin} --home {home} run --commit "$new" --branch "${{ref#refs/heads/}}" \\
        --trigger "git push" --detach
done
"""
AUTHOR = {
    "GIT_AUTHOR_NAME": "Tidegate",
    "GIT_AUTHOR_EMAIL": "demo@tidegate.invalid",
    "GIT_COMMITTER_NAME": "Tidegate",
    "GIT_COMMITTER_EMAIL": "demo@tidegate.invalid",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo happens: a bare repository that releases what is pushed to it, and a clone to push from."""

    origin: Path
    work: Path
    project: Project


def set_stage(example: Path, home: Home) -> Stage:
    """Make a bare repository with the hook, and a clone of it that holds the example product in one commit.

    Raises:
        SourceError: When git refuses, or the example is not there.
    """
    if not (example / "tidegate.yaml").is_file():
        raise ConfigError(
            "the example product is not there", where=str(example), what_next="run it in a checkout of Tidegate"
        )
    root = home.root / "demo"
    shutil.rmtree(root, ignore_errors=True)
    origin, work = root / "origin.git", root / "daily-report"
    origin.mkdir(parents=True)
    _git(origin, "init", "--quiet", "--bare", "--initial-branch=telegram")
    install_hook(origin, home)
    shutil.copytree(
        example,
        work,
        symlinks=True,
        ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".pytest_cache", ".venv", "*.egg-info"),
    )
    _git(work, "init", "--quiet", "--initial-branch=telegram")
    _git(work, "remote", "add", "origin", str(origin))
    commit_all(work, "The daily report")
    return Stage(origin, work, Project(origin, home))


def install_hook(origin: Path, home: Home) -> None:
    """Make a bare repository start a run for what is pushed to it."""
    hook = origin / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    tidegate = f"{shlex.quote(sys.executable)} -m tidegate"
    hook.write_text(
        HOOK.format(
            tidegate=tidegate, origin=shlex.quote(str(origin.absolute())), home=shlex.quote(str(home.root.absolute()))
        ),
        encoding="utf-8",
    )
    hook.chmod(0o755)


def commit_all(work: Path, message: str) -> None:
    """Commit everything in a working tree."""
    _git(work, "add", "--all")
    _git(work, "commit", "--quiet", "--message", message)


async def push(stage: Stage, pipeline: Pipeline, branch: str = "telegram") -> str:
    """`git push origin BRANCH`; returns what git and the hook said.

    Tests inside the VPC apply, unless the environment says otherwise.

    Raises:
        SourceError: When git refuses.
    """
    tests = pipeline.database.vpc_tests if pipeline.database else None
    variables = {tests.enabled: "true"} if tests else {}
    return await asyncio.to_thread(_git, stage.work, "push", "origin", branch, variables=variables)


def report(ledger: Ledger, run: RunView, pipeline: Pipeline, cloud: CloudUp, wall_seconds: float) -> dict[str, object]:
    """What is live where, and how long everything took, as plain values."""
    chain, seconds = critical_path(run.jobs)
    return {
        "run": run.id,
        "phase": run.phase.value,
        "commit": run.commit,
        "environments": {name: _environment(ledger, pipeline, cloud, name) for name in pipeline.environments},
        "jobs": [
            {"name": job.name, "phase": job.phase.value, "seconds": round(job.seconds or 0.0, 3)}
            for job in run.jobs.values()
        ],
        "wall_seconds": round(wall_seconds, 3),
        "critical_path_seconds": round(seconds, 3),
        "critical_path": list(chain),
    }


def _environment(ledger: Ledger, pipeline: Pipeline, cloud: CloudUp, name: str) -> dict[str, object]:
    view = ledger.environment(name)
    where = cloud.environments[name]
    if not view.live:
        return {"release": None, "functions": {}, "site": {"release": None}, "api_url": where.api_url}
    release = ledger.release(view.live)
    pointers = view.pointers[view.live]
    assert isinstance(pointers, Mapping)
    functions = {
        expand(pipeline.functions[key].name, name): {
            "version": version,
            "digest": release.images[pipeline.functions[key].image].digest,
        }
        for key, version in pointers["functions"].items()
    }
    site = {"release": pointers["app"], "test_url": where.test_url, "app_url": where.app_url}
    found: dict[str, object] = {"release": release.id, "functions": functions, "site": site, "api_url": where.api_url}
    if pipeline.database and view.schema and release.schema:
        found["database"] = {
            "cluster": expand(pipeline.database.cluster, name),
            "expand": view.schema.expand,
            "contract": list(view.schema.contract),
            "contract_waits": [one for one in release.schema.contract if one not in view.schema.contract],
        }
    return found


def _git(folder: Path, *arguments: str, variables: Mapping[str, str] = MappingProxyType({})) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**variables, **os.environ, **AUTHOR},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SourceError(f"git {arguments[0]}: {done.stdout.strip()}", where=str(folder))
    return done.stdout
