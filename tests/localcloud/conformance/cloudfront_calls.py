"""Calls on CloudFront that its conformance tests share."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tidegate.localcloud.service import DEFAULT_REGION

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
PASS_THROUGH = b"function handler(event) { return event.request; }"


@dataclass(frozen=True, slots=True)
class Names:
    """Names that no other test uses."""

    bucket: str
    function: str
    store: str


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
