"""The emulated services: what the cloud adds around moto."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings
from tidegate.localcloud.telemetry import Telemetry

ACCOUNT = "210987654321"


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[EmbeddedCloud]:
    async with EmbeddedCloud(Settings(root=tmp_path, account=ACCOUNT)).running() as running:
        yield running


async def use(cloud: EmbeddedCloud, service: str, work: Callable[[Any], Any]) -> Any:
    """Do `work` with a client, in a thread."""

    def run() -> Any:
        client = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=cloud.endpoint,
            region_name="ap-southeast-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}),
        )
        try:
            return work(client)
        finally:
            client.close()

    return await asyncio.to_thread(run)


async def test_the_account_is_the_one_in_the_settings(cloud: EmbeddedCloud) -> None:
    assert await use(cloud, "sts", lambda sts: sts.get_caller_identity()["Account"]) == ACCOUNT
    url = await use(cloud, "sqs", lambda sqs: sqs.create_queue(QueueName="q")["QueueUrl"])
    assert f"/{ACCOUNT}/q" in url


async def test_a_receiver_that_waits_holds_up_nobody(cloud: EmbeddedCloud) -> None:
    url = await use(cloud, "sqs", lambda sqs: sqs.create_queue(QueueName="q")["QueueUrl"])
    waiting = asyncio.create_task(
        use(cloud, "sqs", lambda sqs: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages"))
    )
    for _ in range(3):
        await use(cloud, "sts", lambda sts: sts.get_caller_identity())
    assert not waiting.done()
    await use(cloud, "sqs", lambda sqs: sqs.send_message(QueueUrl=url, MessageBody="hello"))
    assert [message["Body"] for message in await waiting] == ["hello"]


async def test_an_empty_queue_answers_at_the_end_of_the_wait(cloud: EmbeddedCloud) -> None:
    url = await use(cloud, "sqs", lambda sqs: sqs.create_queue(QueueName="q")["QueueUrl"])
    answer = await use(cloud, "sqs", lambda sqs: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1))
    assert "Messages" not in answer


async def test_what_moto_has_not_got_is_refused_clearly(cloud: EmbeddedCloud) -> None:
    def ask(logs: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as error:
            logs.test_metric_filter(filterPattern="x", logEventMessages=["x"])
        response = error.value.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]

    assert await use(cloud, "logs", ask) == ("NotEmulated", 501)


async def test_what_telemetry_gathered_is_there_when_it_is_asked_for(cloud: EmbeddedCloud) -> None:
    telemetry = Telemetry(cloud.moto, ACCOUNT)
    now = time.time()
    telemetry.log("/group", "stream", now, ["one", "", "two"])
    telemetry.log("/group", "stream", now - 5, ["zero"])
    events = await use(
        cloud, "logs", lambda logs: logs.get_log_events(logGroupName="/group", logStreamName="stream")["events"]
    )
    assert [event["message"] for event in events] == ["zero", "one", "two"]
    dimensions = (("FunctionName", "f"),)
    for value in (1.0, 3.0):
        telemetry.count(
            "Space", {("Duration", "Milliseconds"): value}, [dimensions, (*dimensions, ("Resource", "f:live"))], now
        )

    def statistics(cloudwatch: Any) -> Any:
        return cloudwatch.get_metric_statistics(
            Namespace="Space",
            MetricName="Duration",
            Dimensions=[{"Name": "FunctionName", "Value": "f"}],
            StartTime=now - 60,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum", "SampleCount", "Minimum", "Maximum", "Average"],
        )["Datapoints"]

    points = await use(cloud, "cloudwatch", statistics)
    assert [
        {key: point[key] for key in ("Sum", "SampleCount", "Minimum", "Maximum", "Average")} for point in points
    ] == [{"Sum": 4.0, "SampleCount": 2.0, "Minimum": 1.0, "Maximum": 3.0, "Average": 2.0}]
    listed = await use(cloud, "cloudwatch", lambda cloudwatch: cloudwatch.list_metrics(Namespace="Space")["Metrics"])
    assert sorted(len(metric["Dimensions"]) for metric in listed) == [1, 2]
