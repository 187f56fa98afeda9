"""Create everything of some environments, side by side."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from tidegate.cloud.aws.clients import is_loopback
from tidegate.cloud.aws.images import AwsImages
from tidegate.cloud.aws.provision.api import ensure_api
from tidegate.cloud.aws.provision.bucket import ensure_bucket
from tidegate.cloud.aws.provision.distribution import ensure_distribution
from tidegate.cloud.aws.provision.ensure import together
from tidegate.cloud.aws.provision.function import ensure_function
from tidegate.cloud.aws.provision.log_group import ensure_log_group
from tidegate.cloud.aws.provision.mapping import ensure_mapping
from tidegate.cloud.aws.provision.placeholder import push_placeholder
from tidegate.cloud.aws.provision.queue import ensure_queue
from tidegate.cloud.aws.provision.repository import ensure_repository
from tidegate.cloud.aws.provision.schedule import ensure_schedule
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
    try:
        account, access = await together(
            wire.ask("the account", lambda: wire.reads.identity.get_caller_identity()["Account"]),
            AwsImages(wire).access(),
        )
        assert isinstance(account, str)
        assert isinstance(access, RegistryAccess)
        names = sorted({function.repository for blueprint in blueprints for function in blueprint.functions})
        uris = await together(*(_placeholder(wire, access, name) for name in names))
        placeholders = dict(zip(names, uris, strict=True))
        done = await together(*(_environment(wire, account, blueprint, placeholders) for blueprint in blueprints))
    finally:
        await wire.close()
    return {provisioned.environment: provisioned for provisioned in done}


async def _placeholder(wire: Wire, access: RegistryAccess, repository: str) -> str:
    await ensure_repository(wire, repository)
    return await push_placeholder(access, repository)


async def _environment(wire: Wire, account: str, blueprint: Blueprint, placeholders: Mapping[str, str]) -> Provisioned:
    await together(*_resources(wire, blueprint), *_functions(wire, account, blueprint, placeholders))
    api, site, _ = await together(
        _api(wire, account, blueprint), _site(wire, blueprint), _sources(wire, account, blueprint)
    )
    return Provisioned(blueprint.environment, **(api | site))


def _resources(wire: Wire, blueprint: Blueprint) -> list[Work]:
    site = (blueprint.site.bucket,) if blueprint.site else ()
    timeouts = {function.queue: function.timeout_seconds for function in blueprint.functions}
    return [
        *(ensure_bucket(wire, name) for name in dict.fromkeys((*blueprint.buckets, *site))),
        *(ensure_table(wire, table, suffix) for table in blueprint.tables for suffix in ("", CANDIDATE_SUFFIX)),
        *(
            ensure_queue(wire, name + suffix, timeouts.get(name, 0))
            for name in blueprint.queues
            for suffix in ("", CANDIDATE_SUFFIX)
        ),
        *(ensure_log_group(wire, function.name) for function in blueprint.functions),
    ]


def _functions(wire: Wire, account: str, blueprint: Blueprint, placeholders: Mapping[str, str]) -> list[Work]:
    role = f"arn:aws:iam::{account}:role/{blueprint.product}-{blueprint.environment}"
    return [
        ensure_function(wire, function, placeholders[function.repository], role) for function in blueprint.functions
    ]


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


async def _sources(wire: Wire, account: str, blueprint: Blueprint) -> dict[str, str]:
    work: list[Work] = []
    for function in blueprint.functions:
        work += _sources_of(wire, account, function)
    await together(*work)
    return {}


def _sources_of(wire: Wire, account: str, function: FunctionBlueprint) -> list[Work]:
    work: list[Work] = []
    if function.queue:
        queue, name = function.queue, function.name
        work.append(ensure_mapping(wire, account, queue, name, LIVE))
        work.append(ensure_mapping(wire, account, queue + CANDIDATE_SUFFIX, name, CANDIDATE))
    if function.schedule:
        work.append(ensure_schedule(wire, account, function.name, LIVE, function.schedule))
    return work
