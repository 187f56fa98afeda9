"""Queues and rules that invoke functions, and what the functions leave in CloudWatch, through boto3."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

LIMIT_SECONDS = 60.0

# Notes what it was given in a queue of its own, so that a test can see it from outside.
WORKER = """
import json, os
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    records = event.get("Records", [event])
    bodies = [record.get("body", record) for record in records]
    sqs.send_message(
        QueueUrl=os.environ["SEEN"],
        MessageBody=json.dumps({"bodies": bodies, "arn": context.invoked_function_arn, "event": event}),
    )
    if "poison" in bodies:
        if os.environ.get("REPORTS"):
            failed = [record["messageId"] for record in records if record["body"] == "poison"]
            return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
        raise ValueError("poison")
"""


class Sources:
    """Queues, and a function that notes what it gets."""

    def __init__(self, sqs: Any, functions: Any) -> None:
        self.sqs = sqs
        self.functions = functions
        self.lam = functions.client
        self.urls: list[str] = []
        self.mappings: list[str] = []
        self.seen = self.queue()

    def queue(self, **attributes: str) -> str:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        self.urls.append(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        return self.urls[-1]

    def arn(self, url: str) -> str:
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return str(attributes["QueueArn"])

    def worker(self, **variables: str) -> tuple[str, str]:
        """A function with an alias `live`; returns its name and the alias's ARN."""
        name = self.functions.create(WORKER, Timeout=20, Environment={"Variables": {"SEEN": self.seen, **variables}})
        version = self.functions.publish(name)
        made = self.lam.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
        return name, str(made["AliasArn"])

    def map(self, queue: str, function: str, **given: Any) -> str:
        made = self.lam.create_event_source_mapping(EventSourceArn=self.arn(queue), FunctionName=function, **given)
        self.mappings.append(made["UUID"])
        wait_for(lambda: self.lam.get_event_source_mapping(UUID=made["UUID"])["State"] == "Enabled")
        return str(made["UUID"])

    def receive(self, url: str) -> Any:
        """The next message's body, as soon as there is one."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            for message in self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", []):
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return message["Body"]
        pytest.fail(f"nothing arrived in {url}")

    def noted(self) -> Any:
        return json.loads(self.receive(self.seen))

    def left(self, url: str) -> int:
        """Messages in a queue, those being worked on included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def sources(client: Callable[[str], Any], functions: Any) -> Iterator[Sources]:
    made = Sources(client("sqs"), functions)
    yield made
    for uuid_ in made.mappings:
        try:
            made.lam.delete_event_source_mapping(UUID=uuid_)
        except made.lam.exceptions.ResourceNotFoundException:
            continue
    for url in made.urls:
        made.sqs.delete_queue(QueueUrl=url)


