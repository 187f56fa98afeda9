"""How what was not answered is asked again: a few times, after random waits, never sooner than was asked for."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tidegate.errors import CloudError, Moved, Throttled, Unreachable

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]

LONGEST_ASKED_SECONDS = 20.0
"""A service that asks for a longer wait (HTTP: Retry-After) is asked again after this one all the same."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is asked, and what is waited in between.

    Waits grow, and are spread over their whole length, so that many who were refused at once do not come back at once
    (Amazon Builders' Library, "Timeouts, retries, and backoff with jitter").

    Attributes:
        pause: Sleeps; from outside, so that tests need not wait.
        jitter: A random number from 0 to 1.
        attempts: How often something is asked at most.
        first_seconds: Half of the longest wait behind the first attempt.
        longest_seconds: Longest wait of all, without what a service asks for.
    """

    pause: Pause = asyncio.sleep
    jitter: Callable[[], float] = random.random
    attempts: int = 4
    first_seconds: float = 0.2
    longest_seconds: float = 5.0

    def wait(self, attempt: int, asked_seconds: float = 0.0) -> float:
        """Seconds to wait behind an attempt, of which the first is 1. `asked_seconds` is what the service asked for."""
        longest = min(self.longest_seconds, self.first_seconds * 2.0**attempt)
        return min(asked_seconds, LONGEST_ASKED_SECONDS) + self.jitter() * longest

    async def over(self, ask: Callable[[], Awaitable[T]], *refusals: type[CloudError]) -> T:
        """Ask, and again behind each of these refusals. Only for what may be repeated.

        Raises:
            CloudError: The last refusal, or the first that is none of these.
        """
        for attempt in range(1, self.attempts):
            try:
                return await ask()
            except refusals as refusal:
                await self.pause(self.wait(attempt, refusal.retry_after))
        return await ask()

    async def read(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask what changes nothing, or may be done twice, and again while nobody answers."""
        return await self.over(ask, Unreachable, Throttled)

    async def write(self, write: Callable[[], Awaitable[T]], look: Callable[[CloudError], Awaitable[T | None]]) -> T:
        """Write under a precondition, and again where it is seen that the write did not happen.

        The precondition makes this safe: a write whose answer was lost and that arrives late finds it no longer met.

        Args:
            write: Writes, with the revision that it expects.
            look: Observes again. Returns what the write would have when it happened, and None when it did not and
                nothing else moved; raises when somebody else wrote.

        Raises:
            CloudError: The last refusal, or what `look` raised.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return await write()
            except (Moved, Throttled, Unreachable) as lost:
                found = await look(lost)
                if found is not None:
                    return found
                if attempt == self.attempts:
                    raise
                seconds = self.wait(attempt, lost.retry_after)
            await self.pause(seconds)
        raise AssertionError("a write is asked for at least once")
