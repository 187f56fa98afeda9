"""Create everything of some environments, side by side."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tidegate.cloud.aws.clients import is_loopback
from tidegate.cloud.aws.images import AwsImages
from tidegate.cloud.aws.provision.alarm import ensure_alarm
from tidegate.cloud.aws.provision.api import ensure_api
from tidegate.cloud.aws.provision.bucket import ensure_bucket
from tidegate.cloud.aws.provision.build_project import ensure_build_project
from tidegate.cloud.aws.provision.database import ensure_database, variables
from tidegate.cloud.aws.provision.distribution import ensure_distribution
from tidegate.cloud.aws.provision.ensure import side_by_side, together
from tidegate.cloud.aws.provision.function import ensure_function
from tidegate.cloud.aws.provision.introspection import ensure_introspection, push_introspection
from tidegate.cloud.aws.provision.log_group import ensure_log_group
from tidegate.cloud.aws.provision.mapping import ensure_mapping
from tidegate.cloud.aws.provision.placeholder import push_placeholder
from tidegate.cloud.aws.provision.queue import ensure_queue
from tidegate.cloud.aws.provision.repository import ensure_blob_mounting, ensure_repository
from tidegate.cloud.aws.provision.schedule import ensure_schedule
from tidegate.cloud.aws.provision.secret import ensure_secret
from tidegate.cloud.aws.provision.table import ensure_table
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import CANDIDATE_SUFFIX, Blueprint, FunctionBlueprint, Provisioned
from tidegate.cloud.ports import RegistryAccess
from tidegate.errors import ConfigError

LIVE = "live"
CANDIDATE = "candidate"

Work = Coroutine[Any, Any, None]


async def provision(region: str, endpoint: str, blueprints: Sequence[Blueprint]) -> dict[str, Provisioned]:
    """Create what the blueprints say and is not there yet; what is there is not replaced.

    Args:
        region: AWS region.
        endpoint: The embedded cloud.
        blueprints: One an environment.

    Returns:
        Environment → where its things are.

    Raises:
        ConfigError: For an endpoint that is not on this machine: elsewhere Terraform creates things.
        CloudError: When the cloud refuses something.
    """
    if not is_loopback(endpoint):
        raise ConfigError(
            "only the embedded cloud is provisioned by Tidegate", where=endpoint, what_next="use Terraform there"
        )
    wire = Wire(region, endpoint)
    names = {function.repository for blueprint in blueprints for function in blueprint.functions}
    try:
        async with side_by_side() as group:
            account = group.create_task(_account(wire))
            access = group.create_task(AwsImages(wire).access())
            group.create_task(ensure_blob_mounting(wire))
            placeholders = {name: group.create_task(_placeholder(wire, access, name)) for name in names}
            sources = {one.introspection.source for one in blueprints if one.introspection}
            images = {source: group.create_task(_introspection_image(wire, access, source)) for source in sources}
            ground = _Ground(wire, account, placeholders, images)
            done = [group.create_task(_environment(ground, blueprint)) for blueprint in blueprints]
    finally:
        await wire.close()
    return {task.result().environment: task.result() for task in done}


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all environments stand on. Its tasks run beside whatever does not need them."""

    wire: Wire
    account: asyncio.Task[str]
    placeholders: Mapping[str, asyncio.Task[str]]
    introspections: Mapping[str, asyncio.Task[str]]


async def _account(wire: Wire) -> str:
    return await wire.ask("the account", lambda: wire.clients.identity.get_caller_identity()["Account"])


async def _placeholder(wire: Wire, access: asyncio.Task[RegistryAccess], repository: str) -> str:
    await ensure_repository(wire, repository)
    return await push_placeholder(await access, repository)


async def _introspection_image(wire: Wire, access: asyncio.Task[RegistryAccess], source: str) -> str:
    return await push_introspection(wire, await access, source)


async def _environment(ground: _Ground, blueprint: Blueprint) -> Provisioned:
    async with side_by_side() as group:
        resources = group.create_task(_resources(ground.wire, blueprint))
        database = group.create_task(_database(ground.wire, blueprint))
        site = group.create_task(_site(ground.wire, blueprint))
        api = group.create_task(_backend(ground, blueprint, resources, database))
        group.create_task(_build_project(ground, blueprint, database))
        group.create_task(_introspection(ground, blueprint, database))
    return Provisioned(blueprint.environment, **(api.result() | site.result()))