class TestQueues:
    def test_a_message_reaches_the_alias_and_is_deleted(self, sources: Sources) -> None:
        _, live = sources.worker()
        queue = sources.queue()
        sources.map(queue, live, BatchSize=5)
        sources.sqs.send_message(
            QueueUrl=queue,
            MessageBody="report NVDA",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "daily"}},
        )
        noted = sources.noted()
        assert (noted["bodies"], noted["arn"]) == (["report NVDA"], live)
        record = noted["event"]["Records"][0]
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"] == sources.arn(queue)
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        assert record["messageAttributes"]["kind"]["stringValue"] == "daily"
        wait_for(lambda: sources.left(queue) == 0)

    def test_a_failed_batch_comes_again_and_ends_in_the_dead_letter_queue(self, sources: Sources) -> None:
        _, live = sources.worker()
        dead = sources.queue()
        policy = json.dumps({"deadLetterTargetArn": sources.arn(dead), "maxReceiveCount": 2})
        queue = sources.queue(VisibilityTimeout="1", RedrivePolicy=policy)
        sources.map(queue, live)
        sources.sqs.send_message(QueueUrl=queue, MessageBody="poison")
        assert [sources.noted()["bodies"] for _ in range(2)] == [["poison"], ["poison"]]
        assert sources.receive(dead) == "poison"
        assert sources.left(queue) == 0

    def test_only_reported_items_come_again(self, sources: Sources) -> None:
        _, live = sources.worker(REPORTS="yes")
        queue = sources.queue(VisibilityTimeout="3")
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(("good", "poison", "fine"))]
        sources.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        sources.map(
            queue,
            live,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            MaximumBatchingWindowInSeconds=1,
        )
        assert sorted(sources.noted()["bodies"]) == ["fine", "good", "poison"]
        # Delivery is at least once: on a slow machine the whole batch may come again before it was answered.
        wait_for(lambda: sources.noted()["bodies"] == ["poison"])

    def test_a_disabled_mapping_rests(self, sources: Sources) -> None:
        _, live = sources.worker()
        queue = sources.queue()
        uuid_ = sources.map(queue, live)
        sources.lam.update_event_source_mapping(UUID=uuid_, Enabled=False)
        wait_for(lambda: sources.lam.get_event_source_mapping(UUID=uuid_)["State"] == "Disabled")
        sources.sqs.send_message(QueueUrl=queue, MessageBody="later")
        assert sources.left(queue) == 1
        sources.lam.update_event_source_mapping(UUID=uuid_, Enabled=True)
        assert sources.noted()["bodies"] == ["later"]

    def test_what_a_mapping_says_of_itself(self, sources: Sources) -> None:
        name, live = sources.worker()
        queue = sources.queue()
        uuid_ = sources.map(queue, live, BatchSize=7)
        listed = sources.lam.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        assert [(one["UUID"], one["BatchSize"], one["FunctionArn"]) for one in listed] == [(uuid_, 7, live)]
        assert sources.lam.delete_event_source_mapping(UUID=uuid_)["State"] == "Deleting"

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"BatchSize": 11}, "InvalidParameterValueException"),
            ({"FunctionName": "missing"}, "ResourceNotFoundException"),
        ],
    )
    def test_a_mapping_that_is_refused(self, sources: Sources, given: dict[str, Any], code: str) -> None:
        _, live = sources.worker()
        whole = {"EventSourceArn": sources.arn(sources.queue()), "FunctionName": live, **given}
        with pytest.raises(ClientError) as error:
            sources.lam.create_event_source_mapping(**whole)
        assert error.value.response["Error"]["Code"] in (code, "ValidationException")

    def test_a_second_mapping_of_the_same_pair_is_refused(self, sources: Sources) -> None:
        _, live = sources.worker()
        queue = sources.queue()
        sources.map(queue, live)
        with pytest.raises(sources.lam.exceptions.ResourceConflictException):
            sources.lam.create_event_source_mapping(EventSourceArn=sources.arn(queue), FunctionName=live)


