"""`tidegate cloud up`: start the embedded cloud and create what `tidegate.yaml` names."""

import asyncio
import contextlib
import json
import os
import re
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from tidegate.cloud.blueprint import (
    Blueprint,
    BuildProjectBlueprint,
    DatabaseBlueprint,
    FunctionBlueprint,
    IntrospectionBlueprint,
    Provisioned,
    SiteBlueprint,
    TableBlueprint,
)
from tidegate.database.introspection.bundle import source_here
from tidegate.doctor import settings
from tidegate.errors import CloudError
from tidegate.execute.home import Home
from tidegate.model.pipeline import FunctionSpec, Pipeline, Strategy, expand
from tidegate.operations import addresses
from tidegate.operations.project import Project
from tidegate.process import run

START_SECONDS = 30.0

Provision = Callable[[str, str, Sequence[Blueprint]], Awaitable[dict[str, Provisioned]]]


@dataclass(frozen=True, slots=True)
class CloudUp:
    """An embedded cloud that is up.

    Attributes:
        endpoint: URL of the control plane, for any AWS client.
        registry: Address of the Docker registry.
        environments: Where the things of each environment are.
        kept_ledger: File that the ledger of an earlier embedded cloud was moved to; empty when there was none.
    """

    endpoint: str
    registry: str
    environments: dict[str, Provisioned]
    kept_ledger: str = ""


@contextlib.asynccontextmanager
async def embedded_cloud(project: Project, pipeline: Pipeline, port: int = 0) -> AsyncIterator[CloudUp]:
    """Start the embedded cloud in a process of its own and provision it; it ends with the block.

    An embedded cloud begins empty, so a ledger that tells of an earlier one is moved aside first.

    Raises:
        CloudError: When it does not come up, for example because the port is taken.
    """
    home = project.home
    kept = _move_ledger_aside(project)
    home.cloud_state.unlink(missing_ok=True)
    tail: deque[str] = deque(maxlen=20)
    command = [sys.executable, "-m", "tidegate.localcloud", "--root", str(home.cloud), "--port", str(port)]
    command += ["--region", pipeline.region, "--state-file", str(home.cloud_state)]
    home.root.mkdir(parents=True, exist_ok=True)
    cloud = asyncio.create_task(run(command, cwd=home.root, env=os.environ, log=tail.append))
    try:
        # Importing boto3 takes about as long as the cloud takes to start.
        state, provision = await asyncio.gather(_up(home, cloud, tail), asyncio.to_thread(_import_provision))
        provisioned = await provision(pipeline.region, state["endpoint"], _blueprints(pipeline))
        for name, where in provisioned.items():
            addresses.write_address(home.environment(name), _settings(where))
        yield CloudUp(state["endpoint"], state["registry"], provisioned, kept)
    finally:
        cloud.cancel()
        await asyncio.gather(cloud, return_exceptions=True)
        home.cloud_state.unlink(missing_ok=True)


def _import_provision() -> Provision:
    from tidegate.cloud.aws.provision.environments import provision  # noqa: PLC0415

    return provision


async def _up(home: Home, cloud: "asyncio.Task[object]", tail: deque[str]) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if cloud.done():
            raise CloudError("the embedded cloud ended at once", where="\n".join(tail) or "tidegate.localcloud")
        with contextlib.suppress(OSError, ValueError):
            return {key: str(value) for key, value in json.loads(home.cloud_state.read_bytes()).items()}
        await asyncio.sleep(0.02)
    raise CloudError(f"the embedded cloud is not up after {START_SECONDS:.0f} s", where="\n".join(tail))


