"""KeyValueStores and their data API, in terms of what AWS documents, driven by stock boto3 and the `aws` CLI."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.localcloud.conformance.cloudfront_calls import (
    Names,
    associated,
    code,
    config,
    deployed,
    published,
    until,
    url,
)
from tidegate.localcloud.service import DEFAULT_REGION

Client = Callable[[str], Any]

FROM_STORE = b"""import cf from 'cloudfront';
async function handler(event) {
    event.request.uri = '/' + (await cf.kvs().get('release')) + '/index.html';
    return event.request;
}
"""


@pytest.fixture
def names() -> Names:
    unique = uuid.uuid4().hex[:12]
    return Names(f"site-{unique}", f"function-{unique}", f"store-{unique}")


@pytest.fixture
def edges(client: Client) -> Any:
    return client("cloudfront")


@pytest.fixture
def bucket(client: Client, names: Names) -> str:
    client("s3").create_bucket(Bucket=names.bucket, CreateBucketConfiguration={"LocationConstraint": DEFAULT_REGION})
    return names.bucket


@pytest.fixture
def pairs(endpoint: str | None) -> Iterator[Any]:
    """The data API. Its host name holds the account id: the embedded cloud is reached as an HTTP proxy."""
    if endpoint is None:
        made = boto3.client("cloudfront-keyvaluestore")
    else:
        made = boto3.client(
            "cloudfront-keyvaluestore",
            endpoint_url=endpoint,
            region_name=DEFAULT_REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, proxies={"http": endpoint}),
        )
    yield made
    made.close()


def test_key_value_stores_as_resources(edges: Any, names: Names) -> None:
    made = edges.create_key_value_store(Name=names.store, Comment="first")
    until(lambda: edges.describe_key_value_store(Name=names.store)["KeyValueStore"]["Status"] == "READY")
    with pytest.raises(ClientError) as twice:
        edges.create_key_value_store(Name=names.store)
    assert code(twice) == ("EntityAlreadyExists", 409)
    found = edges.describe_key_value_store(Name=names.store)
    assert found["KeyValueStore"]["ARN"] == made["KeyValueStore"]["ARN"]
    changed = edges.update_key_value_store(Name=names.store, Comment="second", IfMatch=found["ETag"])
    assert changed["ETag"] != found["ETag"]
    stores = edges.list_key_value_stores()["KeyValueStoreList"]["Items"]
    assert names.store in {one["Name"] for one in stores}
    with pytest.raises(ClientError) as stale:
        edges.delete_key_value_store(Name=names.store, IfMatch=found["ETag"])
    assert code(stale) == ("PreconditionFailed", 412)
    edges.delete_key_value_store(Name=names.store, IfMatch=changed["ETag"])
    with pytest.raises(ClientError) as gone:
        edges.describe_key_value_store(Name=names.store)
    assert code(gone) == ("EntityNotFound", 404)


def test_a_store_in_use_stays(edges: Any, names: Names) -> None:
    made = edges.create_key_value_store(Name=names.store)
    published(edges, names.function, FROM_STORE, made["KeyValueStore"]["ARN"])
    with pytest.raises(ClientError) as used:
        edges.delete_key_value_store(Name=names.store, IfMatch=made["ETag"])
    assert code(used) == ("CannotDeleteEntityWhileInUse", 409)


def test_pairs_change_under_the_etag_of_the_whole_store(edges: Any, pairs: Any, names: Names) -> None:
    arn = edges.create_key_value_store(Name=names.store)["KeyValueStore"]["ARN"]
    first = pairs.describe_key_value_store(KvsARN=arn)
    assert (first["ItemCount"], first["TotalSizeInBytes"]) == (0, 0)
    put = pairs.put_key(KvsARN=arn, Key="a/b c", Value="1", IfMatch=first["ETag"])
    assert put["ETag"] != first["ETag"]
    assert put["ItemCount"] == 1
    assert pairs.get_key(KvsARN=arn, Key="a/b c")["Value"] == "1"
    with pytest.raises(ClientError) as stale:
        pairs.put_key(KvsARN=arn, Key="other", Value="2", IfMatch=first["ETag"])
    assert code(stale) == ("ConflictException", 409)
    both = pairs.update_keys(
        KvsARN=arn, IfMatch=put["ETag"], Puts=[{"Key": "c", "Value": "3"}], Deletes=[{"Key": "a/b c"}]
    )
    assert pairs.list_keys(KvsARN=arn)["Items"] == [{"Key": "c", "Value": "3"}]
    deleted = pairs.delete_key(KvsARN=arn, Key="c", IfMatch=both["ETag"])
    assert deleted["ItemCount"] == 0
    with pytest.raises(ClientError) as missing:
        pairs.get_key(KvsARN=arn, Key="c")
    assert code(missing) == ("ResourceNotFoundException", 404)
    assert pairs.describe_key_value_store(KvsARN=arn)["ETag"] == deleted["ETag"]


def test_keys_are_listed_in_pages(edges: Any, pairs: Any, names: Names) -> None:
    arn = edges.create_key_value_store(Name=names.store)["KeyValueStore"]["ARN"]
    etag = pairs.describe_key_value_store(KvsARN=arn)["ETag"]
    pairs.update_keys(KvsARN=arn, IfMatch=etag, Puts=[{"Key": f"k{n:02}", "Value": str(n)} for n in range(25)])
    pages = list(pairs.get_paginator("list_keys").paginate(KvsARN=arn, PaginationConfig={"PageSize": 10}))
    assert [len(page["Items"]) for page in pages] == [10, 10, 5]


def test_wrong_pairs_are_refused(edges: Any, pairs: Any, names: Names) -> None:
    arn = edges.create_key_value_store(Name=names.store)["KeyValueStore"]["ARN"]
    etag = pairs.describe_key_value_store(KvsARN=arn)["ETag"]
    with pytest.raises(ClientError) as long:
        pairs.put_key(KvsARN=arn, Key="k", Value="x" * 2_000, IfMatch=etag)
    assert code(long) == ("ValidationException", 400)
    with pytest.raises(ClientError) as unknown:
        pairs.describe_key_value_store(KvsARN=f"{arn[:-1]}{'0' if arn[-1] != '0' else '1'}")
    assert code(unknown) == ("ResourceNotFoundException", 404)
    assert pairs.describe_key_value_store(KvsARN=arn)["ETag"] == etag


def test_one_key_moves_what_an_edge_serves(client: Client, edges: Any, pairs: Any, bucket: str, names: Names) -> None:
    for release in ("one", "two"):
        client("s3").put_object(Bucket=bucket, Key=f"releases/{release}/index.html", Body=release.encode())
    arn = edges.create_key_value_store(Name=names.store)["KeyValueStore"]["ARN"]
    etag = pairs.describe_key_value_store(KvsARN=arn)["ETag"]
    etag = pairs.put_key(KvsARN=arn, Key="release", Value="releases/one", IfMatch=etag)["ETag"]
    function = published(edges, names.function, FROM_STORE, arn)
    made = edges.create_distribution(DistributionConfig=config(bucket, behaviour=associated(function)))
    deployed(edges, made["Distribution"]["Id"])
    until(lambda: httpx.get(url(made)).text == "one")
    pairs.put_key(KvsARN=arn, Key="release", Value="releases/two", IfMatch=etag)
    until(lambda: httpx.get(url(made)).text == "two")


def test_the_aws_cli_reaches_the_data_api_through_its_proxy(edges: Any, endpoint: str | None, names: Names) -> None:
    if endpoint is None:
        pytest.skip("AWS needs no proxy")
    arn = edges.create_key_value_store(Name=names.store)["KeyValueStore"]["ARN"]
    command = ["cloudfront-keyvaluestore", "describe-key-value-store", "--kvs-arn", arn, "--query", "ItemCount"]
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": DEFAULT_REGION}
    asked = subprocess.run(
        [str(Path(sys.executable).parent / "aws"), "--endpoint-url", endpoint, "--output", "text", *command],
        env={**os.environ, **keys, "HTTP_PROXY": endpoint, "NO_PROXY": "", "no_proxy": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.stdout.strip(), asked.stderr) == ("0", "")
