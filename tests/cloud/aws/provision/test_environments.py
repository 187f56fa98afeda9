import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from tidegate.cloud.aws.provision.environments import provision
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import (
    Blueprint,
    DatabaseBlueprint,
    FunctionBlueprint,
    IntrospectionBlueprint,
    Provisioned,
    SiteBlueprint,
    TableBlueprint,
)
from tidegate.cloud.ports import Cloud
from tidegate.database.access import access_of, connect
from tidegate.database.expected import schema_of
from tidegate.database.introspection.asker import ask as ask_introspection
from tidegate.database.introspection.bundle import source_here
from tidegate.engines import available
from tidegate.errors import CloudError, ConfigError, DatabaseError
from tidegate.model.database import Engine
from tidegate.model.pipeline import Strategy
from tidegate.model.snapshot import Version

REGION = "ap-southeast-1"
JAVASCRIPT = "function handler(event) { event.request.uri = '/r1/index.html'; return event.request; }"
PAGE = {"content_type": "text/html", "cache_control": "no-store"}


def blueprint(environment: str, product: str, strategy: Strategy = Strategy.POINTER) -> Blueprint:
    def name(what: str) -> str:
        return f"{product}-{what}-{environment}"

    variables = {"ENV_NAME": environment, "TOKEN": "s3cret"}
    return Blueprint(
        product,
        environment,
        functions=(
            FunctionBlueprint(name("api"), f"{product}-images", "src.api.handler.handler", variables, api=True),
            FunctionBlueprint(
                name("worker"), f"{product}-images", "src.worker.handler", variables, 60, queue=name("jobs")
            ),
            FunctionBlueprint(
                name("scheduler"), f"{product}-images", "src.scheduler.handler", memory_mb=256, schedule="rate(1 day)"
            ),
        ),
        tables=(TableBlueprint(name("watchlist"), "user", "ticker"), TableBlueprint(name("funds"), "fund")),
        queues=(name("jobs"),),
        buckets=(name("pdf"),),
        secrets=(name("key"),),
        site=SiteBlueprint(name("webapp"), strategy, JAVASCRIPT),
    )


@pytest.fixture(scope="module")
def standing(endpoint: str) -> Provisioned:
    """An environment that tests only look at; its product is `standing`."""
    return asyncio.run(provision(REGION, endpoint, [blueprint("dev", "standing")]))["dev"]


@pytest.fixture
def product() -> str:
    return f"p{uuid4().hex[:8]}"


@pytest.fixture
async def dev(endpoint: str, product: str) -> Provisioned:
    return (await provision(REGION, endpoint, [blueprint("dev", product)]))["dev"]


@pytest.fixture
def ask(wire: Wire) -> Callable[..., Any]:
    async def asked(call: Callable[[], Any]) -> Any:
        return await wire.ask("test", call)

    return asked


async def test_environments_are_apart(endpoint: str, product: str) -> None:
    done = await provision(REGION, endpoint, [blueprint(name, product) for name in ("dev", "staging", "prod")])
    assert list(done) == ["dev", "staging", "prod"]
    for field in ("api_url", "candidate_api_url", "bucket", "app_distribution", "test_distribution", "test_domain"):
        values = {getattr(provisioned, field) for provisioned in done.values()}
        assert len(values) == 3, field
    assert done["dev"].app_distribution != done["dev"].test_distribution
    assert done["dev"].test_url == f"http://{done['dev'].test_domain}"


@pytest.mark.usefixtures("standing")
async def test_both_aliases_of_a_function_serve_the_placeholder(cloud: Cloud) -> None:
    seen = await cloud.functions.observe("standing-api-dev", ("live", "candidate"))
    assert [seen.aliases[name].version for name in ("live", "candidate")] == ["1", "1"]
    placeholder = seen.at("live")
    assert isinstance(placeholder, Version)
    assert seen.latest.settled
    assert seen.latest.digest == placeholder.digest
    for alias in seen.aliases:
        queued = await cloud.functions.invoke("standing-worker-dev", alias, {"Records": [{"body": "x"}]})
        assert queued.error != ""


