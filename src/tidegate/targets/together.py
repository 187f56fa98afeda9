"""Side by side, and nothing left running."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(steps: Iterable[Awaitable[T]]) -> list[T]:
    """Wait for all, then raise the first failure, in the given order, or return all results.

    `asyncio.gather` by itself raises at once and leaves the others writing, behind the end of their job.
    """
    results = await asyncio.gather(*steps, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done
