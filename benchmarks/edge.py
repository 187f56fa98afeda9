"""What one request to an edge of the embedded cloud costs: a cache hit, one with the shipped function, and a miss.

Over one kept-alive connection to an embedded cloud in a process of its own.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import httpx

import tidegate
from benchmarks.embedded import Embedded, embedded_cloud
from benchmarks.measure import Row, milliseconds, row, sample, seconds

SHIPPED = Path(tidegate.__file__).parent / "targets" / "viewer_request.js"
CACHED, UNCACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
REGION = "ap-southeast-1"
REQUESTS = 500


def shipped_function(cloud: Embedded, edges: Any) -> dict[str, Any]:
    """A behaviour's associations: the shipped function with a store that points to a release."""
    arn = edges.create_key_value_store(Name="app")["KeyValueStore"]["ARN"]
    pairs = cloud.client("cloudfront-keyvaluestore", proxies={"http": cloud.endpoint})
    etag = pairs.describe_key_value_store(KvsARN=arn)["ETag"]
    pairs.put_key(KvsARN=arn, Key="release", Value="releases/a", IfMatch=etag)
    pairs.close()
    stores = {"Quantity": 1, "Items": [{"KeyValueStoreARN": arn}]}
    made = edges.create_function(
        Name="app",
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0", "KeyValueStoreAssociations": stores},
        FunctionCode=SHIPPED.read_bytes(),
    )
    live = edges.publish_function(Name="app", IfMatch=made["ETag"])["FunctionSummary"]["FunctionMetadata"]
    items = [{"EventType": "viewer-request", "FunctionARN": live["FunctionARN"]}]
    return {"FunctionAssociations": {"Quantity": 1, "Items": items}}


def distribution(edges: Any, reference: str, behaviour: dict[str, Any]) -> str:
    """Create a distribution of the bucket; returns its URL."""
    domain = f"site.s3.{REGION}.amazonaws.com"
    origin = {"Id": "s3", "DomainName": domain, "S3OriginConfig": {"OriginAccessIdentity": ""}}
    made = edges.create_distribution(
        DistributionConfig={
            "CallerReference": reference,
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "s3", "ViewerProtocolPolicy": "allow-all"} | behaviour,
        }
    )
    return f"http://{made['Distribution']['DomainName']}"


def requested(url: str) -> list[float]:
    """Milliseconds of each of many requests."""
    with httpx.Client(trust_env=False) as viewer:

        def get() -> None:
            viewer.get(url).raise_for_status()

        return milliseconds(sample(partial(seconds, get), REQUESTS, REQUESTS))


def rows() -> list[Row]:
    """Ask three distributions of one bucket for a page of 10 kB."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder, embedded_cloud(Path(folder)) as cloud:
        s3, edges = cloud.client("s3", s3={"addressing_style": "path"}), cloud.client("cloudfront")
        s3.create_bucket(Bucket="site", CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in ("index.html", "releases/a/index.html"):
            s3.put_object(Bucket="site", Key=key, Body=b"x" * 10_000, ContentType="text/html")
        plain = distribution(edges, "plain", {"CachePolicyId": CACHED})
        pointing = distribution(edges, "pointing", {"CachePolicyId": CACHED} | shipped_function(cloud, edges))
        uncached = distribution(edges, "uncached", {"CachePolicyId": UNCACHED})
        found = [
            row("edge, cache hit", "ms", requested(f"{plain}/index.html")),
            row("edge, cache hit through the shipped function", "ms", requested(f"{pointing}/search")),
            row("edge, cache miss", "ms", requested(f"{uncached}/index.html")),
        ]
        s3.close()
        edges.close()
        return found
