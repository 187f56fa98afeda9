"""Record: one thing that happened, as the ledger keeps it. Plain values, JSON-compatible throughout.

`at` is always seconds since the epoch by the writer's clock. `kind` names the record in the ledger: it and the names
of fields are a file format. A new field needs a default; anything else needs a new version of the format
(`ledger/chain.py`). Fields typed `object` hold whatever JSON the writer likes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tidegate.model.job import Phase, Plan
from tidegate.model.release import Release

# Stream `runs`: the record's place in it is the run's id.


@dataclass(frozen=True, slots=True)
class RunAllotted:
    """A run got its id; its own stream begins next."""

    id: str
    commit: str
    branch: str
    base: str | None
    trigger: str
    at: float
    origin: str = ""
    kind: Literal["run-allotted"] = "run-allotted"


# Streams `run/<id>`.


@dataclass(frozen=True, slots=True)
class RunOpened:
    """The run's stream begins: what it is for. `origin` says where it was begun, see `model.origin`."""

    id: str
    commit: str
    branch: str
    base: str | None
    trigger: str
    at: float
    origin: str = ""
    kind: Literal["run-opened"] = "run-opened"


@dataclass(frozen=True, slots=True)
class PlanRecorded:
    """What the run will do."""

    plan: Plan
    at: float
    kind: Literal["plan"] = "plan"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A process took the run up; every one after the first is a resume.

    `born` tells a reused pid apart; `origin` says where the process runs, when that is not a machine of somebody's.
    """

    pid: int
    host: str
    at: float
    born: str = ""
    origin: str = ""
    kind: Literal["run-started"] = "run-started"


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job began, or began again."""

    job: str
    at: float
    kind: Literal["job-started"] = "job-started"


@dataclass(frozen=True, slots=True)
class JobPrepared:
    """What a job does ahead of its turn is done; it waits for those before it."""

    job: str
    at: float
    kind: Literal["job-prepared"] = "job-prepared"


@dataclass(frozen=True, slots=True)
class JobTurned:
    """The turn of a job that was prepared has come."""

    job: str
    at: float
    kind: Literal["job-turned"] = "job-turned"


@dataclass(frozen=True, slots=True)
class JobWaits:
    """A job waits for a person; nothing of it runs."""

    job: str
    at: float
    detail: str = ""
    kind: Literal["job-waits"] = "job-waits"


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job's report, see `model.job.JobReport`. `hold` is the hold of its environment under which it was done."""

    job: str
    phase: Phase
    at: float
    detail: str = ""
    outcome: Mapping[str, object] = field(default_factory=dict)
    failure: Mapping[str, str] = field(default_factory=dict)
    hold: int = 0
    kind: Literal["job-ended"] = "job-ended"


@dataclass(frozen=True, slots=True)
class StepIntended:
    """A job is about to cause an effect. Without a `StepDone` behind it, whether it happened must be observed."""

    job: str
    step: str
    at: float
    detail: object = None
    kind: Literal["step-intended"] = "step-intended"


@dataclass(frozen=True, slots=True)
class StepsIntended:
    """As `StepIntended`, of several steps at once."""

    job: str
    steps: tuple[str, ...]
    at: float
    kind: Literal["steps-intended"] = "steps-intended"


@dataclass(frozen=True, slots=True)
class StepDone:
    """The effect happened, and this came of it."""

    job: str
    step: str
    at: float
    outcome: object = None
    kind: Literal["step-done"] = "step-done"


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth telling people; `job` is empty for the run as a whole."""

    job: str
    text: str
    at: float
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """The run came to an environment that a person must approve first."""

    environment: str
    at: float
    kind: Literal["approval-asked"] = "approval-asked"


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A person approved, or rejected, the run for an environment."""

    environment: str
    approved: bool
    by: str
    reason: str
    at: float
    kind: Literal["approval-decided"] = "approval-decided"


@dataclass(frozen=True, slots=True)
class RunWaits:
    """The run waits for a person, and no process walks it."""

    reason: str
    at: float
    kind: Literal["run-waits"] = "run-waits"


@dataclass(frozen=True, slots=True)
class RunEnded:
    """No more will happen in this run unless it is resumed. A superseded run names the newer one in `superseded_by`."""

    phase: Phase
    reason: str
    at: float
    superseded_by: str = ""
    kind: Literal["run-ended"] = "run-ended"


# Stream `releases`: the record's place in it is the number in the release's id.


@dataclass(frozen=True, slots=True)
class ReleaseAdded:
    """A release was made."""

    release: Release
    at: float
    kind: Literal["release"] = "release"


# Streams `schema/<hex>`, one record each.


@dataclass(frozen=True, slots=True)
class ExpectationKept:
    """What the code of a release expects of a database, as JSON; `digest` is `sha256:<hex>` of it."""

    digest: str
    document: object
    at: float
    kind: Literal["expectation"] = "expectation"


# Stream `durations`.


@dataclass(frozen=True, slots=True)
class JobsTimed:
    """Seconds that each job that succeeded in a run took."""

    run: str
    seconds: Mapping[str, float]
    at: float
    kind: Literal["jobs-timed"] = "jobs-timed"


