import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tidegate.build.manifest import DOCKER_MANIFEST, docker_manifest
from tidegate.build.registry import RegistryClient
from tidegate.build.transport import ATTEMPTS
from tidegate.errors import CloudError, Moved, NotFound, Throttled, Unreachable
from tidegate.localcloud.ecr.state import TagMutability
from tidegate.localcloud.server import EmbeddedCloud
from tidegate.localcloud.service import Settings

ABSENT = "sha256:" + "0" * 64


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


async def no_pause(_seconds: float) -> None:
    return None


async def test_blobs_travel_both_ways(forge: Any, tmp_path: Path) -> None:
    forge.create("app")
    content = bytes(range(256)) * 5000
    (tmp_path / "blob").write_bytes(content)
    digest = digest_of(content)
    assert not await forge.registry.has_blob("app", digest)
    await forge.registry.put_blob("app", digest, tmp_path / "blob")
    assert await forge.registry.has_blob("app", digest)
    await forge.registry.download("app", digest, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert await forge.registry.blob("app", digest) == content


async def test_a_blob_under_a_wrong_digest_is_refused(forge: Any) -> None:
    forge.create("app")
    with pytest.raises(CloudError, match="DIGEST_INVALID"):
        await forge.registry.put_blob("app", ABSENT, b"x")


async def test_a_mount_that_is_refused_leaves_no_upload(forge: Any, tmp_path: Path) -> None:
    forge.create("app")
    forge.create("other")
    digest = await forge.registry.put_small("other", b"content")
    assert not await forge.registry.mount_blob("app", digest, "other")
    assert list((tmp_path / "cloud/ecr/uploads").iterdir()) == []
    forge.ecr._state.settings["BLOB_MOUNTING"] = "ENABLED"
    assert await forge.registry.mount_blob("app", digest, "other")
    assert await forge.registry.has_blob("app", digest)


async def test_a_tag_that_is_taken(forge: Any) -> None:
    forge.create("app", TagMutability.IMMUTABLE)
    config = await forge.registry.put_small("app", b"{}")
    manifest, other = docker_manifest(config, 2, []), docker_manifest(config, 3, [])
    digest = await forge.registry.put_manifest("app", "one", manifest, DOCKER_MANIFEST)
    # Our own answer may have been lost: the same content again is a success.
    assert await forge.registry.put_manifest("app", "one", manifest, DOCKER_MANIFEST) == digest
    with pytest.raises(Moved, match="holds sha256"):
        await forge.registry.put_manifest("app", "one", other, DOCKER_MANIFEST)


async def test_what_is_missing(forge: Any) -> None:
    forge.create("app")
    assert await forge.registry.manifest("app", "none") is None
    with pytest.raises(NotFound, match="does not exist"):
        await forge.registry.manifest("nobody", "none")
    with pytest.raises(NotFound):
        await forge.registry.blob("app", ABSENT)
    with pytest.raises(CloudError, match="MANIFEST_BLOB_UNKNOWN"):
        await forge.registry.put_manifest("app", "x", docker_manifest(ABSENT, 2, []), DOCKER_MANIFEST)


async def test_wrong_credentials_are_told(forge: Any) -> None:
    async with RegistryClient(f"http://{forge.ecr.registry_host}", "somebody", "else", no_pause) as client:
        with pytest.raises(CloudError, match="401") as error:
            await client.manifest("app", "one")
    assert "credentials" in error.value.what_next


async def test_nobody_there() -> None:
    async with RegistryClient("http://127.0.0.1:9", "AWS", "x", no_pause) as client:
        with pytest.raises(Unreachable, match="no answer after 4 attempts"):
            await client.manifest("app", "one")


class Moody:
    """A registry that behaves as a test says: each request takes the next answer, the last one stays."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await request.body()
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.requests.append((request.method, target, request.headers.get("authorization", "")))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await answer(scope, receive, send)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[EmbeddedCloud]:
    async with EmbeddedCloud(Settings(root=tmp_path)).running() as running:
        yield running


async def test_a_moody_registry_is_asked_again(cloud: EmbeddedCloud) -> None:
    moody = Moody(Response(status_code=503), Response(status_code=429), Response(b"hi"))
    url = f"http://127.0.0.1:{await cloud.listen(moody)}"
    async with RegistryClient(url, "AWS", "x", no_pause) as client:
        assert await client.blob("app", digest_of(b"hi")) == b"hi"
    assert len(moody.requests) == 3


@pytest.mark.parametrize(("status", "kind"), [(429, Throttled), (500, Unreachable)])
async def test_patience_ends(cloud: EmbeddedCloud, status: int, kind: type[CloudError]) -> None:
    moody = Moody(Response(status_code=status))
    url = f"http://127.0.0.1:{await cloud.listen(moody)}"
    async with RegistryClient(url, "AWS", "x", no_pause) as client:
        with pytest.raises(kind):
            await client.blob("app", ABSENT)
    assert len(moody.requests) == ATTEMPTS


async def test_content_that_is_not_what_was_asked_for_is_refused(cloud: EmbeddedCloud, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{await cloud.listen(Moody(Response(b'forged')))}"
    async with RegistryClient(url, "AWS", "x", no_pause) as client:
        for ask in (client.blob("app", ABSENT), client.manifest("app", ABSENT)):
            with pytest.raises(CloudError, match="sent content of digest"):
                await ask
        with pytest.raises(CloudError, match="sent content of digest"):
            await client.download("app", ABSENT, tmp_path / "blob")
    assert list(tmp_path.glob("blob*")) == []


async def test_a_bearer_challenge_is_answered_anonymously(cloud: EmbeddedCloud) -> None:
    tokens = Moody(JSONResponse({"token": "secret"}))
    realm = f"http://127.0.0.1:{await cloud.listen(tokens)}/token"
    challenge = {"www-authenticate": f'Bearer realm="{realm}",service="registry",scope="repository:app:pull"'}
    moody = Moody(Response(status_code=401, headers=challenge), Response(b"hi"))
    async with RegistryClient(f"http://127.0.0.1:{await cloud.listen(moody)}", pause=no_pause) as client:
        assert await client.blob("app", digest_of(b"hi")) == b"hi"
        assert await client.blob("app", digest_of(b"hi")) == b"hi"
    assert [authorization for _, _, authorization in moody.requests] == ["", "Bearer secret", "Bearer secret"]
    assert [target for _, target, _ in tokens.requests] == ["/token?scope=repository%3Aapp%3Apull&service=registry"]


async def test_credentials_do_not_follow_a_redirect_elsewhere(cloud: EmbeddedCloud) -> None:
    elsewhere = Moody(Response(b"hi"))
    place = f"http://127.0.0.1:{await cloud.listen(elsewhere)}/signed"
    moody = Moody(Response(status_code=307, headers={"location": place}))
    async with RegistryClient(f"http://127.0.0.1:{await cloud.listen(moody)}", "AWS", "x", no_pause) as client:
        assert await client.blob("app", digest_of(b"hi")) == b"hi"
    assert elsewhere.requests == [("GET", "/signed", "")]
