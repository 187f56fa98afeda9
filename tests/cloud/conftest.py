"""The composed embedded cloud on an event loop of its own, and the adapters over it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from tidegate.cloud.aws.connect import open_cloud
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud
from tidegate.localcloud.compose import compose
from tidegate.localcloud.service import DEFAULT_REGION, Settings


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the control plane of one embedded cloud for the whole test session."""
    settings = Settings(root=tmp_path_factory.mktemp("cloud"))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(compose(settings).running()) as cloud,
    ):
        yield cloud.endpoint


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests' own shell says about AWS must not reach them."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def cloud(endpoint: str) -> AsyncIterator[Cloud]:
    async with open_cloud(DEFAULT_REGION, endpoint) as opened:
        yield opened


@pytest.fixture
async def wire(endpoint: str) -> AsyncIterator[Wire]:
    """Clients for what the ports do not offer: making the things that adapters are asked about."""
    opened = Wire(DEFAULT_REGION, endpoint)
    yield opened
    await opened.close()
