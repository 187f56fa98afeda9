"""The configuration hash of a release: what `tidegate.yaml` says about functions and site."""

import hashlib
import json

from tidegate.model.database import DatabaseSpec
from tidegate.model.pipeline import FunctionSpec, Pipeline, SiteSpec


def configuration_hash(pipeline: Pipeline) -> str:
    """Hash what changes how artifacts run, and nothing else: gates and components do not make a release."""
    content = {
        "functions": {key: _function(spec) for key, spec in sorted(pipeline.functions.items())},
        "site": _site(pipeline.site) if pipeline.site else None,
    }
    if pipeline.database is not None:
        content["database"] = _database(pipeline.database)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _function(spec: FunctionSpec) -> dict[str, object]:
    return {
        "name": spec.name,
        "image": spec.image,
        "handler": spec.handler,
        "environment": dict(spec.environment),
        "queue": spec.queue,
        "schedule": spec.schedule,
        "timeout": spec.timeout_seconds,
        "memory": spec.memory_mb,
        # Only where it is so: products without a database keep the hashes of their releases.
        **({"database": True} if spec.database else {}),
    }


def _database(spec: DatabaseSpec) -> dict[str, object]:
    return {"engine": spec.engine.value, "cluster": spec.cluster, "secret": spec.secret}


def _site(spec: SiteSpec) -> dict[str, object]:
    return {"strategy": spec.strategy.value, "bucket": spec.bucket, "api": spec.api}