async def test_the_api_says_that_nothing_is_deployed_yet(cloud: Cloud, standing: Provisioned) -> None:
    for url in (standing.api_url, standing.candidate_api_url):
        status, body = await cloud.probe.get(f"{url}/api/v1/health")
        assert (status, json.loads(body)) == (503, {"detail": "not deployed yet"})
    assert standing.api_url.endswith("/live")
    assert standing.candidate_api_url == standing.api_url.removesuffix("live") + "candidate"


@pytest.mark.usefixtures("standing")
async def test_the_next_version_will_freeze_the_configuration(wire: Wire, ask: Callable[..., Any]) -> None:
    worker = await ask(lambda: wire.clients.functions.get_function_configuration(FunctionName="standing-worker-dev"))
    assert worker["Timeout"] == 60
    assert worker["MemorySize"] == 512
    assert worker["Environment"]["Variables"] == {"ENV_NAME": "dev", "TOKEN": "s3cret"}
    assert worker["ImageConfigResponse"]["ImageConfig"]["Command"] == ["src.worker.handler"]


@pytest.mark.usefixtures("standing")
async def test_candidates_have_queues_and_tables_of_their_own(wire: Wire, ask: Callable[..., Any]) -> None:
    listed = await ask(lambda: wire.clients.functions.list_event_source_mappings(FunctionName="standing-worker-dev"))
    found = {
        (item["EventSourceArn"].rpartition(":")[2], item["FunctionArn"].rpartition(":")[2])
        for item in listed["EventSourceMappings"]
    }
    assert found == {("standing-jobs-dev", "live"), ("standing-jobs-dev-candidate", "candidate")}
    for suffix in ("", "-candidate"):
        table = await ask(lambda s=suffix: wire.clients.tables.describe_table(TableName=f"standing-watchlist-dev{s}"))
        assert [key["AttributeName"] for key in table["Table"]["KeySchema"]] == ["user", "ticker"]
        url = await ask(lambda s=suffix: wire.clients.queues.get_queue_url(QueueName=f"standing-jobs-dev{s}"))
        seconds = await ask(
            lambda u=url: wire.clients.queues.get_queue_attributes(
                QueueUrl=u["QueueUrl"], AttributeNames=["VisibilityTimeout"]
            )
        )
        assert seconds["Attributes"]["VisibilityTimeout"] == "360"


@pytest.mark.usefixtures("standing")
async def test_a_schedule_invokes_live_and_logs_are_kept_for_thirty_days(wire: Wire, ask: Callable[..., Any]) -> None:
    name = "standing-scheduler-dev"
    targets = await ask(lambda: wire.clients.rules.list_targets_by_rule(Rule=name))
    assert [target["Arn"].rpartition("function:")[2] for target in targets["Targets"]] == [f"{name}:live"]
    group = await ask(lambda: wire.clients.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}"))
    assert group["logGroups"][0]["retentionInDays"] == 30


@pytest.mark.usefixtures("standing")
async def test_image_tags_cannot_be_moved(wire: Wire, ask: Callable[..., Any]) -> None:
    found = await ask(lambda: wire.clients.images.describe_repositories(repositoryNames=["standing-images"]))
    assert found["repositories"][0]["imageTagMutability"] == "IMMUTABLE"
    mounting = await ask(lambda: wire.clients.images.get_account_setting(name="BLOB_MOUNTING"))
    assert mounting["value"] == "ENABLED"


async def test_pointer_gives_each_distribution_a_store_of_its_own(cloud: Cloud, standing: Provisioned) -> None:
    test = await cloud.edges.distribution(standing.test_distribution)
    app = await cloud.edges.distribution(standing.app_distribution)
    assert "" != test.store != app.store != ""
    assert (await cloud.edges.pointers(app.store))[0] == {}
    await cloud.buckets.write(standing.bucket, "r1/index.html", b"<html>", **PAGE)
    assert await cloud.probe.get(f"{standing.app_url}/any/route") == (200, b"<html>")


