import asyncio
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name="ap-southeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


async def test_s3_round_trip_with_conditions(tmp_path: Path) -> None:
    async with EmbeddedCloud(Settings(root=tmp_path)).running() as cloud:

        def use() -> tuple[bytes, str, int]:
            s3 = client(cloud.endpoint, "s3")
            s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"})
            s3.put_object(Bucket="bucket", Key="a b/ü?.txt", Body=b"x" * 100_000, ContentType="text/plain")
            head = s3.head_object(Bucket="bucket", Key="a b/ü?.txt")
            body = s3.get_object(Bucket="bucket", Key="a b/ü?.txt")["Body"].read()
            with pytest.raises(ClientError) as lost:
                s3.put_object(Bucket="bucket", Key="a b/ü?.txt", Body=b"y", IfNoneMatch="*")
            s3.close()
            return body, lost.value.response["Error"]["Code"], head["ContentLength"]

        body, code, length = await asyncio.to_thread(use)
    assert body == b"x" * 100_000
    assert length == 100_000
    assert code == "PreconditionFailed"


async def test_unknown_service_is_refused_clearly(tmp_path: Path) -> None:
    async with EmbeddedCloud(Settings(root=tmp_path)).running() as cloud:

        def use() -> str:
            athena = client(cloud.endpoint, "athena")
            try:
                with pytest.raises(ClientError) as refused:
                    athena.list_work_groups()
            finally:
                athena.close()
            return str(refused.value)

        assert "not emulated" in await asyncio.to_thread(use)


async def test_a_stopped_cloud_forgets_its_state(tmp_path: Path) -> None:
    def queues(endpoint: str, create: bool) -> list[str]:
        sqs = client(endpoint, "sqs")
        try:
            if create:
                sqs.create_queue(QueueName="q")
            return list(sqs.list_queues().get("QueueUrls", []))
        finally:
            sqs.close()

    async with EmbeddedCloud(Settings(root=tmp_path)).running() as cloud:
        assert len(await asyncio.to_thread(queues, cloud.endpoint, True)) == 1
    async with EmbeddedCloud(Settings(root=tmp_path)).running() as cloud:
        assert await asyncio.to_thread(queues, cloud.endpoint, False) == []