# Streams `environment/<name>`.


@dataclass(frozen=True, slots=True)
class LockAcquired:
    """A run holds the environment until `lease_until`, longer if it renews.

    `taken_run` and `taken_holder` name whom it was taken from without their release of it: they may be alive.
    """

    run: str
    holder: str
    reason: str
    lease_until: float
    at: float
    taken_run: str = ""
    taken_holder: str = ""
    kind: Literal["lock-acquired"] = "lock-acquired"


@dataclass(frozen=True, slots=True)
class Fenced:
    """The revision of every pointer was changed: what earlier holders have under way can no longer succeed."""

    run: str
    at: float
    kind: Literal["fenced"] = "fenced"


@dataclass(frozen=True, slots=True)
class LockRenewed:
    """The holder lives."""

    run: str
    lease_until: float
    at: float
    kind: Literal["lock-renewed"] = "lock-renewed"


@dataclass(frozen=True, slots=True)
class LockReleased:
    """The environment is free. `by` and `reason` are set when a person broke the lock."""

    run: str
    at: float
    by: str = ""
    reason: str = ""
    kind: Literal["lock-released"] = "lock-released"


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A run waits for the environment; written again, it renews its lease and keeps its place.

    One that waits for an approval has a lease of 0: it keeps its place and lets others pass. `gives_way` is False for
    one that no newer push supersedes, such as a verification.
    """

    run: str
    holder: str
    lease_until: float
    at: float
    gives_way: bool = True
    kind: Literal["enqueued"] = "enqueued"


@dataclass(frozen=True, slots=True)
class Dequeued:
    """A run waits no longer. `by` is the newer run that superseded it: then it never gets the environment."""

    run: str
    reason: str
    at: float
    by: str = ""
    kind: Literal["dequeued"] = "dequeued"


@dataclass(frozen=True, slots=True)
class IntentRecorded:
    """A run is about to change the environment; `way_back` is what every pointer was.

    `unproven` says why that way back is not proven, and `by` who let the run go on all the same; empty otherwise.
    """

    run: str
    release: str
    way_back: object
    at: float
    unproven: str = ""
    by: str = ""
    kind: Literal["intent"] = "intent"


@dataclass(frozen=True, slots=True)
class PointerMoved:
    """A pointer of the environment was written."""

    run: str
    pointer: str
    before: object
    after: object
    at: float
    kind: Literal["pointer-moved"] = "pointer-moved"


@dataclass(frozen=True, slots=True)
class WentLive:
    """All pointers show the release. `pointers` is what they are now, for a later rollback to it."""

    run: str
    release: str
    at: float
    pointers: object = None
    kind: Literal["went-live"] = "went-live"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A person put an earlier release back. `pin` keeps automation away from it."""

    release: str
    by: str
    reason: str
    at: float
    run: str = ""
    pin: bool = True
    kind: Literal["rolled-back"] = "rolled-back"


@dataclass(frozen=True, slots=True)
class PutBack:
    """A run undid what it, or one that died before it, had begun or done."""

    run: str
    reason: str
    at: float
    kind: Literal["put-back"] = "put-back"


@dataclass(frozen=True, slots=True)
class Reverified:
    """What is live was put to the test again. `gates` are what was tested, `failure` is why it did not pass."""

    run: str
    release: str
    gates: tuple[str, ...]
    at: float
    failure: str = ""
    kind: Literal["re-verified"] = "re-verified"


@dataclass(frozen=True, slots=True)
class SchemaMoved:
    """Migrations of one phase (`expand`, `contract`) were applied to the environment's database, or taken back.

    `expand` and `contract` are what is applied now: the last expand migration, and all of contract. `by` is the person
    who asked for it; empty for a run. `snapshot` was taken before; empty when none was.
    """

    run: str
    release: str
    phase: str
    applied: tuple[str, ...]
    expand: str
    contract: tuple[str, ...]
    at: float
    taken_back: tuple[str, ...] = ()
    by: str = ""
    snapshot: str = ""
    kind: Literal["schema-moved"] = "schema-moved"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A person forbids changes by runs."""

    by: str
    reason: str
    at: float
    kind: Literal["pinned"] = "pinned"


@dataclass(frozen=True, slots=True)
class Unpinned:
    """A person allows changes again."""

    by: str
    reason: str
    at: float
    kind: Literal["unpinned"] = "unpinned"


JobRecord = JobStarted | JobPrepared | JobTurned | JobWaits | JobEnded | StepIntended | StepsIntended | StepDone
ApprovalRecord = ApprovalAsked | ApprovalDecided
RunRecord = RunOpened | PlanRecorded | RunStarted | JobRecord | Noted | ApprovalRecord | RunWaits | RunEnded
LockRecord = LockAcquired | Fenced | LockRenewed | LockReleased | Enqueued | Dequeued
ChangeRecord = IntentRecorded | PointerMoved | WentLive | RolledBack | PutBack
PinRecord = Pinned | Unpinned
EnvironmentRecord = LockRecord | ChangeRecord | PinRecord | Reverified | SchemaMoved
Record = RunAllotted | RunRecord | ReleaseAdded | ExpectationKept | JobsTimed | EnvironmentRecord
