"""Environments in the ledger: the lock and its queue, what goes live, what is put back, pins."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tidegate.errors import LedgerError
from tidegate.ledger import environment_view, locks, superseding
from tidegate.ledger.book import Book
from tidegate.ledger.codec import ENVIRONMENTS
from tidegate.ledger.environment import EnvironmentView, Lock
from tidegate.ledger.projection import Projection
from tidegate.model.record import (
    Dequeued,
    EnvironmentRecord,
    Fenced,
    IntentRecorded,
    LockAcquired,
    LockReleased,
    Pinned,
    PointerMoved,
    PutBack,
    Reverified,
    RolledBack,
    SchemaMoved,
    Unpinned,
    WentLive,
)

PREFIX = "environment/"

Decided = EnvironmentRecord | Sequence[EnvironmentRecord] | None


class Environments(Book):
    """Reads and writes environments.

    What a run writes about an environment counts only while it holds the lock: `record_intent`, `record_pointer`,
    `went_live`, `reverified` and `put_back` raise `errors.Locked` otherwise. With `holder`, the very process must hold
    it.
    """

    def environment(self, name: str) -> EnvironmentView:
        """Return an environment; one that nothing was ever written about has nothing live."""
        return self._environment(name).current()

    def environments(self) -> list[str]:
        """Return the names of all environments that something was written about, sorted."""
        return [stream.removeprefix(PREFIX) for stream in self._journal.store.streams(PREFIX)]

    def acquire(
        self,
        env: str,
        run: str,
        holder: str,
        reason: str,
        lease_seconds: float,
        condition: Callable[[EnvironmentView], None] = lambda _: None,
    ) -> Lock:
        """Take the lock, or take it again; see `locks.acquire` for the rules.

        While `EnvironmentView.unfenced` names anybody, bump the revision of every pointer before anything else.
        `condition` raises when the run must not have the environment as it is at that very moment.

        Raises:
            errors.Locked: Another run holds it or waits before this one; says who, why and since when.
            errors.Superseded: A newer run took its place.
        """

        def decide(view: EnvironmentView) -> LockAcquired:
            condition(view)
            return locks.acquire(view, run, holder, reason, lease_seconds, self._clock())

        view = self._decided(env, decide)
        assert view.lock
        return view.lock

    def check_held(self, env: str, run: str, holder: str) -> None:
        """Pass if a process still holds an environment for a run: ask behind an observation, before each write.

        Raises:
            errors.Locked: It does not; nothing more may be written.
        """
        locks.must_hold(self.environment(env), run, holder)

    def fenced(self, env: str, run: str, holder: str) -> EnvironmentView:
        """The revision of every pointer was changed by this process, so that no earlier holder's write can succeed."""
        return self._held(env, run, holder, lambda view: Fenced(run, self._clock()) if view.unfenced else None)

    def renew(self, env: str, run: str, holder: str, lease_seconds: float) -> Lock:
        """Go on holding for `lease_seconds` from now.

        Raises:
            errors.Locked: The lock was taken over or broken meanwhile: change nothing more.
        """
        view = self._decided(env, lambda view: locks.renew(view, run, holder, lease_seconds, self._clock()))
        assert view.lock
        return view.lock

    def release_lock(self, env: str, run: str, holder: str | None = None) -> None:
        """Let the environment go; nothing happens if nobody holds it.

        Raises:
            errors.Locked: Another run, or with `holder` another process, holds it.
        """
        self._decided(env, lambda view: locks.release(view, run, holder, self._clock()))

    def break_lock(self, env: str, by: str, reason: str) -> Lock | None:
        """A person ends a hold, whosever it is; return what was held. The next holder must fence."""
        broken: list[Lock | None] = [None]

        def decide(view: EnvironmentView) -> LockReleased | None:
            broken[0] = view.lock
            return LockReleased(view.lock.run, self._clock(), by, reason) if view.lock else None

        self._decided(env, decide)
        return broken[0]

    def enqueue(self, env: str, run: str, holder: str, lease_seconds: float, *, gives_way: bool = True) -> int:
        """Wait for the lock, or go on waiting; return how many waiters are before this one, expired ones too.

        A waiter that does not come back within `lease_seconds` keeps its place but lets others pass. A newer run
        supersedes one that `gives_way`.
        """
        view = self._decided(
            env, lambda view: locks.enqueue(view, run, holder, lease_seconds, self._clock(), gives_way=gives_way)
        )
        return next((place for place, waiter in enumerate(view.queue) if waiter.run == run), 0)

    def dequeue(self, env: str, run: str, reason: str) -> bool:
        """Wait no longer; return whether the run waited. `reason` says what it gave way to."""
        waited = [False]

        def decide(view: EnvironmentView) -> Dequeued | None:
            waited[0] = any(waiter.run == run for waiter in view.queue)
            return Dequeued(run, reason, self._clock()) if waited[0] else None

        self._decided(env, decide)
        return waited[0]

    def await_approval(self, env: str, run: str, holder: str) -> None:
        """Keep a place in the queue without holding anybody up: the run waits for an approval.

        Raises:
            errors.Superseded: A newer run took its place.
        """
        self._decided(env, lambda view: superseding.await_approval(view, run, holder, self._clock()))

    def supersede_older(self, env: str, by: str) -> tuple[str, ...]:
        """Let all older runs that only wait for the environment give way; return those that gave way to `by` so far."""

        def decide(view: EnvironmentView) -> Dequeued | None:
            first = next(iter(superseding.older(view, by)), None)
            return superseding.supersede(view, first, by, self._clock()) if first else None

        while superseding.older(view := self._decided(env, decide), by):
            continue
        return tuple(run for run, newer in view.superseded.items() if newer == by)

    def supersede(self, env: str, run: str, by: str) -> None:
        """Let one run give way to another."""
        self._decided(env, lambda view: superseding.supersede(view, run, by, self._clock()))

    def record_intent(
        self,
        env: str,
        run: str,
        release: str,
        way_back: object,
        holder: str | None = None,
        *,
        unproven: str = "",
        by: str = "",
    ) -> EnvironmentView:
        """Record that a change begins, and the way back (JSON: what every pointer is), before anything changes.

        Return to `EnvironmentView.way_back`, not to the argument: while an earlier intent is open, by this run before
        it was killed or by one that died, pointers may stand half-way, and the way back that it recorded stays.
        `unproven` says why it is not proven, where the person `by` lets the run go on all the same.
        """

        def decide(view: EnvironmentView) -> IntentRecorded | None:
            intent = view.intent
            if intent and (intent.run, intent.release) == (run, release):
                return None
            return IntentRecorded(run, release, way_back, self._clock(), unproven, by)

        return self._held(env, run, holder, decide)

    def record_pointer(
        self, env: str, run: str, pointer: str, before: object, after: object, holder: str | None = None
    ) -> None:
        """Record that a pointer was written, from what to what (JSON).

        Raises:
            errors.LedgerError: No intent was recorded first.
        """

        def decide(view: EnvironmentView) -> PointerMoved:
            if view.intent is None:
                raise LedgerError(f"{pointer} was moved without a recorded intent", where=env)
            return PointerMoved(run, pointer, before, after, self._clock())

        self._held(env, run, holder, decide)

    def went_live(
        self,
        env: str,
        run: str,
        release: str,
        pointers: object = None,
        holder: str | None = None,
        *,
        lets_go: bool = False,
    ) -> EnvironmentView:
        """Record that all pointers show the release; `pointers`, JSON, is what they are, for a later rollback to it.

        With `lets_go` the lock is released by the same append.
        """

        def decide(view: EnvironmentView) -> Sequence[EnvironmentRecord]:
            told = view.live == release and view.intent is None and view.way_back and view.way_back.run == run
            live = () if told else (WentLive(run, release, self._clock(), pointers),)
            return (*live, LockReleased(run, self._clock())) if lets_go else live

        return self._held(env, run, holder, decide)

    def put_back(self, env: str, run: str, reason: str, holder: str | None = None) -> EnvironmentView:
        """Record that an automatic abort left the environment on what was live before; nothing if nothing was begun."""

        def decide(view: EnvironmentView) -> PutBack | None:
            begun = view.intent or (view.way_back and view.way_back.run == run)
            return PutBack(run, reason, self._clock()) if begun else None

        return self._held(env, run, holder, decide)

    def reverified(
        self, env: str, run: str, release: str, gates: Sequence[str], failure: str = "", holder: str | None = None
    ) -> EnvironmentView:
        """Record that a release that is live was tested again; with `failure` it no longer counts as proven here."""
        record = Reverified(run, release, tuple(gates), self._clock(), failure)
        return self._held(env, run, holder, lambda _: record)

    def schema_moved(self, env: str, moved: SchemaMoved, holder: str | None = None) -> EnvironmentView:
        """Record what migrations the environment's database has now; nothing where that is known already."""

        def decide(view: EnvironmentView) -> SchemaMoved | None:
            known = view.schema is not None and (view.schema.expand, view.schema.contract) == (
                moved.expand,
                moved.contract,
            )
            return None if known and not (moved.applied or moved.taken_back) else replace(moved, at=self._clock())

        return self._held(env, moved.run, holder, decide)

    def rolled_back(
        self, env: str, release: str, by: str, reason: str, *, run: str = "", pin: bool = True
    ) -> EnvironmentView:
        """Record that a person put a release back, which also pins the environment unless `pin` is False."""
        return self._decided(env, lambda _: RolledBack(release, by, reason, self._clock(), run, pin))

    def pin(self, env: str, by: str, reason: str) -> EnvironmentView:
        """Keep automation away from an environment."""
        return self._decided(env, lambda _: Pinned(by, reason, self._clock()))

    def unpin(self, env: str, by: str, reason: str = "") -> bool:
        """Lift a pin; return whether there was one."""
        lifted = [False]

        def decide(view: EnvironmentView) -> Unpinned | None:
            lifted[0] = view.pinned is not None
            return Unpinned(by, reason, self._clock()) if view.pinned else None

        self._decided(env, decide)
        return lifted[0]

    def _environment(self, name: str) -> Projection[EnvironmentView, EnvironmentRecord]:
        return self._once(
            ("environment", name),
            lambda: Projection(
                self._journal, PREFIX + name, ENVIRONMENTS, EnvironmentView(name), environment_view.apply
            ),
        )

    def _decided(self, env: str, decide: Callable[[EnvironmentView], Decided]) -> EnvironmentView:
        return self._environment(env).append(decide)

    def _held(
        self,
        env: str,
        run: str,
        holder: str | None,
        decide: Callable[[EnvironmentView], Decided],
    ) -> EnvironmentView:
        def guarded(view: EnvironmentView) -> Decided:
            locks.must_hold(view, run, holder)
            return decide(view)

        return self._decided(env, guarded)
