"""Plan, Job and Phase: what a run will do, and how far it is. Job as in GitHub Actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """How far a run or one of its jobs is."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    SATISFIED = "satisfied"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether it is over. One that waits for a person is not, though nothing of it runs."""
        return self not in {Phase.PENDING, Phase.RUNNING, Phase.WAITING}

    @property
    def lets_pass(self) -> bool:
        """Whether jobs behind it may run: a job that does not apply counts as satisfied."""
        return self in {Phase.SUCCEEDED, Phase.SATISFIED}


class Duty(StrEnum):
    """What a job is for: a closed set, one executor each."""

    DETECT = "detect-changes"
    CHECK = "test"
    BUILD = "build"
    BUILD_SITE = "build-frontend"
    BUILD_SCHEMA = "build-schema"
    APPROVE = "approve"
    MIGRATE = "migrate"
    SCHEMA_GATE = "validate-aurora-schema"
    DEPLOY = "deploy"
    VPC_TESTS = "vpc-integration-tests"
    DEPLOY_SITE = "deploy-frontend"
    BROWSER = "e2e-test"
    SKEW = "skew-test"
    PROMOTE = "promote"
    PROMOTE_SITE = "promote-frontend"
    ROLLBACK = "rollback"
    VERIFY = "verify"
    CONTRACT = "contract"


TIMEOUT_SECONDS = 3600
"""How long a job may take where nothing else is declared."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a plan.

    Attributes:
        name: The reference's job id, such as `deploy-dev-frontend`.
        duty: What it is for.
        needs: Jobs that must let it pass before it begins.
        environment: The environment that it concerns; empty for jobs before any environment.
        applies: False for a job that has nothing to do in this run: it is satisfied at once.
        reason: Why it applies, or why not, for people.
        prepare_after: Jobs after which its preparation, which touches no environment's state, may begin; None for a job
            that has nothing to prepare.
        promotes: Whether it also moves the live pointers (order `backend-first`).
        timeout_seconds: How long it, or its preparation, may take. A wait in line for its environment is no part of it.
    """

    name: str
    duty: Duty
    needs: tuple[str, ...] = ()
    environment: str = ""
    applies: bool = True
    reason: str = ""
    prepare_after: tuple[str, ...] | None = None
    promotes: bool = False
    timeout_seconds: int = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's order to go on in some environments although the way back is not proven there."""

    environments: tuple[str, ...]
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do: the job graph, in an order in which each job comes after those it needs.

    Attributes:
        commit: The commit that it is for.
        base: The commit of the last release, that changes are counted from; None for a first release.
        jobs: All jobs of the pipeline, those that do not apply included.
        images: Images to build.
        site: Whether to build the site.
        schema: Whether to read the schema half of the release anew.
        reason: Why nothing runs, when nothing does; else a summary.
        inherits: Id of the release that unchanged artifacts come from; empty for a first release.
        carries: Id of the release that is carried as it is, whatever the commit says: set for a rollback and a
            re-verification.
        waiver: Where the run goes on without a proven way back; None for a run that nowhere does.
    """

    commit: str
    base: str | None
    jobs: tuple[Job, ...]
    images: tuple[str, ...] = ()
    site: bool = False
    reason: str = ""
    inherits: str = ""
    carries: str = ""
    waiver: Waiver | None = None
    schema: bool = False

    @property
    def empty(self) -> bool:
        """Whether no job applies."""
        return not any(job.applies for job in self.jobs)

    def by_name(self) -> Mapping[str, Job]:
        """Jobs by name."""
        return {job.name: job for job in self.jobs}


@dataclass(frozen=True, slots=True)
class JobReport:
    """What came of a job: written to the ledger, shown to people.

    Attributes:
        phase: How it ended.
        detail: One line for people.
        outcome: What later jobs and resumed runs need of it, JSON-compatible.
        failure: What went wrong (`what`, `where`, `what_next`); empty unless it failed.
    """

    phase: Phase
    detail: str = ""
    outcome: Mapping[str, object] = field(default_factory=dict)
    failure: Mapping[str, str] = field(default_factory=dict)
