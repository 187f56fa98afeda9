"""Create a thing, or find that it is there; run such work side by side."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from tidegate.cloud.aws.wire import Wire
from tidegate.errors import CloudError

T = TypeVar("T")


async def created(wire: Wire, where: str, create: Callable[[], object], *taken: str) -> bool:
    """Create a thing.

    Args:
        wire: The clients.
        where: The thing, for messages.
        create: The call that creates it.
        taken: Error codes that say that it is already there.

    Returns:
        Whether it was created now.
    """
    try:
        await wire.ask(where, create)
    except CloudError as refusal:
        if refusal.code not in taken:
            raise
        return False
    return True


@contextlib.asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first failure ends the rest and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def together(*work: Coroutine[Any, Any, T]) -> list[T]:
    """Run work side by side; results in the order of the arguments."""
    async with side_by_side() as group:
        tasks = [group.create_task(one) for one in work]
    return [task.result() for task in tasks]
