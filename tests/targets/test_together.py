import asyncio

import pytest

from tidegate.targets.together import together


async def value(number: int) -> int:
    await asyncio.sleep(0)
    return number


async def test_results_come_in_the_given_order() -> None:
    assert await together(value(number) for number in (3, 1, 2)) == [3, 1, 2]
    assert await together([]) == []


async def test_a_failure_waits_for_the_others() -> None:
    others = asyncio.Event()
    ended: list[str] = []

    async def slow() -> None:
        await others.wait()
        ended.append("slow")

    async def failing(name: str) -> None:
        raise ValueError(name)

    walking = asyncio.ensure_future(together([slow(), failing("first"), failing("second")]))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not walking.done()
    others.set()
    with pytest.raises(ValueError, match="first"):
        await walking
    assert ended == ["slow"]


async def test_cancellation_ends_all_of_them() -> None:
    ended: list[int] = []

    async def one(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    walking = asyncio.ensure_future(together(one(number) for number in (1, 2)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    walking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await walking
    assert sorted(ended) == [1, 2]