def _move_ledger_aside(project: Project) -> str:
    home = project.home
    if not home.ledger.exists():
        return ""
    with project.ledger() as ledger:
        if not ledger.runs(1):
            return ""
        times = ledger.expected_times()
    kept = home.ledger.with_name(f"ledger-until-{time.strftime('%Y%m%d-%H%M%S')}.db")
    for suffix in ("", "-wal", "-shm"):
        part = home.ledger.with_name(home.ledger.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    with project.ledger() as ledger:
        ledger.learn_expected_times(times)
    return str(kept)


def _settings(where: Provisioned) -> dict[str, str]:
    return {
        settings.APP: where.app_distribution,
        settings.TEST: where.test_distribution,
        settings.TEST_DOMAIN: where.test_domain,
        settings.BUCKET: where.bucket,
        settings.API: where.api_url,
        addresses.CANDIDATE_API: where.candidate_api_url,
    }


def _blueprints(pipeline: Pipeline) -> list[Blueprint]:
    return [blueprint(pipeline, name) for name in pipeline.environments]


def blueprint(pipeline: Pipeline, environment: str) -> Blueprint:
    """What an environment needs in the embedded cloud, by what `tidegate.yaml` names."""
    resources = pipeline.resources
    return Blueprint(
        product=pipeline.product,
        environment=environment,
        functions=tuple(_function(pipeline, spec, environment) for spec in pipeline.functions.values()),
        tables=tuple(TableBlueprint(expand(name, environment), *keys) for name, keys in resources.tables.items()),
        queues=tuple(expand(name, environment) for name in resources.queues.values()),
        buckets=tuple(expand(name, environment) for name in resources.buckets.values()),
        secrets=tuple(expand(name, environment) for name in resources.secrets.values()),
        site=_site(pipeline, environment),
        database=_database(pipeline, environment),
        build_project=_build_project(pipeline, environment),
        introspection=_introspection(pipeline, environment),
    )


def _function(pipeline: Pipeline, spec: FunctionSpec, environment: str) -> FunctionBlueprint:
    return FunctionBlueprint(
        name=expand(spec.name, environment),
        repository=pipeline.images[spec.image].repository,
        handler=spec.handler,
        environment={
            **dict.fromkeys(spec.runtime, "made-up"),
            **{key: expand(value, environment) for key, value in spec.environment.items()},
        },
        timeout_seconds=spec.timeout_seconds,
        memory_mb=spec.memory_mb,
        api=spec.api,
        queue=expand(pipeline.resources.queues[spec.queue], environment) if spec.queue else None,
        schedule=spec.schedule,
        database=spec.database,
    )


def _database(pipeline: Pipeline, environment: str) -> DatabaseBlueprint | None:
    spec = pipeline.database
    if spec is None:
        return None
    # A database's name begins with a letter and has no hyphen.
    name = re.sub(r"[^a-z0-9]+", "_", pipeline.product.lower()).strip("_")
    return DatabaseBlueprint(
        engine=spec.engine,
        cluster=expand(spec.cluster, environment),
        secret=expand(spec.secret, environment),
        database=f"db_{name}"[:63] if not name[:1].isalpha() else name[:63],
    )


def _build_project(pipeline: Pipeline, environment: str) -> BuildProjectBlueprint | None:
    spec = pipeline.database
    if spec is None or spec.vpc_tests is None:
        return None
    tests = spec.vpc_tests
    return BuildProjectBlueprint(
        expand(tests.project, environment), tests.buildspec or "", expand(spec.secret, environment)
    )


def _introspection(pipeline: Pipeline, environment: str) -> IntrospectionBlueprint | None:
    if pipeline.database is None or pipeline.database.introspection is None:
        return None
    return IntrospectionBlueprint(expand(pipeline.database.introspection, environment), source_here())


def _site(pipeline: Pipeline, environment: str) -> SiteBlueprint | None:
    spec = pipeline.site
    if spec is None:
        return None
    script = ""
    if spec.strategy is Strategy.POINTER:
        script = files("tidegate.targets").joinpath("viewer_request.js").read_text(encoding="utf-8")
    return SiteBlueprint(expand(spec.bucket, environment), spec.strategy, script)
