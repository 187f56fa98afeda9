"""The lock of an environment: taken in line, renewed, and fenced when its earlier holder may be alive."""

from collections.abc import Callable

from tidegate.errors import Locked
from tidegate.execute.pointers import observe
from tidegate.execute.workshop import Workshop
from tidegate.ledger.environment import EnvironmentView
from tidegate.targets import functions

LEASE_SECONDS = 3600.0
"""What a lease is longer than the job that it covers."""
WAIT_SECONDS = 60.0
WAIT_FIRST_SECONDS = 0.5
WAIT_LONGEST_SECONDS = 5.0


async def take(
    shop: Workshop, environment: str, reason: str, condition: Callable[[EnvironmentView], None] = lambda _: None
) -> None:
    """Take the environment's lock, or go on holding it; whoever held it before and may be alive can write no more.

    `condition` raises when the run must not have the environment as it is at that very moment.

    Raises:
        Locked: When a run that no longer lives holds the environment.
        Superseded: When a newer run took this one's place.
    """
    if held(shop, environment):
        renew(shop, environment)
    else:
        await _acquire(shop, environment, reason, condition)
    await fence_earlier(shop, environment)


async def take_now(shop: Workshop, environment: str, reason: str) -> None:
    """As `take`, for a person who does not wait in line.

    Raises:
        Locked: When another run holds the environment or waits for it.
    """
    try:
        shop.ledger.acquire(environment, shop.run, shop.holder, reason, _lease(shop, environment))
    except Locked as locked:
        raise (dead_holder(shop, environment) or locked) from None
    await fence_earlier(shop, environment)


def held(shop: Workshop, environment: str) -> bool:
    """Whether this run holds the environment."""
    lock = shop.ledger.environment(environment).lock
    return lock is not None and lock.run == shop.run


def hold_of(shop: Workshop, environment: str) -> int:
    """The number of the hold that this run has of the environment; 0 when it has none."""
    lock = shop.ledger.environment(environment).lock
    return lock.number if lock is not None and lock.run == shop.run else 0


def renew(shop: Workshop, environment: str) -> None:
    """Go on holding; a run that was taken up by another process holds through that one from now on."""
    lock = shop.ledger.environment(environment).lock
    assert lock
    lease = _lease(shop, environment)
    if lock.holder != shop.holder:
        shop.ledger.acquire(environment, shop.run, shop.holder, lock.reason, lease)
    elif lock.lease_until - shop.clock() < lease - LEASE_SECONDS / 2:
        shop.ledger.renew(environment, shop.run, shop.holder, lease)


def _lease(shop: Workshop, environment: str) -> float:
    """Seconds of a lease, which is renewed as each job begins: it outlasts the longest of the environment's jobs."""
    own = (job.timeout_seconds for job in shop.plan.jobs if job.environment == environment and job.applies)
    return LEASE_SECONDS + max(own, default=0)


def leave_queues(shop: Workshop) -> None:
    """Wait for no environment any more: the run ended."""
    for environment in shop.pipeline.environments:
        shop.ledger.dequeue(environment, shop.run, "the run ended")


def dead_holder(shop: Workshop, environment: str) -> Locked | None:
    """The refusal when a run whose process is gone holds the environment: it may stand half-way."""
    lock = shop.ledger.environment(environment).lock
    if lock is None or shop.alive(lock.run):
        return None
    return Locked(
        f"run {lock.run} holds {environment} and its process is gone",
        where=environment,
        what_next=f"`tidegate resume {lock.run}` brings the environment onto one release",
    )


async def fence_earlier(shop: Workshop, environment: str) -> None:
    """Make every write of earlier holders fail: they may be alive, and AWS knows of no lock.

    Done again by whoever holds the environment next, until it is recorded as done.
    """
    unfenced = shop.ledger.environment(environment).unfenced
    if not unfenced:
        return
    earlier = ", ".join(f"run {run} ({holder})" for run, holder in unfenced)
    note = f"tidegate run {shop.run} took over from {earlier}"
    await fence(shop, environment, note)
    shop.ledger.fenced(environment, shop.run, shop.holder)
    shop.ledger.note(shop.run, "", f"{environment}: {note}; its pending writes can no longer succeed")


async def fence(shop: Workshop, environment: str, note: str) -> None:
    """Change the revision of every pointer without moving it: a write that is still to arrive fails."""
    snapshot = await observe(shop, environment)
    await functions.fence(shop.cloud, snapshot.functions, note, shop.patience)
    if snapshot.site:
        await shop.site(environment).fence(snapshot.site, note)


async def _acquire(shop: Workshop, environment: str, reason: str, condition: Callable[[EnvironmentView], None]) -> None:
    """Wait in line for the lock. A holder whose process is gone is not waited for: its run must be resumed first."""
    waits, pause = False, WAIT_FIRST_SECONDS
    while True:
        try:
            shop.ledger.acquire(environment, shop.run, shop.holder, reason, _lease(shop, environment), condition)
        except Locked:
            if dead := dead_holder(shop, environment):
                raise dead from None
            if not waits:
                shop.ledger.note(shop.run, "", f"waits for {environment}")
                waits = True
            # What carries a release on as it is, such as a verification, is no push that another may supersede.
            gives_way = not shop.plan.carries
            shop.ledger.enqueue(environment, shop.run, shop.holder, WAIT_SECONDS, gives_way=gives_way)
            shop.ledger.flush()
            await shop.pause(pause)
            pause = min(pause * 1.5, WAIT_LONGEST_SECONDS)
        else:
            return
