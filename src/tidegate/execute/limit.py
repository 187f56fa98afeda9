"""A job's limit: work that takes longer is cancelled with all that it started, and has failed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tidegate.errors import Failure
from tidegate.model.job import Job

T = TypeVar("T")

Alarm = Callable[[float], Awaitable[None]]
"""Returns after that many seconds; taken from outside, as the clock is."""


async def within(job: Job, work: Coroutine[Any, Any, T], alarm: Alarm, what: str = "") -> T:
    """Do a job's work within its limit.

    When this returns or raises, nothing of the work runs any more: it was waited for after its cancellation too.

    Args:
        job: Whose limit.
        work: What to do.
        alarm: Tells when the time is up.
        what: What of the job the work is, for people; empty for the job itself.

    Raises:
        Failure: When the time was up before the work ended; whatever else the work raises.
    """
    doing = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(alarm(job.timeout_seconds))
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            await _ended(doing)
            # Work that ends in the very moment in which its time is up has ended, whatever came of it.
            if doing.cancelled() or isinstance(doing.exception(), Exception):
                raise _timed_out(job, what)
        return doing.result()
    finally:
        await _ended(doing, waiting)


async def _ended(*futures: "asyncio.Future[Any]") -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


def _timed_out(job: Job, what: str) -> Failure:
    return Failure(
        f"{what or job.name} timed out after {duration(job.timeout_seconds)}",
        where=job.name,
        what_next=f"`tidegate logs --job {job.name}` shows how far it came; `tidegate resume` does it again;"
        f" timeouts.{job.duty.value} in tidegate.yaml is its limit",
    )


def duration(seconds: int) -> str:
    """A limit as people write it: `90s`, `5m`, `1h`."""
    for length, unit in ((3600, "h"), (60, "m")):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