class TestRules:
    def test_a_matching_event_reaches_the_alias(self, sources: Sources, client: Callable[[str], Any]) -> None:
        name, live = sources.worker()
        events = client("events")
        rule = self.rule(events, EventPattern=json.dumps({"source": ["conformance"], "detail": {"kind": ["a"]}}))
        sources.lam.add_permission(
            FunctionName=name,
            Qualifier="live",
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule["arn"],
        )
        events.put_targets(
            Rule=rule["name"], Targets=[{"Id": "whole", "Arn": live}, {"Id": "q", "Arn": sources.arn(sources.seen)}]
        )
        for kind in ("b", "a"):
            entry = {"Source": "conformance", "DetailType": "tick", "Detail": json.dumps({"kind": kind})}
            assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        found = [sources.noted(), sources.noted()]
        invoked = next(one for one in found if "arn" in one)
        queued = next(one for one in found if "arn" not in one)
        assert invoked["arn"] == live
        assert invoked["event"]["detail"] == queued["detail"] == {"kind": "a"}
        assert invoked["event"]["detail-type"] == "tick"
        self.remove(events, rule["name"], ["whole", "q"])

    def test_a_target_gets_its_own_input(self, sources: Sources, client: Callable[[str], Any]) -> None:
        name, live = sources.worker()
        events = client("events")
        rule = self.rule(events, EventPattern=json.dumps({"source": ["conformance.input"]}))
        sources.lam.add_permission(
            FunctionName=name,
            Qualifier="live",
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule["arn"],
        )
        events.put_targets(Rule=rule["name"], Targets=[{"Id": "own", "Arn": live, "Input": '{"body": "own"}'}])
        events.put_events(Entries=[{"Source": "conformance.input", "DetailType": "x", "Detail": "{}"}])
        assert sources.noted()["event"] == {"body": "own"}
        self.remove(events, rule["name"], ["own"])

    def test_without_permission_nothing_is_invoked(self, sources: Sources, client: Callable[[str], Any]) -> None:
        name, live = sources.worker()
        events = client("events")
        rule = self.rule(events, EventPattern=json.dumps({"source": ["conformance.none"]}))
        events.put_targets(Rule=rule["name"], Targets=[{"Id": "only", "Arn": live}])
        events.put_events(Entries=[{"Source": "conformance.none", "DetailType": "x", "Detail": "{}"}])
        cloudwatch = client("cloudwatch")
        dimensions = [{"Name": "RuleName", "Value": rule["name"]}]
        wait_for(lambda: total(cloudwatch, "AWS/Events", "FailedInvocations", dimensions) == 1)
        assert total(cloudwatch, "AWS/Lambda", "Invocations", [{"Name": "FunctionName", "Value": name}]) == 0
        self.remove(events, rule["name"], ["only"])

    @staticmethod
    def rule(events: Any, **given: Any) -> dict[str, str]:
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        return {"name": name, "arn": events.put_rule(Name=name, **given)["RuleArn"]}

    @staticmethod
    def remove(events: Any, name: str, ids: list[str]) -> None:
        events.remove_targets(Rule=name, Ids=ids)
        events.delete_rule(Name=name)


class TestTelemetry:
    def test_logs_of_a_version_are_a_stream(self, functions: Any, client: Callable[[str], Any]) -> None:
        name = functions.create()
        functions.publish(name)
        functions.invoke(name, "first", Qualifier="1")
        logs = client("logs")
        group = f"/aws/lambda/{name}"
        stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
        assert "[1]" in stream
        messages = [
            event["message"] for event in logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
        ]
        kinds = [message.split(" ", 1)[0] for message in messages]
        assert kinds == ["START", "asked", "END", "REPORT"]
        found = logs.filter_log_events(logGroupName=group, filterPattern="asked")["events"]
        assert [event["message"] for event in found] == ["asked first"]

    def test_metrics_by_function_alias_and_version(self, functions: Any, client: Callable[[str], Any]) -> None:
        name = functions.create("def handler(event, context):\n    return 1 / event\n")
        functions.publish(name)
        functions.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        for event in (1, 2, 0):
            functions.client.invoke(FunctionName=name, Qualifier="live", Payload=json.dumps(event).encode())[
                "Payload"
            ].read()
        functions.invoke(name, 1)
        cloudwatch = client("cloudwatch")
        function = {"Name": "FunctionName", "Value": name}
        resource = {"Name": "Resource", "Value": f"{name}:live"}
        executed = {"Name": "ExecutedVersion", "Value": "1"}
        for metric, expected in (("Invocations", (4, 3, 3)), ("Errors", (1, 1, 1)), ("Throttles", (0, 0, 0))):
            found = tuple(
                total(cloudwatch, "AWS/Lambda", metric, dimensions)
                for dimensions in ([function], [function, resource], [function, resource, executed])
            )
            assert found == expected, metric
        assert total(cloudwatch, "AWS/Lambda", "Duration", [function]) > 0


def total(cloudwatch: Any, namespace: str, name: str, dimensions: list[dict[str, str]]) -> float:
    now = datetime.now(UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
