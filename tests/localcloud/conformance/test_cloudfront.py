"""CloudFront's distributions, edges, invalidations and functions, in terms of what AWS documents, driven by boto3."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conformance.cloudfront_calls import (
    CACHING_OPTIMIZED,
    PASS_THROUGH,
    Names,
    associated,
    code,
    config,
    create_function,
    deployed,
    published,
    until,
    url,
)
from tidegate.localcloud.service import DEFAULT_REGION

Client = Callable[[str], Any]


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
    head = httpx.head(url(made, "/a%20b.txt"))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")
    part = httpx.get(url(made, "/a%20b.txt"), headers={"range": "bytes=1-2"})
    assert (part.status_code, part.text) == (206, "el")
    assert httpx.get(url(made, "/a%20b.txt"), headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert httpx.get(url(made, "/missing.txt")).status_code == 403


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
