"""What the executors of one run work with."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.cloud.patience import Patience
from tidegate.cloud.ports import Cloud
from tidegate.errors import ConfigError, Failure
from tidegate.execute.database import Databases
from tidegate.execute.limit import Alarm
from tidegate.execute.machine import Machine
from tidegate.ledger.ledger import Ledger
from tidegate.model.finding import Finding
from tidegate.model.job import Plan
from tidegate.model.pipeline import Pipeline, Strategy
from tidegate.model.release import Artifact, Release, SchemaRevision
from tidegate.plan.configuration import configuration_hash
from tidegate.plan.graph import BUILD, BUILD_SCHEMA, BUILD_SITE
from tidegate.targets.site import SiteAddress, SiteTarget
from tidegate.targets.site_invalidation import InvalidationSite
from tidegate.targets.site_pointer import PointerSite


@dataclass(frozen=True, slots=True)
class Edition:
    """The product as one commit has it: what its pipeline declares, and its files."""

    pipeline: Pipeline
    source: Path


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the executors of one run work with. Clock, pause and alarm come from outside.

    Attributes:
        run: The run's id.
        pipeline: What `tidegate.yaml` declares at the run's commit.
        plan: What the run does.
        source: The checked-out tree of the commit.
        machine: The computer that the run walks on.
        cloud: The cloud.
        ledger: The ledger.
        addresses: Environment → where its site lives.
        holder: Which process holds what this run locks, as `host:pid`.
        alive: Whether the process of a run lives.
        examine: What is wrong with the settings and the infrastructure of an environment.
        clock: Seconds since the epoch.
        pause: Sleeps.
        jitter: A random number from 0 to 1, that waits before something is asked again are spread with.
        alarm: Tells when a job's time is up.
        databases: The databases of the environments; None for a product without.
        past: The product as an earlier commit has it.
        guards: One lock an environment, so that two jobs of a run do not both begin it.
    """

    run: str
    pipeline: Pipeline
    plan: Plan
    source: Path
    machine: Machine
    cloud: Cloud
    ledger: Ledger
    addresses: Mapping[str, SiteAddress]
    holder: str
    alive: Callable[[str], bool]
    examine: Callable[[str], Awaitable[tuple[Finding, ...]]]
    clock: Callable[[], float]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    alarm: Alarm = asyncio.sleep
    databases: Databases | None = None
    past: Callable[[str], Edition] | None = None
    guards: dict[str, asyncio.Lock] = field(default_factory=dict)

    @property
    def patience(self) -> Patience:
        """How what the cloud did not answer is asked again."""
        return Patience(self.pause, self.jitter)

    def log(self, job: str) -> Callable[[str], None]:
        """A function that appends a line to a job's log."""
        return self.machine.log(self.run, job)

    @contextlib.contextmanager
    def step(self, environment: str, job: str, text: str) -> Iterator[None]:
        """Journal an effect: its intent before the block, that it happened behind it, and only if it did.

        What the block writes must expect what was observed before: then whoever takes the environment over in between
        makes the write fail.

        Raises:
            Locked: When this process does not hold the environment any more.
        """
        self.ledger.check_held(environment, self.run, self.holder)
        self.ledger.step_intended(self.run, job, text)
        yield
        self.ledger.step_done(self.run, job, text, "")

    def edition(self, commit: str = "") -> Edition:
        """The product at the run's commit, or at an earlier one.

        Raises:
            ConfigError: When the earlier commit's pipeline is wrong.
            SourceError: When the repository does not have it.
        """
        if not commit or commit == self.plan.commit or self.past is None:
            return Edition(self.pipeline, self.source)
        return self.past(commit)

    def site(self, environment: str) -> SiteTarget:
        """The site of an environment as a target.

        Raises:
            ConfigError: When the environment has no site address.
        """
        return site_target(self.cloud, self.pipeline, self.addresses.get(environment), environment, self.patience)

    def release(self) -> Release:
        """The release that this run carries: made once, from what was built and what is inherited.

        Raises:
            Failure: When something of it is still to be built.
        """
        if self.plan.carries:
            return self.ledger.release(self.plan.carries)
        made = self.ledger.release_of(self.run)
        if made is not None:
            return made
        last = self._inherited()
        configuration = configuration_hash(self.pipeline)
        builds = bool(self.plan.images or self.plan.site or self.plan.schema)
        if last is not None and not builds and last.configuration == configuration:
            return last
        images = dict(last.images) if last else {}
        images.update(self._built_images())
        return self.ledger.add_release(
            Release(
                id="",
                commit=self.plan.commit,
                run=self.run,
                created=self.clock(),
                images={name: images[name] for name in self.pipeline.images if name in images},
                site=self.site_artifact(),
                configuration=configuration,
                schema=self._schema(last),
            )
        )

    def site_artifact(self) -> Artifact | None:
        """The site bundle that this run carries; known once it is built, whether images are or not.

        Raises:
            Failure: When it is still to be built.
        """
        if self.plan.carries:
            return self.ledger.release(self.plan.carries).site
        if self.plan.site:
            return _artifact(self._outcome(BUILD_SITE)["site"])
        last = self._inherited()
        return last.site if last and self.pipeline.site else None

    def _schema(self, last: Release | None) -> SchemaRevision | None:
        if self.plan.schema:
            return _schema_revision(self._outcome(BUILD_SCHEMA)["schema"])
        return last.schema if last and self.pipeline.database else None

    def _inherited(self) -> Release | None:
        return self.ledger.release(self.plan.inherits) if self.plan.inherits else None

    def _built_images(self) -> dict[str, Artifact]:
        if not self.plan.images:
            return {}
        return {str(name): _artifact(fields) for name, fields in self._outcome(BUILD).items()}

    def _outcome(self, build: str) -> Mapping[str, object]:
        job = self.ledger.run(self.run).jobs[build]
        if not job.phase.lets_pass:
            raise Failure(f"there is no release before {build} ended", where=f"run {self.run}")
        return job.outcome


def site_target(
    cloud: Cloud,
    pipeline: Pipeline,
    address: SiteAddress | None,
    environment: str,
    patience: Patience | None = None,
) -> SiteTarget:
    """The site of an environment, by the strategy that the pipeline declares.

    Raises:
        ConfigError: When the environment has no site address.
    """
    if address is None or pipeline.site is None:
        raise ConfigError("no address of the site is known", where=environment, what_next="`tidegate cloud up`")
    if pipeline.site.strategy is Strategy.POINTER:
        return PointerSite(cloud, address, patience or Patience())
    return InvalidationSite(cloud, address, patience or Patience())


def _artifact(fields: object) -> Artifact:
    assert isinstance(fields, dict)
    return Artifact(**{key: str(fields[key]) for key in ("name", "digest", "commit", "location", "tag")})


def _schema_revision(fields: object) -> SchemaRevision:
    assert isinstance(fields, dict)
    texts = {key: str(fields[key]) for key in ("commit", "migrations", "expectation", "expand")}
    return SchemaRevision(**texts, contract=tuple(map(str, fields["contract"])))
