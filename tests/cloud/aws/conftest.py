"""Functions to ask about: tiny images, and a function on one of them with both aliases on its first version."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from tidegate.cloud.aws.provision.function import ensure_function
from tidegate.cloud.aws.provision.handler_image import HandlerImage, push
from tidegate.cloud.aws.provision.repository import ensure_repository
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.blueprint import FunctionBlueprint
from tidegate.cloud.ports import Cloud

Push = Callable[[str], Awaitable[str]]

ECHO = "def handler(event, context):\n    print('saw', event)\n    return {'event': event, 'by': 'one'}\n"


@pytest.fixture
def push_image(cloud: Cloud, wire: Wire) -> Push:
    """Pushes an image with the given handler source; returns its URI by digest."""

    async def pushed(source: str) -> str:
        await ensure_repository(wire, "handlers")
        return await push(await cloud.images.access(), "handlers", HandlerImage(source), f"t-{uuid4().hex[:8]}")

    return pushed


@pytest.fixture
async def function(wire: Wire, push_image: Push) -> str:
    name = f"function-{uuid4().hex[:8]}"
    blueprint = FunctionBlueprint(name, "handlers", "main.handler", {"STAGE": "dev"}, timeout_seconds=20)
    await ensure_function(wire, blueprint, await push_image(ECHO), "arn:aws:iam::123456789012:role/test")
    return name
