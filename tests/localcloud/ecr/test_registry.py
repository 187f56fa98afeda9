import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tidegate.localcloud.ecr.manifest import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

ABSENT = "sha256:" + "0" * 64
STAND_IN = "sha256:5cde42bccd4c28333c68aa15fd6267d9484969416c0bdea209e166604ad1abd4"


def code(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["code"])


@pytest.mark.parametrize(
    "authorization", [None, "Bearer abc", "Basic !!!", "Basic QVdTOg==", "Basic cm9vdDp4", "Basic QVdT"]
)
async def test_a_request_without_a_token_for_aws_is_challenged(registry: Any, authorization: str | None) -> None:
    headers = {"authorization": authorization} if authorization else {}
    async with httpx.AsyncClient(base_url=registry.http.base_url) as plain:
        answer = await plain.get("/v2/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Basic realm="http://127.0.0.1:')
    assert code(answer) == "UNAUTHORIZED"


async def test_version_check(registry: Any) -> None:
    answer = await registry.http.get("/v2/")
    assert answer.status_code == 200
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


async def test_an_image_comes_back_byte_for_byte_by_tag_and_digest(registry: Any) -> None:
    await registry.create("app")
    pushed = await registry.push_image("app", "one", [b"layer"])
    digest = pushed.headers["docker-content-digest"]
    by_tag = await registry.http.get("/v2/app/manifests/one")
    by_digest = await registry.http.get(f"/v2/app/manifests/{digest}")
    head = await registry.http.head("/v2/app/manifests/one")
    assert by_tag.content == by_digest.content
    assert by_tag.headers["content-type"] == DOCKER_MANIFEST
    assert {a.headers["docker-content-digest"] for a in (by_tag, by_digest, head)} == {digest}
    assert head.content == b""
    assert head.headers["content-length"] == str(len(by_tag.content))
    layer = by_tag.json()["layers"][0]["digest"]
    assert (await registry.http.get(f"/v2/app/blobs/{layer}")).content == b"layer"


async def test_a_push_never_creates_a_repository(registry: Any) -> None:
    for answer in (
        await registry.http.post("/v2/nobody/blobs/uploads/"),
        await registry.put_manifest("nobody", "x", b"{}"),
        await registry.http.get("/v2/nobody/manifests/x"),
        await registry.http.get("/v2/nobody/tags/list"),
    ):
        assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")


async def test_a_manifest_whose_blob_is_missing_is_refused(registry: Any, manifest_of: Callable[..., bytes]) -> None:
    await registry.create("app")
    await registry.create("other")
    elsewhere = await registry.push_blob("other", b"config")
    here = await registry.push_blob("app", b"layer")
    for digests in ([elsewhere, here], [here, ABSENT]):
        answer = await registry.put_manifest("app", "x", manifest_of(digests, [6, 5]))
        assert (answer.status_code, code(answer)) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert (await registry.http.get("/v2/app/manifests/x")).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"nonsense", DOCKER_MANIFEST, "MANIFEST_INVALID"),
        (b"[]", DOCKER_MANIFEST, "MANIFEST_INVALID"),
        (b'{"schemaVersion": 1}', DOCKER_MANIFEST, "MANIFEST_INVALID"),
        (b'{"schemaVersion": 2}', "application/vnd.unknown+json", "MANIFEST_INVALID"),
        (b"{" + b" " * 4 * 1024 * 1024 + b"}", DOCKER_MANIFEST, "SIZE_INVALID"),
    ],
)
async def test_what_is_no_manifest_is_refused(registry: Any, content: bytes, kind: str, expected: str) -> None:
    await registry.create("app")
    answer = await registry.put_manifest("app", "x", content, kind)
    assert code(answer) == expected


async def test_a_manifest_under_the_digest_of_another_is_refused(registry: Any, manifest_of: Any) -> None:
    await registry.create("app")
    blob = await registry.push_blob("app", b"config")
    answer = await registry.put_manifest("app", ABSENT, manifest_of([blob], [6]))
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("kind", [DOCKER_INDEX, OCI_INDEX])
async def test_an_index_needs_its_manifests(registry: Any, kind: str) -> None:
    await registry.create("app")
    digest = (await registry.push_image("app", "one", [b"layer"])).headers["docker-content-digest"]

    def index(child: str) -> bytes:
        entry = {"mediaType": DOCKER_MANIFEST, "digest": child, "size": 1}
        return json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [entry]}).encode()

    assert code(await registry.put_manifest("app", "all", index(ABSENT), kind)) == "MANIFEST_BLOB_UNKNOWN"
    assert (await registry.put_manifest("app", "all", index(digest), kind)).status_code == 201
    refused = await registry.http.delete(f"/v2/app/manifests/{digest}")
    assert (refused.status_code, code(refused)) == (403, "DENIED")


