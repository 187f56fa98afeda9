"""How an adapter asks AWS: blocking boto3 calls in one bounded thread pool, faults mapped, retries bounded."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from botocore.config import Config

from tidegate.cloud.aws.clients import Clients, Session
from tidegate.cloud.aws.faults import BOTO_ERRORS, fault
from tidegate.cloud.patience import Patience, Pause
from tidegate.errors import CloudError, Throttled

T = TypeVar("T")

THREADS = 16
ATTEMPTS = 4
"""How often a read, or a write that was throttled, is asked at most."""

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
INVOKE_SECONDS = 910.0
"""Lambda ends every invocation after at most 900 s."""

_FIRST_POLL_SECONDS = 0.02
_LONGEST_POLL_SECONDS = 5.0


class Wire:
    """Clients, threads and retries that all adapters of a cloud share.

    A read may be asked again after a lost answer. A write may not: its effect may have happened. It is asked again only
    when AWS throttled it, which says that nothing happened. botocore's own retries are off: they do not know what
    Retry-After says.

    Attributes:
        region: The region.
        endpoint: Endpoint URL; None on AWS.
        loopback: Whether the endpoint is on this machine.
        clients: Clients for all but invocations.
        invokes: As `clients`, with time for a handler to answer.
    """

    def __init__(self, region: str, endpoint: str | None, *, sleep: Pause = asyncio.sleep) -> None:
        session = Session(region, endpoint)
        self.region = region
        self.endpoint = endpoint
        self.loopback = session.loopback
        self.clients = Clients(session, _config(READ_SECONDS))
        self.invokes = Clients(session, _config(INVOKE_SECONDS))
        self._patience = Patience(sleep, attempts=ATTEMPTS)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="tidegate-aws")

    async def ask(self, where: str, call: Callable[[], T], *, changes: bool = False) -> T:
        """Run a call in the pool that changes nothing, or may be done twice: again while it is not answered.

        Args:
            where: The resource that it concerns, for messages.
            call: What to run; it picks its client itself, since making one takes time too.
            changes: Whether it changes what others see. A thread cannot be cancelled, so such a call is waited for
                through a cancellation: whoever observes next, to put back what moved, must find what came of it.

        Raises:
            CloudError: Whatever botocore raised.
        """
        return await self._patience.read(lambda: self._once(where, call, changes=changes))

    async def tell(self, where: str, call: Callable[[], T], *, changes: bool = True) -> T:
        """Run a write: as `ask`, and again only while AWS throttles it."""
        return await self._patience.over(lambda: self._once(where, call, changes=changes), Throttled)

    async def _once(self, where: str, call: Callable[[], T], *, changes: bool) -> T:
        asked = self._pool.submit(_mapped, where, call)
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            if changes:
                await asyncio.gather(asyncio.wrap_future(asked), return_exceptions=True)
            raise

    async def until(self, where: str, read: Callable[[], str], wanted: str, limit_seconds: float) -> None:
        """Read a state until it is the wanted one, at first often and then less so.

        Raises:
            CloudError: When it is not after `limit_seconds`.
        """
        waited, wait = 0.0, _FIRST_POLL_SECONDS
        while (state := await self.ask(where, read)) != wanted:
            if waited >= limit_seconds:
                raise CloudError(f"still {state} after {waited:.0f} s, not {wanted}", where=where)
            await self._patience.pause(wait)
            waited, wait = waited + wait, min(wait * 1.5, _LONGEST_POLL_SECONDS)

    async def close(self) -> None:
        """Wait for calls under way, drop those that have not begun, close all connections."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        for clients in (self.clients, self.invokes):
            clients.close()


def _mapped(where: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except BOTO_ERRORS as error:
        raise fault(error, where) from error


def _config(read_seconds: float) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        max_pool_connections=THREADS,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
        user_agent_extra="tidegate",
    )
