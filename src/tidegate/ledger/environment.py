"""EnvironmentView: what is live in an environment, the way back, who holds it, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lock:
    """A run's hold on an environment.

    Attributes:
        holder: The process of the run, so that a resume is told from the process that it replaces.
        lease_until: When others may take it over, unless it is renewed.
        taken_run: The run that it was taken from without release; empty if nobody held it.
        taken_holder: The process that it was taken from; it may be alive.
        number: Which hold of the environment it is, from 1: the same for as long as the run does not let go.
    """

    run: str
    holder: str
    reason: str
    since: float
    lease_until: float
    taken_run: str = ""
    taken_holder: str = ""
    number: int = 0

    @property
    def must_fence(self) -> bool:
        """Whether the revision of every pointer must be bumped before anything else: an earlier holder may be alive."""
        return bool(self.taken_holder or self.taken_run)


@dataclass(frozen=True, slots=True)
class Waiter:
    """A run that waits for the lock, or with a lease of 0 for an approval. Without a lease, others may go before it.

    Attributes:
        gives_way: Whether a newer run supersedes it.
    """

    run: str
    holder: str
    since: float
    lease_until: float
    gives_way: bool = True


@dataclass(frozen=True, slots=True)
class Pin:
    """A person's order that no run may change the environment."""

    by: str
    reason: str
    since: float


@dataclass(frozen=True, slots=True)
class MovedPointer:
    """A pointer that was written under an open intent."""

    pointer: str
    before: object
    after: object
    at: float


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that was begun and is not settled: neither live, nor put back, nor rolled back."""

    run: str
    release: str
    at: float
    moved: tuple[MovedPointer, ...] = ()


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the environment returns to.

    Attributes:
        run: The run that it protects against.
        release: What was live before that run; empty before a first deployment.
        pointers: What every pointer was then, as that run wrote it.
        unproven: Why it is not proven, where a person let the run go on all the same.
    """

    run: str
    release: str
    pointers: object
    unproven: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why a release that was live here no longer counts as proven.

    Attributes:
        by: Who rolled back from it; empty when a run found it bad.
        run: The run that did, or that found it bad.
        gates: What a re-verification tested that failed; a later one must test as much to undo it. Empty when none did.
    """

    reason: str
    at: float
    run: str = ""
    by: str = ""
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedSchema:
    """How far an environment's database is migrated, as far as Tidegate migrated it.

    Attributes:
        expand: The last expand migration; empty where there is none.
        contract: Contract migrations, in order.
        release: The release that they were applied for.
        at: When the last of them was applied, or taken back.
    """

    expand: str
    contract: tuple[str, ...]
    release: str
    at: float


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to the environment.

    Attributes:
        kind: The record's kind: `intent`, `went-live`, `rolled-back`, `put-back`, `re-verified`, `pinned`, `unpinned`,
            `schema-moved`, `lock-acquired` (only a lock that was taken over) or `lock-released` (only one that a person
            broke).
        release: What is live behind it; for an intent, what it is about.
    """

    at: float
    kind: str
    release: str
    run: str = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """An environment as the ledger knows it; what is really there is a Snapshot's to say.

    Attributes:
        live: Id of the release that is live; empty before a first one.
        previous: Releases that were live before it, the latest first: what rollbacks go through, one by one.
            What was rolled or put back from is not among them.
        since: When `live` became live.
        way_back: Recorded by the latest intent; None once that was undone.
        intent: The change under way, or left half-way by a run that died.
        pointers: Release → what every pointer was while it was live, where a run recorded it.
        reached: Every release that ever was live here.
        withdrawn: Releases among them that no longer count as proven here, and why.
        holds: How many holds there were.
        unfenced: (run, process) of every holder that was never fenced and did not let go: it may be alive.
        broken: A hold that a person ended; whoever acquires next must fence its holder.
        queue: Runs that wait for the lock or for an approval, the first first.
        superseded: Run → the newer run that took its place here; it never gets the lock again.
        schema: How far the database is migrated; None where nothing was.
        history: The oldest first.
        seq: How many records of its stream this view has seen.
    """

    name: str
    live: str = ""
    previous: tuple[str, ...] = ()
    since: float | None = None
    way_back: WayBack | None = None
    intent: Intent | None = None
    pointers: Mapping[str, object] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()
    withdrawn: Mapping[str, Withdrawal] = field(default_factory=dict)
    lock: Lock | None = None
    holds: int = 0
    unfenced: tuple[tuple[str, str], ...] = ()
    broken: Lock | None = None
    queue: tuple[Waiter, ...] = ()
    superseded: Mapping[str, str] = field(default_factory=dict)
    pinned: Pin | None = None
    schema: AppliedSchema | None = None
    history: tuple[HistoryEntry, ...] = ()
    seq: int = 0

    def went_live_by(self, run: str) -> bool:
        """Whether a run brought its release live here, however it went on since."""
        return any(entry.kind == "went-live" and entry.run == run for entry in self.history)
