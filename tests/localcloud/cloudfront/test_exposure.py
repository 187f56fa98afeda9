"""The leak of the strategy `invalidation`, as a number; and that `pointer` has none. The whole line, over boto3."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

import tidegate
from tidegate.localcloud.cloudfront import CloudFrontService, Delays, MotoBuckets
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import DEFAULT_REGION, Settings

SHIPPED = Path(tidegate.__file__).parent / "targets" / "viewer_request.js"
HTML = {"ContentType": "text/html", "CacheControl": "max-age=300"}


@dataclass
class Cloud:
    """An embedded cloud with a clock that the test sets; its clients block."""

    endpoint: str
    service: CloudFrontService
    s3: Any
    edges: Any
    pairs: Any
    now: float = 1_700_000_000.0

    def distribution(self, **behaviour: Any) -> tuple[str, str]:
        """A distribution of the bucket: its id and its URL."""
        default = {
            "TargetOriginId": "s3",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        }
        domain = f"site.s3.{DEFAULT_REGION}.amazonaws.com"
        origin = {"Id": "s3", "DomainName": domain, "S3OriginConfig": {"OriginAccessIdentity": ""}}
        made = self.edges.create_distribution(
            DistributionConfig={
                "CallerReference": uuid.uuid4().hex,
                "Comment": "",
                "Enabled": True,
                "DefaultRootObject": "index.html",
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": default | behaviour,
            }
        )["Distribution"]
        return made["Id"], f"http://{made['DomainName']}"

    def upload(self, key: str, text: str) -> str:
        return str(self.s3.put_object(Bucket="site", Key=key, Body=text.encode(), **HTML)["ETag"]).strip('"')

    def invalidate(self, distribution: str) -> None:
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": uuid.uuid4().hex}
        self.edges.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)

    def exposed(self, distribution: str) -> dict[str, tuple[int, int]]:
        """Requests and cache hits by ETag."""
        answer = httpx.get(f"{self.endpoint}/_tidegate/exposure", params={"distribution": distribution}).json()
        assert answer["distribution"] == distribution
        return {one["etag"]: (one["requests"], one["cache_hits"]) for one in answer["served"]}

    def pointing(self, name: str) -> tuple[str, dict[str, Any]]:
        """A store and the behaviour that follows it with the shipped function: ARN and behaviour."""
        arn = self.edges.create_key_value_store(Name=name)["KeyValueStore"]["ARN"]
        associations = {"Quantity": 1, "Items": [{"KeyValueStoreARN": arn}]}
        function = self.edges.create_function(
            Name=name,
            FunctionCode=SHIPPED.read_bytes(),
            FunctionConfig={
                "Comment": "", "Runtime": "cloudfront-js-2.0", "KeyValueStoreAssociations": associations
            },
        )  # fmt: skip
        live = self.edges.publish_function(Name=name, IfMatch=function["ETag"])["FunctionSummary"]
        item = {"EventType": "viewer-request", "FunctionARN": live["FunctionMetadata"]["FunctionARN"]}
        return arn, {"FunctionAssociations": {"Quantity": 1, "Items": [item]}}

    def point(self, arn: str, release: str) -> None:
        etag = self.pairs.describe_key_value_store(KvsARN=arn)["ETag"]
        self.pairs.put_key(KvsARN=arn, Key="release", Value=f"releases/{release}", IfMatch=etag)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    embedded = EmbeddedCloud(Settings(root=tmp_path))
    service = CloudFrontService(embedded, MotoBuckets(embedded.moto), Delays(0, 0, 0), lambda: made.now)
    embedded.add(service)
    embedded.route_unsigned("/_tidegate/exposure", service.exposure)
    embedded.route_unsigned("/_tidegate/cold-edge", service.chill)
    async with embedded.running():

        def client(name: str, **options: Any) -> Any:
            return boto3.client(
                name,  # type: ignore[call-overload]
                endpoint_url=embedded.endpoint,
                region_name=DEFAULT_REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 1}, **options),
            )

        s3, edges = client("s3", s3={"addressing_style": "path"}), client("cloudfront")
        pairs = client("cloudfront-keyvaluestore", proxies={"http": embedded.endpoint})
        made = Cloud(embedded.endpoint, service, s3, edges, pairs)
        location = {"LocationConstraint": DEFAULT_REGION}
        await asyncio.to_thread(s3.create_bucket, Bucket="site", CreateBucketConfiguration=location)
        yield made
        for one in (s3, edges, pairs):
            one.close()


@pytest.mark.parametrize("cold", ["expired", "new edge"])
async def test_invalidation_leaks_untested_files_at_a_cold_app(cloud: Cloud, cold: str) -> None:
    def story() -> None:
        test, test_url = cloud.distribution()
        app, app_url = cloud.distribution()
        proven = cloud.upload("index.html", "proven")
        assert [httpx.get(url).text for url in (app_url, app_url, test_url)] == ["proven"] * 3
        untested = cloud.upload("index.html", "untested")
        cloud.invalidate(test)
        assert httpx.get(test_url).text == "untested"
        assert cloud.exposed(app) == {proven: (2, 1)}
        if cold == "expired":
            cloud.now += 300
        else:
            httpx.post(f"{cloud.endpoint}/_tidegate/cold-edge", params={"distribution": app}).raise_for_status()
        assert [httpx.get(app_url).text for _ in range(3)] == ["untested"] * 3
        assert cloud.exposed(app) == {proven: (2, 1), untested: (3, 2)}

    await asyncio.to_thread(story)


async def test_pointer_never_serves_untested_files_at_app(cloud: Cloud) -> None:
    def story() -> None:
        test_store, test_behaviour = cloud.pointing("test")
        app_store, app_behaviour = cloud.pointing("app")
        _, test_url = cloud.distribution(**test_behaviour)
        app, app_url = cloud.distribution(**app_behaviour)
        assert httpx.get(app_url).status_code == 503
        proven = cloud.upload("releases/one/index.html", "proven")
        cloud.point(test_store, "one")
        cloud.point(app_store, "one")
        assert httpx.get(app_url).text == "proven"
        untested = cloud.upload("releases/two/index.html", "untested")
        cloud.point(test_store, "two")
        assert httpx.get(f"{test_url}/search").text == "untested"
        cloud.now += 86_400
        for path in ("/", "/search", "/index.html"):
            assert httpx.get(f"{app_url}{path}").text == "proven"
        assert httpx.get(f"{app_url}/releases/two/index.html").status_code == 403
        assert untested not in cloud.exposed(app)
        assert cloud.exposed(app)[proven][0] == 4
        cloud.point(app_store, "two")
        assert httpx.get(app_url).text == "untested"
        cloud.point(app_store, "one")
        assert httpx.get(app_url).text == "proven"
        served = cloud.service.edges[app].exposure.served()
        assert {one["prefix"]: one["requests"] for one in served} == {"releases/one": 5, "releases/two": 1}

    await asyncio.to_thread(story)


async def test_who_asks_for_no_distribution_is_told(cloud: Cloud) -> None:
    def story() -> list[int]:
        known, _ = cloud.distribution()
        return [
            httpx.get(f"{cloud.endpoint}/_tidegate/exposure").status_code,
            httpx.get(f"{cloud.endpoint}/_tidegate/exposure", params={"distribution": "E0"}).status_code,
            httpx.post(f"{cloud.endpoint}/_tidegate/cold-edge", params={"distribution": "E0"}).status_code,
            httpx.get(f"{cloud.endpoint}/_tidegate/cold-edge", params={"distribution": known}).status_code,
        ]

    assert await asyncio.to_thread(story) == [404, 404, 404, 405]
