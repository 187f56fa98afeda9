import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

CONTENT = bytes(range(256)) * 1000
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


def code(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["code"])


def left_over(root: Path) -> list[Path]:
    return list((root / "cloud/ecr/uploads").iterdir())


async def begin(registry: Any, query: str = "") -> str:
    answer = await registry.http.post(f"/v2/app/blobs/uploads/{query}")
    assert answer.status_code == 202
    return str(answer.headers["location"])


async def test_chunks_in_order_make_a_blob(registry: Any) -> None:
    await registry.create("app")
    place = await begin(registry)
    headers = {"content-range": "0-999", "content-type": "application/octet-stream"}
    first = await registry.http.patch(place, content=CONTENT[:1000], headers=headers)
    assert (first.status_code, first.headers["range"]) == (202, "0-999")
    status = await registry.http.get(place)
    assert (status.status_code, status.headers["range"]) == (204, "0-999")
    gap = await registry.http.patch(place, content=b"x", headers={"content-range": "2000-2000"})
    assert (gap.status_code, gap.headers["range"]) == (416, "0-999")
    await registry.http.patch(place, content=CONTENT[1000:5000])
    done = await registry.http.put(place, params={"digest": DIGEST}, content=CONTENT[5000:])
    assert done.status_code == 201
    assert (await registry.http.get(done.headers["location"])).content == CONTENT


async def test_one_post_is_enough(registry: Any) -> None:
    await registry.create("app")
    answer = await registry.http.post("/v2/app/blobs/uploads/", params={"digest": DIGEST}, content=CONTENT)
    assert answer.status_code == 201
    head = await registry.http.head(f"/v2/app/blobs/{DIGEST}")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(CONTENT)))


async def test_part_of_a_blob_by_range(registry: Any) -> None:
    await registry.create("app")
    await registry.push_blob("app", CONTENT)
    part = await registry.http.get(f"/v2/app/blobs/{DIGEST}", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    beyond = await registry.http.get(f"/v2/app/blobs/{DIGEST}", headers={"range": "bytes=9999999-"})
    assert beyond.status_code == 416


async def test_bytes_with_another_digest_are_refused_and_dropped(registry: Any, tmp_path: Path) -> None:
    await registry.create("app")
    place = await begin(registry)
    wrong = await registry.http.put(place, params={"digest": DIGEST}, content=CONTENT[:-1])
    assert (wrong.status_code, code(wrong)) == (400, "DIGEST_INVALID")
    assert (await registry.http.get(place)).status_code == 404
    assert (await registry.http.head(f"/v2/app/blobs/{DIGEST}")).status_code == 404
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("digest", ["", "md5:abc", "sha256:" + "0" * 63, "sha256:../../../etc/passwd"])
async def test_a_malformed_digest_is_refused(registry: Any, digest: str) -> None:
    await registry.create("app")
    place = await begin(registry)
    answer = await registry.http.put(place, params={"digest": digest}, content=b"")
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")


async def test_an_upload_can_be_given_up(registry: Any, tmp_path: Path) -> None:
    await registry.create("app")
    place = await begin(registry)
    await registry.http.patch(place, content=b"x")
    assert (await registry.http.delete(place)).status_code == 204
    assert code(await registry.http.patch(place, content=b"x")) == "BLOB_UPLOAD_UNKNOWN"
    assert left_over(tmp_path) == []


async def test_an_upload_belongs_to_its_repository(registry: Any) -> None:
    await registry.create("app")
    await registry.create("other")
    place = (await begin(registry)).replace("/app/", "/other/")
    assert code(await registry.http.patch(place, content=b"x")) == "BLOB_UPLOAD_UNKNOWN"


async def test_a_blob_is_mounted_from_another_repository_only_when_mounting_is_enabled(registry: Any) -> None:
    await registry.create("app")
    await registry.create("base")
    await registry.push_blob("base", CONTENT)
    mount = f"/v2/app/blobs/uploads/?mount={DIGEST}&from="
    assert (await registry.http.post(mount + "base")).status_code == 202
    assert (await registry.control("PutAccountSetting", name="BLOB_MOUNTING", value="ENABLED")).status_code == 200
    assert (await registry.http.head(f"/v2/app/blobs/{DIGEST}")).status_code == 404
    assert (await registry.http.post(mount + "nobody")).status_code == 202
    mounted = await registry.http.post(mount + "base")
    assert (mounted.status_code, mounted.headers["location"]) == (201, f"/v2/app/blobs/{DIGEST}")
    assert (await registry.http.get(f"/v2/app/blobs/{DIGEST}")).content == CONTENT


async def test_a_blob_that_an_image_needs_is_not_deleted(registry: Any) -> None:
    await registry.create("app")
    await registry.push_image("app", "one", [CONTENT])
    loose = await registry.push_blob("app", b"loose")
    assert code(await registry.http.delete(f"/v2/app/blobs/{DIGEST}")) == "DENIED"
    assert (await registry.http.delete(f"/v2/app/blobs/{loose}")).status_code == 202
    assert (await registry.http.head(f"/v2/app/blobs/{loose}")).status_code == 404


async def test_a_request_that_breaks_off_leaves_nothing(registry: Any, tmp_path: Path) -> None:
    await registry.create("app")
    place = await begin(registry)

    async def broken() -> Any:
        yield b"x" * 100_000
        raise ConnectionError("the sender is gone")

    with pytest.raises(ConnectionError):
        await registry.http.patch(place, content=broken())
    # The server learns of it when it reads on; until then the upload is busy, and after it is unknown.
    while (answer := await registry.http.get(place)).status_code != 404:
        assert answer.status_code == 204
    assert left_over(tmp_path) == []
