"""Looking at something again and again, through times without an answer."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from tidegate.errors import CloudError, Throttled, Unreachable

Seen = TypeVar("Seen")
Pause = Callable[[float], Awaitable[None]]

LOST_SECONDS = 15.0
MOST_LOST = 120
"""How often in a row a look may stay without an answer: half an hour at least."""


async def looks(
    look: Callable[[], Awaitable[Seen]], interval: Callable[[], float], pause: Pause
) -> AsyncGenerator[Seen | CloudError, None]:
    """What each look shows, without an end; whoever has seen enough leaves.

    Once something was seen, an answer that does not come and a used-up rate limit are passed on and waited for.

    Args:
        look: Looks once.
        interval: Seconds until the next look.
        pause: Waits.

    Raises:
        CloudError: A refusal, the first look's missing answer, or the last one after a long time without any.
    """
    seen, lost = False, 0
    while True:
        try:
            found = await look()
        except (Unreachable, Throttled) as unseen:
            lost = lost + 1 if isinstance(unseen, Unreachable) else 0
            if not seen or lost > MOST_LOST:
                raise
            yield unseen
            await pause(max(LOST_SECONDS, unseen.retry_after))
            continue
        seen, lost = True, 0
        yield found
        await pause(interval())