async def test_an_oci_manifest_without_a_type_inside_takes_the_content_type(registry: Any) -> None:
    await registry.create("app")
    blob = await registry.push_blob("app", b"{}")
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": blob, "size": 2}
    body = json.dumps({"schemaVersion": 2, "config": config, "layers": []}).encode()
    assert (await registry.put_manifest("app", "x", body, OCI_MANIFEST)).status_code == 201
    assert (await registry.http.get("/v2/app/manifests/x")).headers["content-type"] == OCI_MANIFEST


async def test_an_immutable_tag_does_not_move_even_to_its_own_image(registry: Any) -> None:
    await registry.create("app", imageTagMutability="IMMUTABLE")
    assert (await registry.push_image("app", "one", [b"layer"])).status_code == 201
    for layer in (b"other", b"layer"):
        again = await registry.push_image("app", "one", [layer])
        assert (again.status_code, code(again)) == (400, "TAG_INVALID")
        assert "immutable" in again.json()["errors"][0]["message"]
    assert (await registry.push_image("app", "two", [b"layer"])).status_code == 201


async def test_a_mutable_tag_moves_and_the_old_image_stays(registry: Any) -> None:
    await registry.create("app")
    first = (await registry.push_image("app", "one", [b"a"])).headers["docker-content-digest"]
    second = (await registry.push_image("app", "one", [b"b"])).headers["docker-content-digest"]
    assert (await registry.push_image("app", "one", [b"b"])).status_code == 201
    assert (await registry.http.head("/v2/app/manifests/one")).headers["docker-content-digest"] == second
    assert (await registry.http.head(f"/v2/app/manifests/{first}")).status_code == 200


async def test_tags_are_listed_page_by_page(registry: Any) -> None:
    await registry.create("app")
    for tag in ("c", "a", "b"):
        await registry.push_image("app", tag, [b"layer"])
    assert (await registry.http.get("/v2/app/tags/list")).json() == {"name": "app", "tags": ["a", "b", "c"]}
    first = await registry.http.get("/v2/app/tags/list?n=2")
    assert first.json()["tags"] == ["a", "b"]
    following = first.headers["link"].partition(">")[0].removeprefix("<")
    last = await registry.http.get(following)
    assert last.json()["tags"] == ["c"]
    assert "link" not in last.headers
    assert (await registry.http.get("/v2/app/tags/list?n=x")).status_code == 400


async def test_deleting_a_tag_leaves_the_image_and_deleting_the_image_takes_its_tags(registry: Any) -> None:
    await registry.create("app")
    digest = (await registry.push_image("app", "one", [b"a"])).headers["docker-content-digest"]
    await registry.push_image("app", "two", [b"a"])
    assert (await registry.http.delete("/v2/app/manifests/one")).status_code == 202
    assert (await registry.http.head("/v2/app/manifests/one")).status_code == 404
    assert (await registry.http.head(f"/v2/app/manifests/{digest}")).status_code == 200
    assert (await registry.http.delete(f"/v2/app/manifests/{digest}")).status_code == 202
    assert (await registry.http.get("/v2/app/tags/list")).json()["tags"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v2/app/manifests/x", 405),
        ("GET", "/v2/app/manifests/not%20a%20tag", 400),
        ("GET", "/v2/app/blobs/sha256:short", 400),
        ("GET", f"/v2/app/blobs/{ABSENT}", 404),
        ("GET", "/v2/_catalog", 404),
        ("GET", "/elsewhere", 404),
    ],
)
async def test_other_requests_are_refused_in_the_form_of_the_specification(
    registry: Any, method: str, path: str, status: int
) -> None:
    await registry.create("app")
    answer = await registry.http.request(method, path)
    assert answer.status_code == status
    assert code(answer)


async def test_the_stand_in_is_there_to_pull_only(registry: Any) -> None:
    answer = await registry.http.get("/v2/lambda/python/manifests/3.11")
    config = await registry.http.get(f"/v2/lambda/python/blobs/{answer.json()['config']['digest']}")
    assert config.json()["config"]["Labels"] == {"dev.tidegate.stand-in": "true"}
    assert "LAMBDA_TASK_ROOT=/var/task" in config.json()["config"]["Env"]
    # One digest on every machine: it is part of every digest that is built on it.
    assert answer.headers["docker-content-digest"] == STAND_IN
    refused = await registry.http.post("/v2/lambda/python/blobs/uploads/")
    assert code(refused) == "NAME_UNKNOWN"
    assert (await registry.control("DescribeRepositories")).json()["repositories"] == []
