"""What one request to an edge of the embedded cloud costs: a cache hit, one with the shipped function, and a miss.

Run: python benchmarks/edge.py [REQUESTS]. Prints medians in milliseconds over one kept-alive connection.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import httpx
from botocore.config import Config

import tidegate
from tidegate.localcloud.cloudfront import CloudFrontService, MotoBuckets
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import DEFAULT_REGION, Settings

SHIPPED = Path(tidegate.__file__).parent / "targets" / "viewer_request.js"
CACHED, UNCACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def client(endpoint: str, service: str, **options: Any) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=DEFAULT_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**options),
    )


def shipped_function(endpoint: str, edges: Any) -> dict[str, Any]:
    """A behaviour's associations: the shipped function with a store that points to a release."""
    arn = edges.create_key_value_store(Name="app")["KeyValueStore"]["ARN"]
    pairs = client(endpoint, "cloudfront-keyvaluestore", proxies={"http": endpoint})
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
    domain = f"site.s3.{DEFAULT_REGION}.amazonaws.com"
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


def median_milliseconds(url: str, requests: int) -> float:
    taken = []
    with httpx.Client() as viewer:
        viewer.get(url).raise_for_status()
        for _ in range(requests):
            started = time.perf_counter()
            viewer.get(url)
            taken.append(time.perf_counter() - started)
    return median(taken) * 1_000


def measure(endpoint: str, requests: int) -> None:
    s3, edges = client(endpoint, "s3", s3={"addressing_style": "path"}), client(endpoint, "cloudfront")
    s3.create_bucket(Bucket="site", CreateBucketConfiguration={"LocationConstraint": DEFAULT_REGION})
    for key in ("index.html", "releases/a/index.html"):
        s3.put_object(Bucket="site", Key=key, Body=b"x" * 10_000, ContentType="text/html")
    plain = distribution(edges, "plain", {"CachePolicyId": CACHED})
    pointing = distribution(edges, "pointing", {"CachePolicyId": CACHED} | shipped_function(endpoint, edges))
    uncached = distribution(edges, "uncached", {"CachePolicyId": UNCACHED})
    print(f"cache hit                 {median_milliseconds(f'{plain}/index.html', requests):6.2f} ms")
    print(f"cache hit, with function  {median_milliseconds(f'{pointing}/search', requests):6.2f} ms")
    print(f"cache miss                {median_milliseconds(f'{uncached}/index.html', requests):6.2f} ms")
    s3.close()
    edges.close()


async def main(requests: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = EmbeddedCloud(Settings(root=Path(folder)))
        cloud.add(CloudFrontService(cloud, MotoBuckets(cloud.moto)))
        async with cloud.running():
            await asyncio.to_thread(measure, cloud.endpoint, requests)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
