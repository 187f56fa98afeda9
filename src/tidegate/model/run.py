"""Run: what one push set in motion, as the ledger's records tell it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tidegate.model.job import Phase, Plan


@dataclass(frozen=True, slots=True)
class Attempt:
    """A process that took a run up.

    Attributes:
        born: What tells the process from a later one with the same pid; empty where it is not known.
        origin: The workflow run that it is part of, see `model.origin`; empty when it is of none.
    """

    pid: int
    host: str
    at: float
    born: str = ""
    origin: str = ""


Alive = Callable[[Attempt], bool]
"""Tells whether the process of an attempt still lives; the caller decides what to make of another host."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One effect of a job.

    Attributes:
        detail: What was intended, as the job wrote it.
        done: When it was known to have happened; None while that is not known and must be observed.
        outcome: What came of it, as the job wrote it.
    """

    name: str
    intended: float
    detail: object = None
    done: float | None = None
    outcome: object = None


@dataclass(frozen=True, slots=True)
class JobView:
    """How far a job is. `attempts` counts how often it began; steps of earlier attempts are kept.

    A job that is prepared ahead of its turn begins with its preparation. `prepared` is when that was done and `turned`
    when its turn came; both are None for any other job.
    `hold` is the hold of its environment under which it was done last, see `Lock.number`; 0 where there was none.
    """

    name: str
    environment: str = ""
    applies: bool = True
    reason: str = ""
    needs: tuple[str, ...] = ()
    phase: Phase = Phase.PENDING
    started: float | None = None
    prepared: float | None = None
    turned: float | None = None
    ended: float | None = None
    detail: str = ""
    outcome: Mapping[str, object] = field(default_factory=dict)
    failure: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[StepView, ...] = ()
    attempts: int = 0
    hold: int = 0

    @property
    def waits(self) -> bool:
        """Whether it is prepared, and its turn has not come."""
        return self.phase is Phase.RUNNING and self.prepared is not None and self.turned is None

    @property
    def seconds(self) -> float | None:
        """How long its last attempt took, its wait between preparation and turn left out.

        Never below 0 however clocks jump; None before it ended or if it never began.
        """
        if self.started is None or self.ended is None:
            return None
        waited = 0.0
        if self.prepared is not None:
            waited = max(0.0, (self.turned if self.turned is not None else self.ended) - self.prepared)
        return max(0.0, self.ended - self.started - waited)

    def step(self, name: str) -> StepView | None:
        """The step of that name, or None if it was never intended."""
        return next((step for step in self.steps if step.name == name), None)


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth telling people; `job` is empty for the run as a whole."""

    job: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a run and an environment."""

    approved: bool
    by: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Approval:
    """A run's request to go on to an environment.

    Attributes:
        asked: When it was asked for first.
        decision: What was decided; None while nobody did.
    """

    asked: float
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run and its jobs, in the plan's order.

    Attributes:
        id: `1`, `2`, …: ascending.
        base: The commit that changes were counted from; None for a first release.
        trigger: What started it, for people.
        created: Seconds since the epoch, as all times here.
        attempts: The first process and those that resumed it.
        plan: What was planned; None until it was recorded.
        approvals: Environment → the approval that was asked for it.
        ended: When it ended; None while it has not.
        superseded_by: The newer run that took its place; empty when none did.
        interrupted: It says that it is running, and its process is gone. Only set by `judged`.
        origin: The workflow run that walks it, or did last, see `model.origin`; empty when none ever did.
        seq: How many records of its stream this view has seen.
    """

    id: str
    commit: str
    branch: str
    base: str | None
    trigger: str
    created: float
    phase: Phase = Phase.PENDING
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    plan: Plan | None = None
    jobs: Mapping[str, JobView] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    ended: float | None = None
    superseded_by: str = ""
    interrupted: bool = False
    origin: str = ""
    seq: int = 0

    @property
    def shown(self) -> str:
        """Its phase for people: `interrupted` for a run whose process is gone."""
        return "interrupted" if self.interrupted else self.phase.value

    @property
    def undecided(self) -> tuple[str, ...]:
        """Environments that it asked an approval for, and nobody decided about."""
        return tuple(name for name, approval in self.approvals.items() if approval.decision is None)

    def judged(self, alive: Alive) -> "RunView":
        """Return this view with `interrupted` set from whether the process of its last attempt lives."""
        gone = self.phase is Phase.RUNNING and bool(self.attempts) and not alive(self.attempts[-1])
        return self if gone == self.interrupted else replace(self, interrupted=gone)
