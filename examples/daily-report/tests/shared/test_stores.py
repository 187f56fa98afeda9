"""The AWS side of the stores, against botocore's own model of each request and answer."""

import datetime as dt

import boto3
import pytest
from botocore.stub import ANY, Stubber

from src.data.aws import UnavailableError
from src.data.jobs import ReportJob, SqsReportQueue
from src.data.market import shipped_market
from src.data.reports import S3ReportStore
from src.data.secrets import Seal, seal_of
from src.data.watchlist import DynamoWatchlist
from src.scheduler.handler import schedule

DAY = dt.date(2025, 12, 5)
KEY = "candidate/reports/NVDA/2025-12-05.pdf"


@pytest.fixture
def stub(request):
    client = boto3.client(
        request.param, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
    client.close()


@pytest.mark.parametrize("stub", ["sqs"], indirect=True)
def test_the_scheduler_queues_every_ticker_in_batches_of_ten(stub):
    tickers = shipped_market().tickers
    stub.add_response("get_queue_url", {"QueueUrl": "http://127.0.0.1/jobs"}, {"QueueName": "jobs"})
    for start in range(0, len(tickers), 10):
        entries = [
            {"Id": str(index), "MessageBody": f'{{"ticker": "{ticker}"}}'}
            for index, ticker in enumerate(tickers[start : start + 10])
        ]
        taken = [{"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"} for entry in entries]
        stub.add_response(
            "send_message_batch",
            {"Successful": taken, "Failed": []},
            {"QueueUrl": "http://127.0.0.1/jobs", "Entries": entries},
        )
    queue = SqsReportQueue(stub.client, "jobs")
    assert schedule(shipped_market(), queue) == {"queued": 20, "queue": "jobs"}


@pytest.mark.parametrize("stub", ["sqs"], indirect=True)
def test_a_message_that_sqs_refuses_is_an_error(stub):
    stub.add_response("get_queue_url", {"QueueUrl": "http://127.0.0.1/jobs"})
    refused = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
    stub.add_response("send_message_batch", {"Successful": [], "Failed": [refused]})
    with pytest.raises(UnavailableError, match=r"queue jobs .*NVDA: InternalError"):
        SqsReportQueue(stub.client, "jobs").send([ReportJob("NVDA")])


@pytest.mark.parametrize("stub", ["sqs"], indirect=True)
def test_a_queue_that_does_not_exist_is_named(stub):
    stub.add_client_error("get_queue_url", "AWS.SimpleQueueService.NonExistentQueue")
    with pytest.raises(UnavailableError, match="queue jobs"):
        SqsReportQueue(stub.client, "jobs").send([ReportJob("NVDA")])


@pytest.mark.parametrize("stub", ["dynamodb"], indirect=True)
def test_the_watchlist_table(stub):
    item = {"user": {"S": "42"}, "ticker": {"S": "NVDA"}}
    asked = {
        "TableName": "watchlist",
        "KeyConditionExpression": "#user = :user",
        "ExpressionAttributeNames": {"#user": "user"},
        "ExpressionAttributeValues": {":user": {"S": "42"}},
        "ConsistentRead": True,
    }
    stub.add_response("put_item", {}, {"TableName": "watchlist", "Item": item})
    stub.add_response("query", {"Items": [item], "LastEvaluatedKey": item}, asked)
    stub.add_response("query", {"Items": [item]}, asked | {"ExclusiveStartKey": item})
    stub.add_response("delete_item", {}, {"TableName": "watchlist", "Key": item})
    watchlist = DynamoWatchlist(stub.client, "watchlist")
    watchlist.add("42", "NVDA")
    assert watchlist.tickers("42") == ["NVDA", "NVDA"]
    watchlist.remove("42", "NVDA")


@pytest.mark.parametrize("stub", ["dynamodb"], indirect=True)
def test_a_table_that_does_not_exist_is_named(stub):
    stub.add_client_error("put_item", "ResourceNotFoundException")
    with pytest.raises(UnavailableError, match="table watchlist"):
        DynamoWatchlist(stub.client, "watchlist").add("42", "NVDA")


@pytest.mark.parametrize("stub", ["s3"], indirect=True)
def test_a_report_is_stored_below_its_prefix(stub):
    stored = {"Bucket": "pdf", "Key": KEY, "Body": b"%PDF", "ContentType": "application/pdf", "Metadata": {"seal": "s"}}
    stub.add_response("put_object", {}, stored)
    stub.add_response("head_object", {}, {"Bucket": "pdf", "Key": KEY})
    store = S3ReportStore(stub.client, "pdf", "candidate/")
    assert store.put("NVDA", DAY, b"%PDF", "s") == KEY
    assert KEY in (store.url("NVDA", DAY) or "")


@pytest.mark.parametrize("stub", ["s3"], indirect=True)
@pytest.mark.parametrize("code", ["404", "403", "NoSuchBucket"])
def test_a_report_without_a_pdf_has_no_link(stub, code):
    stub.add_client_error("head_object", code, expected_params={"Bucket": "pdf", "Key": ANY})
    assert S3ReportStore(stub.client, "pdf", "").url("NVDA", DAY) is None


@pytest.mark.parametrize("stub", ["secretsmanager"], indirect=True)
def test_a_seal_is_made_with_the_secret_of_the_moment(stub):
    for value in ("one", "other"):
        stub.add_response("get_secret_value", {"SecretString": value}, {"SecretId": "seal"})
    first, then = seal_of(stub.client, "seal"), seal_of(stub.client, "seal")
    assert first.of(b"%PDF") == Seal(b"one").of(b"%PDF") != then.of(b"%PDF")
    assert "one" not in repr(first)


@pytest.mark.parametrize("stub", ["secretsmanager"], indirect=True)
def test_a_secret_that_does_not_exist_is_named(stub):
    stub.add_client_error("get_secret_value", "ResourceNotFoundException")
    with pytest.raises(UnavailableError, match="secret seal"):
        seal_of(stub.client, "seal")
