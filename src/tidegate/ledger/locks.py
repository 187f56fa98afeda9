"""Who may hold an environment: pure decisions over its view. One run at a time, first come first served.

A lease is measured by the clocks of whoever looks, so a jump of a clock may end it early. That is harmless: taking over
from a holder that may be alive (`EnvironmentView.unfenced`) obliges the new one to bump every pointer's revision, and
an old holder's writes to the ledger are refused by `must_hold`.
"""

from datetime import UTC, datetime

from tidegate.errors import Locked
from tidegate.ledger.environment import EnvironmentView, Lock, Waiter
from tidegate.ledger.superseding import must_not_be_superseded
from tidegate.model.record import Enqueued, LockAcquired, LockReleased, LockRenewed


def acquire(
    view: EnvironmentView, run: str, holder: str, reason: str, lease_seconds: float, now: float
) -> LockAcquired:
    """Decide whether a run gets the lock.

    A run gets its own lock again, from another process as a take-over. Another run's lock is taken over once its lease
    has run out. Waiters whose lease runs come first, in their order.

    Raises:
        errors.Locked: Another run holds it, or waits before this one.
        errors.Superseded: A newer run took its place.
    """
    must_not_be_superseded(view, run)
    lock = view.lock
    if lock and lock.run != run and now < lock.lease_until:
        raise held(view.name, lock)
    if not (lock and lock.run == run):
        first = next((waiter for waiter in view.queue if waiter.run == run or now < waiter.lease_until), None)
        if first and first.run != run:
            raise _behind(view.name, run, first)
    taken_run, taken_holder = _taken(lock or view.broken, run, holder)
    return LockAcquired(run, holder, reason, now + lease_seconds, now, taken_run, taken_holder)


def _taken(lock: Lock | None, run: str, holder: str) -> tuple[str, str]:
    """Whom the lock is taken from. A process that acquires again must still fence whom it took it from at first."""
    if lock is None:
        return "", ""
    if (lock.run, lock.holder) == (run, holder):
        return lock.taken_run, lock.taken_holder
    return lock.run, lock.holder


def renew(view: EnvironmentView, run: str, holder: str, lease_seconds: float, now: float) -> LockRenewed:
    """Decide whether a holder may go on holding: yes, even late, unless it was taken over or broken.

    Raises:
        errors.Locked: It does not hold the lock any more.
    """
    must_hold(view, run, holder)
    return LockRenewed(run, now + lease_seconds, now)


def release(view: EnvironmentView, run: str, holder: str | None, now: float) -> LockReleased | None:
    """Decide a release; None if nobody holds the lock, so that a resumed process may release again.

    Raises:
        errors.Locked: Another run, or another process of this one, holds it.
    """
    if view.lock is None:
        return None
    must_hold(view, run, holder)
    return LockReleased(run, now)


def enqueue(
    view: EnvironmentView, run: str, holder: str, lease_seconds: float, now: float, *, gives_way: bool = True
) -> Enqueued | None:
    """Decide a place in the queue; None for a run that holds the lock already, or whose lease needs no renewal yet.

    Raises:
        errors.Superseded: A newer run took its place.
    """
    must_not_be_superseded(view, run)
    if view.lock and view.lock.run == run:
        return None
    waits = next((waiter for waiter in view.queue if waiter.run == run), None)
    if waits and waits.holder == holder and waits.lease_until - now > lease_seconds / 2:
        return None
    return Enqueued(run, holder, now + lease_seconds, now, gives_way)


def must_hold(view: EnvironmentView, run: str, holder: str | None = None) -> None:
    """Pass if the run, and the process where one is given, holds the lock.

    Raises:
        errors.Locked: It does not; nothing that it writes about the environment may count.
    """
    lock = view.lock
    if lock is None:
        raise Locked(
            f"run {run} does not hold the lock of {view.name}: it was never acquired, was released, or was broken",
            where=view.name,
            what_next="change nothing more; resume the run, which acquires it anew",
        )
    if lock.run != run or (holder is not None and lock.holder != holder):
        raise held(view.name, lock)


def held(environment: str, lock: Lock) -> Locked:
    """The refusal that names who holds it, why and since when."""
    reason = f": {lock.reason}" if lock.reason else ""
    return Locked(
        f"{environment} is held by run {lock.run} ({lock.holder}) since {moment(lock.since)}{reason}",
        where=environment,
        what_next=f"wait until it ends; unless renewed, its lease runs out at {moment(lock.lease_until)}",
    )


def _behind(environment: str, run: str, first: Waiter) -> Locked:
    return Locked(
        f"run {first.run} ({first.holder}) waits for {environment} since {moment(first.since)}, before run {run}",
        where=environment,
        what_next="wait for its turn, first come first served",
    )


def moment(at: float) -> str:
    """Return a time for people, in UTC; one that no calendar holds as plain seconds."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{at:.0f} s"
