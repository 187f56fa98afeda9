"""What the doctor looks at, over the embedded cloud; domains, which it has not, over canned answers."""

import asyncio
import json
from functools import partial

import pytest
from botocore.stub import Stubber

from tidegate.cloud.aws.inspection.invokers import mappings
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud
from tidegate.errors import NotFound
from tidegate.model.facts import DomainMapping, Invoker, LogGroupFacts, Trust, Via


async def test_of_variables_only_the_names_are_known(cloud: Cloud, function: str) -> None:
    facts = await cloud.inspection.function(function)
    assert facts is not None
    assert facts.variables == ("STAGE",)
    assert facts.arn.endswith(f":function:{function}")
    assert (facts.tracing, facts.log_group) == ("Active", f"/aws/lambda/{function}")
    assert await cloud.inspection.invokers(function, facts.arn) == ()
    assert await cloud.inspection.grants(function, "") == ()


async def test_a_statement_tells_whom_it_permits_and_for_what(cloud: Cloud, wire: Wire, function: str) -> None:
    source = "arn:aws:events:ap-southeast-1:123456789012:rule/daily"
    await wire.ask(
        "test",
        lambda: wire.clients.functions.add_permission(
            FunctionName=function,
            Qualifier="live",
            StatementId="daily",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source,
        ),
    )
    [grant] = await cloud.inspection.grants(function, "live")
    assert (grant.id, grant.principal, grant.source) == ("daily", "events.amazonaws.com", source)
    assert await cloud.inspection.grants(function, "") == ()


async def test_what_does_not_exist_is_none(cloud: Cloud) -> None:
    inspection = cloud.inspection
    assert await inspection.function("nobody") is None
    assert await inspection.log_group("/aws/lambda/nobody") is None
    assert await inspection.repository("nobody") is None
    assert await inspection.api("nobody") is None
    assert await inspection.mappings("api.shop.example") == ()
    assert not await inspection.secret_exists("nobody")


async def test_a_log_group_is_told_from_one_whose_name_it_begins(cloud: Cloud, wire: Wire) -> None:
    def keep(name: str, days: int) -> None:
        wire.clients.logs.create_log_group(logGroupName=name)
        wire.clients.logs.put_retention_policy(logGroupName=name, retentionInDays=days)

    await wire.ask("test", partial(keep, "/test/group", 7))
    await wire.ask("test", partial(keep, "/test/group-2", 14))
    assert await cloud.inspection.log_group("/test/group") == LogGroupFacts(7)
    assert await cloud.inspection.log_group("/test/grou") is None


async def test_an_account_is_told(cloud: Cloud) -> None:
    assert (await cloud.inspection.identity()).account == cloud.account


async def test_function_urls_with_and_without_an_alias(cloud: Cloud, wire: Wire, function: str) -> None:
    make = partial(wire.clients.functions.create_function_url_config, FunctionName=function, AuthType="NONE")
    own = (await wire.ask("test", make))["FunctionUrl"]
    live = (await wire.ask("test", partial(make, Qualifier="live")))["FunctionUrl"]
    facts = await cloud.inspection.function(function)
    assert facts is not None
    assert await cloud.inspection.invokers(function, facts.arn) == (
        Invoker(Via.URL, "NONE", own, ""),
        Invoker(Via.URL, "NONE", live, "live"),
    )


async def test_whom_a_role_trusts(cloud: Cloud, wire: Wire) -> None:
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider},
        "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await wire.ask("test", lambda: wire.clients.roles.create_role(RoleName="trusting", AssumeRolePolicyDocument=policy))
    assert await cloud.inspection.trusts("trusting") == (Trust(provider, ("repo:acme/shop:*",)),)
    with pytest.raises(NotFound):
        await cloud.inspection.trusts("nobody")


async def test_the_mappings_of_a_domain(wire: Wire) -> None:
    items = [{"ApiId": "a1", "Stage": "live"}, {"ApiId": "a1", "Stage": "candidate", "ApiMappingKey": "next"}]
    with Stubber(wire.clients.apis) as apis:
        asked = {"DomainName": "api.shop.example", "MaxResults": "500"}
        apis.add_response("get_api_mappings", {"Items": items}, asked)
        found = await mappings(wire, "api.shop.example")
    assert found == (
        DomainMapping("https://api.shop.example", "a1", "live"),
        DomainMapping("https://api.shop.example/next", "a1", "candidate"),
    )


async def test_a_project_of_codebuild(cloud: Cloud) -> None:
    assert not await cloud.inspection.build_project_exists("missing")


async def test_a_variable_that_refers_to_a_secret(cloud: Cloud, function: str) -> None:
    while not (latest := await cloud.functions.version(function, "$LATEST")).settled:
        await asyncio.sleep(0.01)
    refers = "{{resolve:secretsmanager:shop-dev:SecretString:password}}"
    given = {"AURORA_PASSWORD": refers, "AURORA_USER": "{{resolve", "API_KEY": f"{refers}!"}
    await cloud.functions.set_variables(function, given, latest.revision)
    facts = await cloud.inspection.function(function)
    assert facts
    assert facts.variables == ("API_KEY", "AURORA_PASSWORD", "AURORA_USER")
    assert facts.references == {"AURORA_PASSWORD"}
