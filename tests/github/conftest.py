from collections.abc import AsyncIterator

import httpx
import pytest

from tests.github.fake import REPOSITORY, TOKEN, FakeGithub
from tidegate.cloud.patience import Patience
from tidegate.github.access import Access
from tidegate.github.api import GithubApi
from tidegate.github.transport import Transport

NOW = 1_000_000.0


async def no_pause(_seconds: float) -> None:
    """Retries need not wait in tests."""


@pytest.fixture
def fake() -> FakeGithub:
    return FakeGithub()


@pytest.fixture
async def github(fake: FakeGithub) -> AsyncIterator[GithubApi]:
    access = Access("http://api.github.test", "https://github.com", TOKEN, "GH_TOKEN")
    transport = Transport(access, Patience(no_pause), httpx.ASGITransport(fake.app), lambda: NOW)
    yield GithubApi(transport, REPOSITORY)
    await transport.close()
