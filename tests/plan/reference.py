"""The reference pipeline, as the example product declares it but for its database, and pushes to it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tidegate.changes.detect import detect
from tidegate.config.load import load
from tidegate.model.changes import ChangeSet
from tidegate.model.job import Plan
from tidegate.model.pipeline import Order, Pipeline
from tidegate.model.release import Artifact, Release
from tidegate.plan.configuration import configuration_hash
from tidegate.plan.graph import Behind, plan_run
from tidegate.plan.scope import scope_of

DECLARED = load(Path(__file__).parents[2] / "examples" / "daily-report")
PIPELINE = replace(
    DECLARED,
    functions={key: replace(spec, database=False) for key, spec in DECLARED.functions.items()},
    database=None,
)
"""What has a database is `tests/plan/database.py`."""
BACKEND_FIRST = replace(PIPELINE, order=Order.BACKEND_FIRST)
ENVIRONMENTS = tuple(PIPELINE.environments)


def artifact(name: str, digest: str = "a") -> Artifact:
    return Artifact(name, f"sha256:{digest * 64}", "c0", name)


def release(pipeline: Pipeline = PIPELINE) -> Release:
    """A release of everything that a pipeline builds."""
    return Release(
        id="r1",
        commit="c0",
        run="1",
        created=0.0,
        images={name: artifact(name) for name in pipeline.images},
        site=artifact("site") if pipeline.site else None,
        configuration=configuration_hash(pipeline),
    )


def changes(*files: str, pipeline: Pipeline = PIPELINE) -> ChangeSet:
    patterns = {name: component.patterns for name, component in pipeline.components.items()}
    return detect("c0", "c1", files, patterns, pipeline.ignore)


def planned(
    *files: str,
    pipeline: Pipeline = PIPELINE,
    last: Release | None,
    behind: Mapping[str, Behind] | None = None,
    untested: str = "",
) -> Plan:
    scope = scope_of(pipeline, changes(*files, pipeline=pipeline), last)
    lag = {name: Behind() for name in pipeline.environments} | dict(behind or {})
    return plan_run(pipeline, "c1", "c0" if last else None, scope, last, lag, untested)


def applied(plan: Plan) -> list[str]:
    return [job.name for job in plan.jobs if job.applies]