async def test_invalidation_answers_every_route_with_the_index(cloud: Cloud, endpoint: str, product: str) -> None:
    dev = (await provision(REGION, endpoint, [blueprint("dev", product, Strategy.INVALIDATION)]))["dev"]
    assert (await cloud.edges.distribution(dev.test_distribution)).store == ""
    await cloud.buckets.write(dev.bucket, "index.html", b"<html>", **PAGE)
    for path in ("/", "/any/route"):
        assert await cloud.probe.get(f"{dev.test_url}{path}") == (200, b"<html>")


async def test_a_second_time_changes_nothing(cloud: Cloud, endpoint: str, product: str, dev: Provisioned) -> None:
    before = await cloud.functions.observe(f"{product}-api-dev", ("live", "candidate"))
    stores = [await cloud.edges.pointers((await cloud.edges.distribution(dev.app_distribution)).store)]
    again = await provision(REGION, endpoint, [blueprint("dev", product)])
    assert again["dev"] == dev
    assert await cloud.functions.observe(f"{product}-api-dev", ("live", "candidate")) == before
    assert stores == [await cloud.edges.pointers((await cloud.edges.distribution(dev.app_distribution)).store)]


@pytest.mark.usefixtures("dev")
async def test_a_secret_keeps_its_value(endpoint: str, product: str, wire: Wire, ask: Callable[..., Any]) -> None:
    def value() -> str:
        return str(wire.clients.secrets.get_secret_value(SecretId=f"{product}-key-dev")["SecretString"])

    made_up = await ask(value)
    assert len(made_up) >= 32
    await provision(REGION, endpoint, [blueprint("dev", product)])
    assert await ask(value) == made_up


async def test_changed_variables_reach_latest_and_no_version(
    cloud: Cloud, endpoint: str, product: str, dev: Provisioned
) -> None:
    name = f"{product}-api-dev"
    before = await cloud.functions.observe(name, ("live",))
    first, *rest = blueprint("dev", product).functions
    changed = replace(blueprint("dev", product), functions=(replace(first, environment={"ENV_NAME": "x"}), *rest))
    assert (await provision(REGION, endpoint, [changed]))["dev"] == dev
    after = await cloud.functions.observe(name, ("live",))
    assert after.latest.configuration != before.latest.configuration
    assert after.at("live") == before.at("live")


async def test_an_alias_that_is_gone_comes_back_on_the_placeholder(
    cloud: Cloud, endpoint: str, product: str, dev: Provisioned, wire: Wire, ask: Callable[..., Any]
) -> None:
    name = f"{product}-scheduler-dev"
    await ask(lambda: wire.clients.functions.delete_alias(FunctionName=name, Name="candidate"))
    assert (await provision(REGION, endpoint, [blueprint("dev", product)]))["dev"] == dev
    assert (await cloud.functions.observe(name, ("candidate",))).aliases["candidate"].version == "1"


async def test_another_strategy_changes_the_distribution_and_keeps_it(
    cloud: Cloud, endpoint: str, product: str, dev: Provisioned
) -> None:
    other = await provision(REGION, endpoint, [blueprint("dev", product, Strategy.INVALIDATION)])
    assert other["dev"] == dev
    assert (await cloud.edges.distribution(dev.app_distribution)).store == ""


async def test_a_changed_viewer_request_function_is_published(
    cloud: Cloud, endpoint: str, product: str, dev: Provisioned
) -> None:
    await cloud.buckets.write(dev.bucket, "r2/index.html", b"second", **PAGE)
    plan = blueprint("dev", product)
    assert plan.site is not None
    changed = replace(plan, site=replace(plan.site, viewer_request=JAVASCRIPT.replace("r1", "r2")))
    await provision(REGION, endpoint, [changed])
    assert await cloud.probe.get(f"{dev.app_url}/") == (200, b"second")


