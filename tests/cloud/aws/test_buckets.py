from pathlib import Path
from uuid import uuid4

import pytest

from tidegate.cloud.aws.buckets import DELETE_BATCH
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud
from tidegate.errors import Moved, NotFound

KIND = {"content_type": "text/html", "cache_control": "max-age=300"}


@pytest.fixture
async def bucket(wire: Wire) -> str:
    name = f"bucket-{uuid4().hex[:12]}"
    await wire.ask(
        name,
        lambda: wire.clients.buckets.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
        ),
    )
    return name


@pytest.mark.parametrize("key", ["index.html", "a b/ü?.txt", "releases/r1/assets/app+1.js"])
async def test_what_was_written_is_read_back(cloud: Cloud, bucket: str, key: str) -> None:
    etag = await cloud.buckets.write(bucket, key, b"<html>", **KIND)
    assert await cloud.buckets.read(bucket, key) == (b"<html>", etag)


async def test_a_file_is_streamed_with_its_properties(cloud: Cloud, bucket: str, wire: Wire, tmp_path: Path) -> None:
    file = tmp_path / "app.js"
    file.write_bytes(bytes(range(256)) * 5000)
    await cloud.buckets.write(bucket, "app.js", file, content_type="text/javascript", cache_control="immutable")
    assert (await cloud.buckets.read(bucket, "app.js"))[0] == file.read_bytes()
    head = await wire.ask(bucket, lambda: wire.clients.buckets.head_object(Bucket=bucket, Key="app.js"))
    assert (head["ContentType"], head["CacheControl"]) == ("text/javascript", "immutable")


async def test_keys_are_listed_by_prefix(cloud: Cloud, bucket: str) -> None:
    for key in ("a/1", "a/2", "ab", "b/1"):
        await cloud.buckets.write(bucket, key, key.encode(), **KIND)
    found = await cloud.buckets.keys(bucket, "a/")
    assert [(item.key, item.size) for item in found] == [("a/1", 3), ("a/2", 3)]
    assert await cloud.buckets.keys(bucket, "c/") == ()


async def test_more_keys_than_one_request_takes_are_deleted(cloud: Cloud, bucket: str) -> None:
    for key in ("first", "kept", "last"):
        await cloud.buckets.write(bucket, key, b"x", **KIND)
    await cloud.buckets.delete(bucket, ["first", *(f"gone/{number}" for number in range(2 * DELETE_BATCH)), "last"])
    assert [item.key for item in await cloud.buckets.keys(bucket, "")] == ["kept"]


async def test_deleting_nothing_and_what_is_not_there_is_no_error(cloud: Cloud, bucket: str) -> None:
    await cloud.buckets.delete(bucket, [])
    await cloud.buckets.delete(bucket, ["never/was"])


async def test_an_object_that_must_be_new_is_not_overwritten(cloud: Cloud, bucket: str) -> None:
    await cloud.buckets.write(bucket, "marker", b"1", **KIND, expect="")
    with pytest.raises(Moved):
        await cloud.buckets.write(bucket, "marker", b"2", **KIND, expect="")
    assert (await cloud.buckets.read(bucket, "marker"))[0] == b"1"


async def test_an_object_that_somebody_else_wrote_is_not_overwritten(cloud: Cloud, bucket: str) -> None:
    first = await cloud.buckets.write(bucket, "state.json", b"1", **KIND)
    second = await cloud.buckets.write(bucket, "state.json", b"2", **KIND, expect=first)
    with pytest.raises(Moved):
        await cloud.buckets.write(bucket, "state.json", b"3", **KIND, expect=first)
    assert await cloud.buckets.read(bucket, "state.json") == (b"2", second)
    found = await cloud.buckets.keys(bucket, "state.json")
    assert found[0].etag == second


async def test_an_object_that_somebody_else_deleted_has_moved(cloud: Cloud, bucket: str) -> None:
    etag = await cloud.buckets.write(bucket, "state.json", b"1", **KIND)
    await cloud.buckets.delete(bucket, ["state.json"])
    with pytest.raises(Moved):
        await cloud.buckets.write(bucket, "state.json", b"2", **KIND, expect=etag)


async def test_what_does_not_exist_is_not_found(cloud: Cloud, bucket: str) -> None:
    with pytest.raises(NotFound, match="NoSuchKey") as raised:
        await cloud.buckets.read(bucket, "nothing")
    assert raised.value.where == f"s3://{bucket}/nothing"
    with pytest.raises(NotFound):
        await cloud.buckets.keys("no-such-bucket-here", "")
    with pytest.raises(NotFound):
        await cloud.buckets.write("no-such-bucket-here", "a", b"", **KIND, expect='"etag"')
