"""Rules on schedule, through the real cloud with a clock that moves by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.ecr.service import EcrService
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings
from tidegate.localcloud.sources.rule_runner import RuleRunner
from tidegate.localcloud.sources.rules import Delivery, RuleDispatch
from tidegate.localcloud.telemetry import Telemetry


class Clocked:
    """A cloud whose rules run by a clock of the test's own."""

    def __init__(self, root: Path) -> None:
        self.now = 1_700_000_000.0
        self.cloud = EmbeddedCloud(Settings(root=root))
        telemetry = Telemetry(self.cloud.moto, self.cloud.settings.account)
        ecr = EcrService(self.cloud)
        functions = LambdaService(self.cloud, ecr, telemetry)
        self.cloud.add(ecr, functions)
        account = self.cloud.settings.account
        self.runner = RuleRunner(functions, self.cloud.moto, telemetry, account, clock=lambda: self.now)

    async def use(self, service: str, work: Callable[[Any], Any]) -> Any:
        def run() -> Any:
            client = boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=self.cloud.endpoint,
                region_name="ap-southeast-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            try:
                return work(client)
            finally:
                client.close()

        return await asyncio.to_thread(run)

    async def received(self, url: str) -> list[Any]:
        found = await self.use("sqs", lambda sqs: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    async def pass_time(self, seconds: float) -> None:
        self.now += seconds
        await self.runner.tick()


@pytest.fixture
async def clocked(tmp_path: Path) -> AsyncIterator[Clocked]:
    made = Clocked(tmp_path)
    async with made.cloud.running():
        yield made
        await made.runner.stop()


async def test_a_scheduled_rule_fires_by_the_clock_while_it_is_enabled(clocked: Clocked) -> None:
    def prepare(events: Any) -> str:
        arn = events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")["RuleArn"]
        events.put_rule(Name="nightly", ScheduleExpression="cron(0 0 * * ? *)")
        for rule in ("tick", "nightly"):
            events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue_arn}])
        return str(arn)

    url = await clocked.use("sqs", lambda sqs: sqs.create_queue(QueueName="q")["QueueUrl"])
    queue_arn = "arn:aws:sqs:ap-southeast-1:123456789012:q"
    arn = await clocked.use("events", prepare)
    await clocked.pass_time(0)
    await clocked.pass_time(299)
    assert await clocked.received(url) == []
    await clocked.pass_time(1)
    (event,) = await clocked.received(url)
    assert (event["source"], event["detail-type"], event["resources"]) == ("aws.events", "Scheduled Event", [arn])
    await clocked.use("events", lambda events: events.disable_rule(Name="tick"))
    await clocked.pass_time(900)
    assert await clocked.received(url) == []
    await clocked.use("events", lambda events: events.enable_rule(Name="tick"))
    await clocked.pass_time(0)
    await clocked.pass_time(300)
    assert len(await clocked.received(url)) == 1


async def test_neither_schedules_nor_disabled_rules_match_events(clocked: Clocked) -> None:
    def prepare(events: Any) -> None:
        events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
        events.put_rule(Name="off", EventPattern='{"source": ["s"]}', State="DISABLED")
        for rule in ("tick", "off"):
            events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue_arn}])
        events.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])

    url = await clocked.use("sqs", lambda sqs: sqs.create_queue(QueueName="q")["QueueUrl"])
    queue_arn = "arn:aws:sqs:ap-southeast-1:123456789012:q"
    await clocked.use("events", prepare)
    assert await clocked.received(url) == []


class Rule:
    """What a dispatch sees of moto's rules."""

    def __init__(self, target: dict[str, Any]) -> None:
        self.name, self.arn, self.state = "r", "arn:rule", "ENABLED"
        self.targets = [{"Id": "t", "Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f:live", **target}]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, {"detail": {"a": {"b": 1}}, "time": "1970-01-01T00:00:10Z"}),
        ({"Input": '{"own": [1]}'}, {"own": [1]}),
        ({"InputPath": "$.detail.a"}, {"b": 1}),
        ({"InputPath": "$"}, {"detail": {"a": {"b": 1}}, "time": "1970-01-01T00:00:10Z"}),
        ({"InputPath": "$.missing.a"}, None),
        (
            {"InputTransformer": {"InputPathsMap": {"b": "$.detail.a.b"}, "InputTemplate": '{"told": <b>}'}},
            {"told": 1},
        ),
    ],
)
def test_what_a_function_gets(target: dict[str, Any], expected: Any) -> None:
    delivered: list[Delivery] = []
    dispatch = RuleDispatch(delivered.append)
    event = {"detail": {"a": {"b": 1}}, "time": 10.0, "ingestion-time": 11.0}
    dispatch._dispatch(lambda *_: None, Rule(target), event, transform_input=True)
    assert [json.loads(one.payload) for one in delivered] == [expected]
    assert delivered[0].target_arn.endswith(":f:live")


async def test_a_second_cloud_in_the_process_does_not_swallow_schedules(clocked: Clocked, tmp_path: Path) -> None:
    await clocked.use("events", lambda events: events.list_rules())
    other = Clocked(tmp_path / "other")
    async with other.cloud.running():
        url = await other.use("sqs", lambda sqs: sqs.create_queue(QueueName="second")["QueueUrl"])
        queue_arn = "arn:aws:sqs:ap-southeast-1:123456789012:second"

        def prepare(events: Any) -> None:
            events.put_rule(Name="tock", ScheduleExpression="rate(1 minute)")
            events.put_targets(Rule="tock", Targets=[{"Id": "q", "Arn": queue_arn}])

        await other.use("events", prepare)
        await other.pass_time(0)
        await other.pass_time(60)
        assert len(await other.received(url)) == 1
        await other.runner.stop()