async def test_an_environment_may_have_nothing(endpoint: str) -> None:
    assert await provision(REGION, endpoint, [Blueprint("p", "dev")]) == {"dev": Provisioned("dev")}
    assert await provision(REGION, endpoint, []) == {}


async def test_what_the_cloud_refuses_is_the_error_itself(endpoint: str, product: str) -> None:
    wrong = Blueprint(product, "dev", buckets=("Not A Bucket Name",))
    with pytest.raises(CloudError) as raised:
        await provision(REGION, endpoint, [wrong])
    assert raised.value.where == "bucket Not A Bucket Name"


async def test_only_a_cloud_on_this_machine_is_provisioned() -> None:
    with pytest.raises(ConfigError, match="embedded cloud"):
        await provision(REGION, "https://lambda.ap-southeast-1.amazonaws.com", [Blueprint("p", "dev")])


def test_no_variable_is_shown() -> None:
    assert "s3cret" not in repr(blueprint("dev", "p"))


async def test_functions_that_use_the_database_are_told_where_it_is(endpoint: str, cloud: Cloud, product: str) -> None:
    if reason := available("postgresql"):
        pytest.skip(reason)
    secret = f"{product}-aurora"
    await provision(
        REGION,
        endpoint,
        [
            Blueprint(
                product,
                "dev",
                functions=(
                    FunctionBlueprint(f"{product}-api", f"{product}-images", "app.handler", {"A": "b"}, database=True),
                    FunctionBlueprint(f"{product}-worker", f"{product}-images", "app.handler", {"A": "b"}),
                ),
                database=DatabaseBlueprint(Engine.POSTGRESQL, f"{product}-aurora", secret, "funds"),
            )
        ],
    )
    said = await cloud.clusters.secret(secret)
    assert dict((await cloud.functions.configured(f"{product}-api", "$LATEST"))[1]) == {
        "A": "b",
        "AURORA_HOST": said.host,
        "AURORA_PORT": str(said.port),
        "AURORA_DATABASE": "funds",
        "AURORA_USER": said.user,
        "AURORA_PASSWORD": f"{{{{resolve:secretsmanager:{secret}:SecretString:password}}}}",
    }
    assert dict((await cloud.functions.configured(f"{product}-worker", "$LATEST"))[1]) == {"A": "b"}


async def test_the_schema_gate_is_answered_over_the_wire(
    endpoint: str, cloud: Cloud, wire: Wire, ask: Callable[..., Any], product: str
) -> None:
    if reason := available("postgresql"):
        pytest.skip(reason)
    name, secret = f"{product}-look", f"{product}-aurora"
    wanted = Blueprint(
        product,
        "dev",
        database=DatabaseBlueprint(Engine.POSTGRESQL, f"{product}-aurora", secret, "funds"),
        introspection=IntrospectionBlueprint(name, source_here()),
    )
    await provision(REGION, endpoint, [wanted])
    access = access_of(await cloud.clusters.secret(secret))
    with connect(access) as connection:
        connection.exec_driver_sql("CREATE TABLE funds (id integer PRIMARY KEY, nav numeric(12, 4))")
        connection.commit()
    found = await ask_introspection(cloud.functions, name, Engine.POSTGRESQL)
    assert [table.name for table in found.tables] == ["funds"]
    assert found == schema_of(access)

    before = await cloud.functions.observe(name, ("live", "candidate"))
    assert before.aliases == {}
    await provision(REGION, endpoint, [wanted])
    assert await cloud.functions.observe(name, ("live", "candidate")) == before

    with connect(access) as connection:
        connection.exec_driver_sql("ALTER ROLE CURRENT_USER PASSWORD 'another'")
        connection.commit()
    with pytest.raises(DatabaseError, match="the server refused the password") as caught:
        await ask_introspection(cloud.functions, name, Engine.POSTGRESQL)
    told = f"{caught.value} {caught.value.what_next} " + " ".join(
        line.text for line in await cloud.logs.lines(f"/aws/lambda/{name}", 0)
    )
    assert access.password not in told
