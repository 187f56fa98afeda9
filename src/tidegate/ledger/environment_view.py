"""The fold from the records of one environment to its view. Pure, as `run_view` is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from tidegate.ledger.environment import (
    AppliedSchema,
    EnvironmentView,
    HistoryEntry,
    Intent,
    Lock,
    MovedPointer,
    Pin,
    Waiter,
    WayBack,
    Withdrawal,
)
from tidegate.model.origin import is_spread
from tidegate.model.record import (
    ChangeRecord,
    Dequeued,
    Enqueued,
    EnvironmentRecord,
    Fenced,
    IntentRecorded,
    LockAcquired,
    LockRecord,
    LockReleased,
    LockRenewed,
    Pinned,
    PointerMoved,
    PutBack,
    Reverified,
    RolledBack,
    SchemaMoved,
    Unpinned,
    WentLive,
)


def apply(view: EnvironmentView, record: EnvironmentRecord, seq: int) -> EnvironmentView:
    """Return the view after one more record, which is number `seq` of its stream."""
    after = _after(view, record)
    entry = _entry(after, record)
    return replace(after, seq=seq, history=(*after.history, entry) if entry else after.history)


def _after(view: EnvironmentView, record: EnvironmentRecord) -> EnvironmentView:
    match record:
        case LockAcquired() | Fenced() | LockRenewed() | LockReleased() | Enqueued() | Dequeued():
            return _lock_after(view, record)
        case IntentRecorded() | PointerMoved() | WentLive() | RolledBack() | PutBack():
            return _change_after(view, record)
        case Reverified():
            return _reverified(view, record)
        case SchemaMoved(expand=expand, contract=contract, release=release, at=at):
            return replace(view, schema=AppliedSchema(expand, contract, release, at))
        case Pinned(by=by, reason=reason, at=at):
            return replace(view, pinned=Pin(by, reason, at))
        case Unpinned():
            return replace(view, pinned=None)
        case _:
            assert_never(record)


def _lock_after(view: EnvironmentView, record: LockRecord) -> EnvironmentView:
    match record:
        case LockAcquired():
            return _acquired(view, record)
        case Fenced():
            return replace(view, unfenced=())
        case LockRenewed(lease_until=lease_until):
            return replace(view, lock=replace(view.lock, lease_until=lease_until) if view.lock else None)
        case LockReleased(by=by):
            return replace(view, lock=None, broken=view.lock if by else None)
        case Enqueued():
            return _enqueued(view, record)
        case Dequeued(run=run, by=by):
            superseded = {**view.superseded, run: by} if by else view.superseded
            queue = tuple(waiter for waiter in view.queue if waiter.run != run)
            return replace(view, queue=queue, superseded=superseded)
        case _:
            assert_never(record)


def _change_after(view: EnvironmentView, record: ChangeRecord) -> EnvironmentView:
    match record:
        case IntentRecorded():
            return _intended(view, record)
        case PointerMoved(pointer=pointer, before=before, after=after, at=at):
            moved = MovedPointer(pointer, before, after, at)
            return replace(view, intent=view.intent and replace(view.intent, moved=(*view.intent.moved, moved)))
        case WentLive():
            return _went_live(view, record)
        case RolledBack():
            return _rolled_back(view, record)
        case PutBack():
            return _put_back(view, record)
        case _:
            assert_never(record)


def _acquired(view: EnvironmentView, record: LockAcquired) -> EnvironmentView:
    """Acquired again by its own process, a lock keeps its beginning."""
    same = view.lock and (view.lock.run, view.lock.holder) == (record.run, record.holder)
    holds = view.holds if view.lock and view.lock.run == record.run else view.holds + 1
    lock = Lock(
        run=record.run,
        holder=record.holder,
        reason=record.reason,
        since=view.lock.since if view.lock and same else record.at,
        lease_until=record.lease_until,
        taken_run=record.taken_run,
        taken_holder=record.taken_holder,
        number=holds,
    )
    return replace(
        view,
        lock=lock,
        holds=holds,
        broken=None,
        unfenced=(*view.unfenced, *_maybe_alive(record)),
        queue=tuple(waiter for waiter in view.queue if waiter.run != record.run),
    )


def _maybe_alive(record: LockAcquired) -> tuple[tuple[str, str], ...]:
    """Whom a lock was taken from, who may be alive and about to write.

    An earlier process of the very run on the very machine is dead: one process of a machine walks a run at a time.
    Of an earlier attempt that was spread over several machines (`model.origin`), nobody knows that.
    """
    host = host_of(record.holder)
    earlier_self = record.taken_run == record.run and host_of(record.taken_holder) == host and not is_spread(host)
    return ((record.taken_run, record.taken_holder),) if record.taken_run and not earlier_self else ()


def host_of(holder: str) -> str:
    """The machine of a holder, which is named `host:pid`."""
    return holder.rpartition(":")[0]


def _enqueued(view: EnvironmentView, record: Enqueued) -> EnvironmentView:
    if all(waiter.run != record.run for waiter in view.queue):
        waiter = Waiter(record.run, record.holder, record.at, record.lease_until, record.gives_way)
        return replace(view, queue=(*view.queue, waiter))
    renewed = tuple(
        replace(waiter, holder=record.holder, lease_until=record.lease_until) if waiter.run == record.run else waiter
        for waiter in view.queue
    )
    return replace(view, queue=renewed)


def _intended(view: EnvironmentView, record: IntentRecorded) -> EnvironmentView:
    """While an earlier intent is open, pointers may be anywhere: then its way back stands, not what was seen since."""
    standing = view.way_back if view.intent else None
    seen = WayBack(record.run, view.live, record.way_back)
    way_back = replace(standing or seen, run=record.run, unproven=record.unproven)
    moved = view.intent.moved if view.intent else ()
    return replace(
        view,
        intent=Intent(record.run, record.release, record.at, moved),
        way_back=way_back,
        # Where they were seen when it went live counts: since then somebody else may have moved one.
        pointers={way_back.release: way_back.pointers, **view.pointers} if way_back.release else view.pointers,
    )


def _went_live(view: EnvironmentView, record: WentLive) -> EnvironmentView:
    after = replace(
        view,
        intent=None,
        reached=view.reached | {record.release},
        withdrawn=_without(view.withdrawn, record.release),
        pointers=view.pointers if record.pointers is None else {**view.pointers, record.release: record.pointers},
    )
    if record.release == view.live:
        return after
    behind = (view.live, *view.previous) if view.live else view.previous
    previous = tuple(release for release in behind if release != record.release)
    return replace(after, live=record.release, since=record.at, previous=previous)


def _rolled_back(view: EnvironmentView, record: RolledBack) -> EnvironmentView:
    """What was rolled back from is withdrawn; going forward again lifts what a person withdrew, not what a gate did."""
    pin = Pin(record.by, record.reason, record.at) if record.pin else view.pinned
    withdrawn = view.withdrawn
    if record.release in withdrawn and not withdrawn[record.release].gates:
        withdrawn = _without(withdrawn, record.release)
    if record.release in view.previous:
        gates = withdrawn[view.live].gates if view.live in withdrawn else ()
        withdrawn = {**withdrawn, view.live: Withdrawal(record.reason, record.at, record.run, record.by, gates)}
    return replace(_returned(view, record.release, record.at), pinned=pin, withdrawn=withdrawn)


def _put_back(view: EnvironmentView, record: PutBack) -> EnvironmentView:
    """Undo the open intent, whosever it is, or else what this run brought live, which is no longer proven then."""
    way_back = view.way_back
    if way_back is None or not (view.intent or way_back.run == record.run):
        return view
    after = _returned(view, way_back.release, record.at)
    if view.intent or after.live == view.live:
        return after
    return replace(after, withdrawn={**view.withdrawn, view.live: Withdrawal(record.reason, record.at, record.run)})


def _reverified(view: EnvironmentView, record: Reverified) -> EnvironmentView:
    """A failure withdraws the release; a pass lifts an earlier failure if it tested no less than that."""
    known = view.withdrawn.get(record.release)
    if record.failure:
        gates = tuple(dict.fromkeys((*(known.gates if known else ()), *record.gates)))
        withdrawal = Withdrawal(record.failure, record.at, record.run, gates=gates)
        return replace(view, withdrawn={**view.withdrawn, record.release: withdrawal})
    if known is None or not known.gates or set(known.gates) - set(record.gates):
        return view
    return replace(view, withdrawn=_without(view.withdrawn, record.release))


def _without(withdrawn: Mapping[str, Withdrawal], release: str) -> Mapping[str, Withdrawal]:
    return {name: withdrawal for name, withdrawal in withdrawn.items() if name != release}


def _returned(view: EnvironmentView, release: str, at: float) -> EnvironmentView:
    """Make a release live again that was so before: those after it are no way back any more."""
    settled = replace(view, intent=None, way_back=None)
    if release == view.live:
        return settled
    behind = view.previous
    previous = behind[behind.index(release) + 1 :] if release in behind else behind
    reached = view.reached | {release} if release else view.reached
    return replace(settled, live=release, since=at if release else None, previous=previous, reached=reached)


def _migrated(record: SchemaMoved) -> str:
    done = f"applied {', '.join(record.applied)}" if record.applied else ""
    undone = f"took back {', '.join(record.taken_back)}" if record.taken_back else ""
    told = "; ".join(filter(None, (done, undone)))
    return f"{record.phase}: {told or 'nothing was left to apply'}"


def _entry(view: EnvironmentView, record: EnvironmentRecord) -> HistoryEntry | None:  # noqa: C901, PLR0911  # one a kind
    """What people are told of a record, nothing of those that only keep the machinery going."""
    match record:
        case Fenced() | LockRenewed() | Enqueued() | Dequeued() | PointerMoved():
            return None
        case LockAcquired(run=run, at=at, taken_run=taken_run, taken_holder=taken_holder):
            reason = f"taken over from run {taken_run} ({taken_holder})"
            return HistoryEntry(at, record.kind, view.live, run, reason=reason) if taken_run else None
        case LockReleased(by=""):
            return None
        case IntentRecorded(run=run, release=release, at=at, by=by, unproven=unproven):
            return HistoryEntry(at, record.kind, release, run, by, unproven)
        case WentLive(run=run, release=release, at=at):
            return HistoryEntry(at, record.kind, release, run)
        case Reverified(run=run, release=release, at=at, gates=gates, failure=failure):
            told = f"failed, no longer eligible downstream: {failure}" if failure else f"passed: {', '.join(gates)}"
            return HistoryEntry(at, record.kind, release, run, reason=told)
        case PutBack(run=run, reason=reason, at=at):
            return HistoryEntry(at, record.kind, view.live, run, reason=reason)
        case SchemaMoved(run=run, by=by, at=at):
            return HistoryEntry(at, record.kind, view.live, run, by, _migrated(record))
        case LockReleased(run=run, by=by, reason=reason) | RolledBack(run=run, by=by, reason=reason):
            return HistoryEntry(record.at, record.kind, view.live, run, by, reason)
        case Pinned(by=by, reason=reason, at=at) | Unpinned(by=by, reason=reason, at=at):
            return HistoryEntry(at, record.kind, view.live, by=by, reason=reason)
        case _:
            assert_never(record)
