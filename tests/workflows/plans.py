"""Every plan that pushes to a pipeline can lead to, each pattern of jobs that apply once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, combinations, product

from tests.plan.database import migrated
from tests.plan.reference import changes, release
from tidegate.model.job import Plan
from tidegate.model.pipeline import Pipeline
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import Scope, scope_of

FILES: Mapping[str, str] = {
    "backend": "src/agent.py",
    "fund-data": "fund_data_sync/rows.py",
    "frontend": "frontend/twinbar/src/App.tsx",
    "tests": "tests/shared/test_names.py",
    "terraform": "terraform/main.tf",
    "workflows": ".github/workflows/deploy.yml",
    "docs": "docs/a.md",
    "unmatched": "README.md",
}
"""A file of each kind that the reference pipeline tells apart."""

LAGS = (
    Behind(),
    Behind(backend="lags"),
    Behind(site="lags"),
    Behind("lags", "lags"),
    Behind(evidence="is not proven"),
)
MIGRATION = "migrations/versions/1a.py"
SCHEMA_LAG = Behind(schema="lags")
"""What pushes may touch and environments may lack besides, where there is a database."""


def scopes(pipeline: Pipeline) -> Iterator[Scope]:
    """What every set of changed files asks for: behind no release, behind one, behind one of another configuration."""
    known = migrated(pipeline) if pipeline.database else release(pipeline)
    other = replace(known, configuration="other")
    files = (*FILES.values(), *((MIGRATION,) if pipeline.database else ()))
    for size in range(len(files) + 1):
        for touched in combinations(files, size):
            for last in (None, known, other):
                yield scope_of(pipeline, changes(*touched, pipeline=pipeline), last)


def plans(pipeline: Pipeline) -> Iterator[Plan]:
    """Every plan: each set of changes with each thing that each environment may lack."""
    distinct = {_signature(scope): scope for scope in scopes(pipeline)}
    seen: set[tuple[bool, ...]] = set()
    names = tuple(pipeline.environments)
    kinds = (*LAGS, *((SCHEMA_LAG,) if pipeline.database else ()))
    tested = pipeline.database is not None and pipeline.database.vpc_tests is not None
    idle = ("", "AURORA_ENABLED is not set") if tested else ("",)
    for scope, lags, untested in product(distinct.values(), product(kinds, repeat=len(names)), idle):
        plan = plan_run(pipeline, "c1", "c0", scope, None, dict(zip(names, lags, strict=True)), untested)
        pattern = tuple(job.applies for job in plan.jobs)
        if pattern not in seen:
            seen.add(pattern)
            yield plan


def _signature(scope: Scope) -> tuple[object, ...]:
    """All of a scope but its words: `plan_run` asks only whether there is a reason."""
    facts = (
        *(bool(scope.site), bool(scope.schema), bool(scope.configuration), bool(scope.check)),
        *(scope.release, bool(scope.quiet)),
    )
    return tuple(chain(sorted(scope.images), facts))
