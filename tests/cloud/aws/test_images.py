from collections.abc import Awaitable, Callable

import httpx
import pytest

from tidegate.cloud.aws.provision.handler_image import HandlerImage, push
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud, RegistryAccess
from tidegate.errors import CloudError, Unreachable

SOURCE = "def handler(event, context):\n    return 1\n"


async def test_access_opens_the_registry(cloud: Cloud) -> None:
    access = await cloud.images.access()
    assert access.username == "AWS"
    assert access.password not in repr(access)
    async with httpx.AsyncClient(trust_env=False) as client:
        allowed = await client.get(f"{access.url}/v2/", auth=(access.username, access.password))
        refused = await client.get(f"{access.url}/v2/")
    assert (allowed.status_code, refused.status_code) == (200, 401)


async def test_an_image_exists_once_it_was_pushed(cloud: Cloud, push_image: Callable[[str], Awaitable[str]]) -> None:
    uri = await push_image(SOURCE)
    digest = uri.partition("@")[2]
    assert digest == HandlerImage(SOURCE).digest
    assert await cloud.images.exists("handlers", digest)
    assert not await cloud.images.exists("handlers", f"sha256:{'0' * 64}")
    assert not await cloud.images.exists("no-such-repository", digest)


async def test_an_image_that_was_deleted_exists_no_more(
    cloud: Cloud, wire: Wire, push_image: Callable[[str], Awaitable[str]]
) -> None:
    digest = (await push_image("def handler(event, context):\n    return 'gone'\n")).partition("@")[2]
    assert await cloud.images.exists("handlers", digest)
    await wire.ask(
        "the registry",
        lambda: wire.clients.images.batch_delete_image(repositoryName="handlers", imageIds=[{"imageDigest": digest}]),
    )
    assert not await cloud.images.exists("handlers", digest)


async def test_the_same_source_is_the_same_image(push_image: Callable[[str], Awaitable[str]]) -> None:
    assert await push_image(SOURCE) == await push_image(SOURCE)
    assert await push_image(SOURCE) != await push_image(SOURCE + "\n")


async def test_a_push_into_no_repository_is_refused(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="refused"):
        await push(await cloud.images.access(), "no-such-repository", HandlerImage(SOURCE), "t")


async def test_a_registry_that_does_not_answer_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await push(RegistryAccess("http://127.0.0.1:9", "AWS", "x"), "handlers", HandlerImage(SOURCE), "t")
