"""The reference pipeline with a database, and releases of it."""

from dataclasses import replace

from tests.plan.reference import PIPELINE, release
from tidegate.model.database import DatabaseSpec, Engine
from tidegate.model.pipeline import Component, Order, Pipeline
from tidegate.model.release import Release, SchemaRevision

SPEC = DatabaseSpec(Engine.POSTGRESQL, "aurora-{env}", "aurora-{env}", ("schema",), migrations="migrations")
DATABASE = replace(
    PIPELINE,
    components={**PIPELINE.components, "schema": Component("schema", ("migrations/**",))},
    database=SPEC,
)
BACKEND_FIRST = replace(DATABASE, order=Order.BACKEND_FIRST)
NO_MIGRATIONS = replace(DATABASE, database=replace(SPEC, migrations=None, expected="schema.yaml"))
REVISION = SchemaRevision("c0", "sha256:m", "sha256:e", "1a")


def migrated(pipeline: Pipeline = DATABASE) -> Release:
    """A release of everything, its schema included."""
    return replace(release(pipeline), schema=REVISION)