async def _role(ground: _Ground, blueprint: Blueprint) -> str:
    return f"arn:aws:iam::{await ground.account}:role/{blueprint.product}-{blueprint.environment}"


async def _build_project(ground: _Ground, blueprint: Blueprint, database: asyncio.Task[dict[str, str]]) -> None:
    if blueprint.build_project is not None:
        role = await _role(ground, blueprint)
        await ensure_build_project(ground.wire, blueprint.build_project, await database, role)


async def _introspection(ground: _Ground, blueprint: Blueprint, database: asyncio.Task[dict[str, str]]) -> None:
    if (wanted := blueprint.introspection) is not None:
        image = await ground.introspections[wanted.source]
        await ensure_introspection(ground.wire, wanted, image, await database, await _role(ground, blueprint))


async def _backend(
    ground: _Ground, blueprint: Blueprint, resources: asyncio.Task[None], database: asyncio.Task[dict[str, str]]
) -> dict[str, str]:
    """Functions first, then what leads to them; returns the URLs of the API."""
    account, role = await ground.account, await _role(ground, blueprint)
    await together(*(_function(ground, function, role, database) for function in blueprint.functions))
    await resources  # an event source mapping needs its queue
    sources = [work for function in blueprint.functions for work in _sources(ground.wire, account, function)]
    async with side_by_side() as group:
        api = group.create_task(_api(ground.wire, account, blueprint))
        group.create_task(together(*sources))
    return api.result()


async def _function(
    ground: _Ground, function: FunctionBlueprint, role: str, database: asyncio.Task[dict[str, str]]
) -> None:
    if function.database:
        function = replace(function, environment={**function.environment, **await database})
    await ensure_function(ground.wire, function, await ground.placeholders[function.repository], role)


async def _database(wire: Wire, blueprint: Blueprint) -> dict[str, str]:
    """What its functions are told of the database."""
    if blueprint.database is None:
        return {}
    return variables(await ensure_database(wire, blueprint.database), blueprint.database.secret)


async def _resources(wire: Wire, blueprint: Blueprint) -> None:
    """What functions use, one by one: the embedded cloud does this part one by one too, and threads are few."""
    site = (blueprint.site.bucket,) if blueprint.site else ()
    for bucket in dict.fromkeys((*blueprint.buckets, *site)):
        await ensure_bucket(wire, bucket)
    for secret in blueprint.secrets:
        await ensure_secret(wire, secret)
    timeouts = dict.fromkeys(blueprint.queues, 0)
    for function in blueprint.functions:
        if function.queue:
            timeouts[function.queue] = max(timeouts.get(function.queue, 0), function.timeout_seconds)
    for suffix in ("", CANDIDATE_SUFFIX):
        for queue, seconds in timeouts.items():
            await ensure_queue(wire, queue + suffix, seconds)
        for table in blueprint.tables:
            await ensure_table(wire, table, suffix)
    for function in blueprint.functions:
        await ensure_log_group(wire, function.name)
        await ensure_alarm(wire, function.name)


async def _api(wire: Wire, account: str, blueprint: Blueprint) -> dict[str, str]:
    for function in blueprint.functions:
        if function.api:
            name = f"{blueprint.product}-{blueprint.environment}"
            endpoint = await ensure_api(wire, account, name, function.name)
            return {"api_url": f"{endpoint}/{LIVE}", "candidate_api_url": f"{endpoint}/{CANDIDATE}"}
    return {}


async def _site(wire: Wire, blueprint: Blueprint) -> dict[str, str]:
    if blueprint.site is None:
        return {}
    name = f"{blueprint.product}-{blueprint.environment}"
    test, app = await together(*(ensure_distribution(wire, f"{name}-{who}", blueprint.site) for who in ("test", "app")))
    return {
        "bucket": blueprint.site.bucket,
        "app_distribution": app.id,
        "test_distribution": test.id,
        "test_domain": test.domain,
        "app_url": app.url,
        "test_url": test.url,
    }


def _sources(wire: Wire, account: str, function: FunctionBlueprint) -> list[Work]:
    work: list[Work] = []
    if function.queue:
        queue, name = function.queue, function.name
        work.append(ensure_mapping(wire, account, queue, name, LIVE))
        work.append(ensure_mapping(wire, account, queue + CANDIDATE_SUFFIX, name, CANDIDATE))
    if function.schedule:
        work.append(ensure_schedule(wire, account, function.name, LIVE, function.schedule))
    return work
