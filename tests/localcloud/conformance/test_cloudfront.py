"""CloudFront and its KeyValueStore, in terms of what AWS documents, driven by stock boto3."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tidegate.localcloud.service import DEFAULT_REGION

Client = Callable[[str], Any]

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
PASS_THROUGH = b"function handler(event) { return event.request; }"
FROM_STORE = b"""import cf from 'cloudfront';
async function handler(event) {
    event.request.uri = '/' + (await cf.kvs().get('release')) + '/index.html';
    return event.request;
}
"""


@dataclass(frozen=True, slots=True)
class Names:
    """Names that no other test uses."""

    bucket: str
    function: str
    store: str


@pytest.fixture
def names() -> Names:
    unique = uuid.uuid4().hex[:12]
    return Names(f"site-{unique}", f"function-{unique}", f"store-{unique}")


@pytest.fixture
def edges(client: Client) -> Any:
    return client("cloudfront")


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


@pytest.fixture
def bucket(client: Client, names: Names) -> str:
    client("s3").create_bucket(Bucket=names.bucket, CreateBucketConfiguration={"LocationConstraint": DEFAULT_REGION})
    return names.bucket


def config(bucket: str, **changes: Any) -> dict[str, Any]:
    behaviour = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": CACHING_OPTIMIZED,
    } | changes.pop("behaviour", {})
    origin = {
        "Id": "site",
        "DomainName": f"{bucket}.s3.{DEFAULT_REGION}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    } | changes.pop("origin", {})
    return {
        "CallerReference": uuid.uuid4().hex,
        "Comment": "conformance",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour,
    } | changes


def code(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def deployed(edges: Any, distribution_id: str) -> None:
    until(lambda: edges.get_distribution(Id=distribution_id)["Distribution"]["Status"] == "Deployed")


def url(distribution: dict[str, Any], path: str = "/") -> str:
    domain = distribution["Distribution"]["DomainName"]
    return f"{'http' if domain.startswith('127.') else 'https'}://{domain}{path}"


def associated(arn: str) -> dict[str, Any]:
    items = [{"EventType": "viewer-request", "FunctionARN": arn}]
    return {"FunctionAssociations": {"Quantity": 1, "Items": items}}


def create_function(edges: Any, name: str, source: bytes = PASS_THROUGH, store: str | None = None) -> Any:
    given: dict[str, Any] = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    if store is not None:
        given["KeyValueStoreAssociations"] = {"Quantity": 1, "Items": [{"KeyValueStoreARN": store}]}
    return edges.create_function(Name=name, FunctionConfig=given, FunctionCode=source)


def published(edges: Any, name: str, source: bytes = PASS_THROUGH, store: str | None = None) -> str:
    made = create_function(edges, name, source, store)
    live = edges.publish_function(Name=name, IfMatch=made["ETag"])
    return str(live["FunctionSummary"]["FunctionMetadata"]["FunctionARN"])


def test_a_distribution_serves_its_bucket(client: Client, edges: Any, bucket: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="a b.txt", Body=b"hello", ContentType="text/plain")
    made = edges.create_distribution(DistributionConfig=config(bucket))
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["Distribution"]["Status"] == "InProgress"
    deployed(edges, made["Distribution"]["Id"])
    first, second = (httpx.get(url(made, "/a%20b.txt")) for _ in range(2))
    assert (first.status_code, first.text, first.headers["content-type"]) == (200, "hello", "text/plain")
    assert first.headers["x-cache"] == "Miss from cloudfront"
    assert second.headers["x-cache"] == "Hit from cloudfront"


def test_a_distribution_is_read_back_whole(edges: Any, bucket: str) -> None:
    given = config(bucket, DefaultRootObject="index.html", origin={"OriginPath": "/site"})
    made = edges.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": given, "Tags": {"Items": [{"Key": "a", "Value": "b"}]}}
    )
    found = edges.get_distribution_config(Id=made["Distribution"]["Id"])
    assert found["ETag"] == made["ETag"]
    assert found["DistributionConfig"]["Origins"]["Items"][0]["OriginPath"] == "/site"
    assert found["DistributionConfig"]["DefaultRootObject"] == "index.html"
    assert found["DistributionConfig"]["Aliases"] == {"Quantity": 0}
    tags = edges.list_tags_for_resource(Resource=made["Distribution"]["ARN"])["Tags"]["Items"]
    assert tags == [{"Key": "a", "Value": "b"}]
    summaries = [
        one
        for page in edges.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 1})
        for one in page["DistributionList"].get("Items", [])
    ]
    assert made["Distribution"]["Id"] in {one["Id"] for one in summaries}


def test_update_needs_the_current_etag(edges: Any, bucket: str) -> None:
    given = config(bucket)
    made = edges.create_distribution(DistributionConfig=given)
    number = made["Distribution"]["Id"]
    changed = given | {"Comment": "changed"}
    updated = edges.update_distribution(Id=number, DistributionConfig=changed, IfMatch=made["ETag"])
    assert updated["ETag"] != made["ETag"]
    assert updated["Distribution"]["DistributionConfig"]["Comment"] == "changed"
    with pytest.raises(ClientError) as stale:
        edges.update_distribution(Id=number, DistributionConfig=given, IfMatch=made["ETag"])
    assert code(stale) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as missing:
        edges.update_distribution(Id=number, DistributionConfig=given)
    assert code(missing) == ("InvalidIfMatchVersion", 400)
    with pytest.raises(ClientError) as foreign:
        edges.update_distribution(Id=number, DistributionConfig=given, IfMatch="E0000000000000")
    assert code(foreign) == ("InvalidIfMatchVersion", 400)
    with pytest.raises(ClientError) as other:
        edges.update_distribution(
            Id=number, DistributionConfig=given | {"CallerReference": "x"}, IfMatch=updated["ETag"]
        )
    assert code(other) == ("IllegalUpdate", 400)
    assert edges.get_distribution(Id=number)["Distribution"]["DistributionConfig"]["Comment"] == "changed"


def test_a_distribution_is_deleted_when_disabled(edges: Any, bucket: str) -> None:
    given = config(bucket)
    made = edges.create_distribution(DistributionConfig=given)
    number = made["Distribution"]["Id"]
    with pytest.raises(ClientError) as enabled:
        edges.delete_distribution(Id=number, IfMatch=made["ETag"])
    assert code(enabled) == ("DistributionNotDisabled", 409)
    off = edges.update_distribution(Id=number, DistributionConfig=given | {"Enabled": False}, IfMatch=made["ETag"])
    deployed(edges, number)
    with pytest.raises(ClientError) as stale:
        edges.delete_distribution(Id=number, IfMatch=made["ETag"])
    assert code(stale) == ("PreconditionFailed", 412)
    edges.delete_distribution(Id=number, IfMatch=off["ETag"])
    with pytest.raises(ClientError) as gone:
        edges.get_distribution(Id=number)
    assert code(gone) == ("NoSuchDistribution", 404)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"behaviour": {"TargetOriginId": "other"}}, ("NoSuchOrigin", 404)),
        ({"behaviour": {"CachePolicyId": "00000000-0000-0000-0000-000000000000"}}, ("NoSuchCachePolicy", 404)),
        ({"DefaultRootObject": "/index.html"}, ("InvalidDefaultRootObject", 400)),
        (
            {"behaviour": associated("arn:aws:cloudfront::123456789012:function/nope")},
            ("InvalidFunctionAssociation", 400),
        ),
        ({"CustomErrorResponses": {"Quantity": 2, "Items": [{"ErrorCode": 404}]}}, ("InconsistentQuantities", 400)),
        ({"PriceClass": "PriceClass_7"}, ("MalformedXML", 400)),
    ],
)
def test_wrong_configurations_are_refused(
    edges: Any, bucket: str, changes: dict[str, Any], expected: tuple[str, int]
) -> None:
    with pytest.raises(ClientError) as refused:
        edges.create_distribution(DistributionConfig=config(bucket, **changes))
    assert code(refused) == expected


def test_a_caller_reference_is_used_once(edges: Any, bucket: str) -> None:
    given = config(bucket)
    edges.create_distribution(DistributionConfig=given)
    with pytest.raises(ClientError) as again:
        edges.create_distribution(DistributionConfig=given)
    assert code(again) == ("DistributionAlreadyExists", 409)


def test_an_invalidation_completes_and_evicts(client: Client, edges: Any, bucket: str) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"old", ContentType="text/html")
    made = edges.create_distribution(DistributionConfig=config(bucket))
    number = made["Distribution"]["Id"]
    deployed(edges, number)
    assert httpx.get(url(made, "/index.html")).text == "old"
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"new", ContentType="text/html")
    assert httpx.get(url(made, "/index.html")).text == "old"
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "first"}
    created = edges.create_invalidation(DistributionId=number, InvalidationBatch=batch)
    assert created["Invalidation"]["Status"] == "InProgress"
    invalidation = created["Invalidation"]["Id"]
    assert (
        edges.create_invalidation(DistributionId=number, InvalidationBatch=batch)["Invalidation"]["Id"] == invalidation
    )

    def status() -> str:
        return str(edges.get_invalidation(DistributionId=number, Id=invalidation)["Invalidation"]["Status"])

    until(lambda: status() == "Completed")
    assert httpx.get(url(made, "/index.html")).text == "new"
    listed = edges.list_invalidations(DistributionId=number)["InvalidationList"]
    assert [one["Id"] for one in listed["Items"]] == [invalidation]
    with pytest.raises(ClientError) as unknown:
        edges.get_invalidation(DistributionId=number, Id="I0000000000000")
    assert code(unknown) == ("NoSuchInvalidation", 404)
    with pytest.raises(ClientError) as nowhere:
        edges.create_invalidation(DistributionId="E0000000000000", InvalidationBatch=batch)
    assert code(nowhere) == ("NoSuchDistribution", 404)


def test_functions_have_two_stages(edges: Any, names: Names) -> None:
    made = create_function(edges, names.function)
    assert made["FunctionSummary"]["FunctionMetadata"]["Stage"] == "DEVELOPMENT"
    with pytest.raises(ClientError) as unpublished:
        edges.describe_function(Name=names.function, Stage="LIVE")
    assert code(unpublished) == ("NoSuchFunctionExists", 404)
    edges.publish_function(Name=names.function, IfMatch=made["ETag"])
    changed = edges.update_function(
        Name=names.function,
        IfMatch=made["ETag"],
        FunctionConfig={"Comment": "second", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return { statusCode: 204 }; }",
    )
    assert changed["ETag"] != made["ETag"]
    live = edges.get_function(Name=names.function, Stage="LIVE")
    development = edges.get_function(Name=names.function)
    assert live["FunctionCode"].read() == PASS_THROUGH
    assert b"204" in development["FunctionCode"].read()
    assert (
        edges.describe_function(Name=names.function, Stage="LIVE")["FunctionSummary"]["FunctionConfig"]["Comment"] == ""
    )
    with pytest.raises(ClientError) as stale:
        edges.publish_function(Name=names.function, IfMatch=made["ETag"])
    assert code(stale) == ("PreconditionFailed", 412)
    edges.delete_function(Name=names.function, IfMatch=changed["ETag"])
    with pytest.raises(ClientError) as gone:
        edges.describe_function(Name=names.function)
    assert code(gone) == ("NoSuchFunctionExists", 404)


def test_functions_that_cannot_be(edges: Any, names: Names) -> None:
    create_function(edges, names.function)
    with pytest.raises(ClientError) as twice:
        create_function(edges, names.function)
    assert code(twice) == ("FunctionAlreadyExists", 409)
    with pytest.raises(ClientError) as large:
        create_function(edges, f"{names.function}-2", b"//" + b"x" * 10_240)
    assert code(large) == ("FunctionSizeLimitExceeded", 413)


def test_a_function_is_tried_before_it_is_published(edges: Any, names: Names) -> None:
    source = b"""function handler(event) {
        console.log('seen', event.request.uri);
        event.request.uri = '/x';
        return event.request;
    }"""
    made = create_function(edges, names.function, source)
    event = {"version": "1.0", "context": {"eventType": "viewer-request"}, "viewer": {"ip": "1.2.3.4"}}
    event["request"] = {"method": "GET", "uri": "/a", "headers": {}, "cookies": {}, "querystring": {}}
    tried = edges.test_function(Name=names.function, IfMatch=made["ETag"], EventObject=json.dumps(event).encode())
    assert json.loads(tried["TestResult"]["FunctionOutput"])["request"]["uri"] == "/x"
    assert any("seen /a" in line for line in tried["TestResult"]["FunctionExecutionLogs"])
    assert tried["TestResult"]["FunctionErrorMessage"] == ""


def test_a_function_in_use_stays(edges: Any, bucket: str, names: Names) -> None:
    arn = published(edges, names.function)
    edges.create_distribution(DistributionConfig=config(bucket, behaviour=associated(arn)))
    etag = edges.describe_function(Name=names.function)["ETag"]
    with pytest.raises(ClientError) as used:
        edges.delete_function(Name=names.function, IfMatch=etag)
    assert code(used) == ("FunctionInUse", 409)


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


def test_origin_access_controls(edges: Any, names: Names) -> None:
    given = {
        "Name": names.bucket,
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = edges.create_origin_access_control(OriginAccessControlConfig=given)
    number = made["OriginAccessControl"]["Id"]
    found = edges.get_origin_access_control(Id=number)
    assert found["OriginAccessControl"]["OriginAccessControlConfig"] == given
    with pytest.raises(ClientError) as twice:
        edges.create_origin_access_control(OriginAccessControlConfig=given)
    assert code(twice) == ("OriginAccessControlAlreadyExists", 409)
    edges.delete_origin_access_control(Id=number, IfMatch=made["ETag"])
    with pytest.raises(ClientError) as gone:
        edges.get_origin_access_control(Id=number)
    assert code(gone) == ("NoSuchOriginAccessControl", 404)


def test_managed_cache_policies(edges: Any) -> None:
    policy = edges.get_cache_policy(Id=CACHING_OPTIMIZED)["CachePolicy"]["CachePolicyConfig"]
    assert policy["Name"] == "Managed-CachingOptimized"
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (1, 86_400, 31_536_000)


def test_what_is_not_emulated_says_so(edges: Any, endpoint: str | None) -> None:
    if endpoint is None:
        pytest.skip("AWS does it")
    with pytest.raises(ClientError) as refused:
        edges.list_streaming_distributions()
    assert code(refused) == ("NotEmulated", 501)
