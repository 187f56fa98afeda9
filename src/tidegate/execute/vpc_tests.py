"""Jobs `vpc-integration-tests[-<env>]`: tests of the candidate that CodeBuild runs inside the VPC.

The intent to start a build is in the ledger before the build is, and its outcome once it ended. In between, whoever
takes the job up finds the build by the token that it carries, and follows it on.
"""

import asyncio
import hashlib
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never

from tidegate.cloud.ports import Builds
from tidegate.errors import CloudError, Failure, GateFailed, NotFound, Throttled, Unreachable
from tidegate.execute.gate import conclude
from tidegate.execute.limit import duration
from tidegate.execute.lock import hold_of
from tidegate.execute.source_archive import archive
from tidegate.execute.workshop import Workshop
from tidegate.gates.build import judge_build, mending
from tidegate.model.build import Build, BuildOrder, BuildProject, BuildStatus, SourceKind
from tidegate.model.database import VpcTests
from tidegate.model.job import Job, JobReport
from tidegate.model.pipeline import expand
from tidegate.model.run import StepView
from tidegate.model.verdict import Verdict
from tidegate.targets.step import CANDIDATE

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0
LATE_LINES_SECONDS = 2.0
"""How long lines may take from a build that ended into its log, where nothing came yet that says it ended."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One build that a job is to have.

    Attributes:
        step: Its name in the ledger.
        token: What it is found by.
        begun: When its start was intended; None where it was not yet.
    """

    step: str
    token: str
    begun: float | None


async def vpc_tests(shop: Workshop, job: Job) -> JobReport:
    """Have the candidate tested, and follow the build to its end.

    Raises:
        GateFailed: When the build did not succeed, each reason told apart.
        CloudError: When the cloud does not answer before the time is up.
    """
    following = Following(shop, job, errand_of(shop, job))
    began = shop.clock()
    build = await following.to_its_end()
    measured = judge_build("tests inside the VPC", build, shop.clock() - began)
    if measured.verdict is not Verdict.SUCCESSFUL:
        raise GateFailed(f"{measured.verdict}: {measured.detail}", where=job.name, what_next=mending(job.name, build))
    return conclude(job.name, [measured])


def errand_of(shop: Workshop, job: Job) -> Errand:
    """The build that the job began and that is not known to have ended otherwise than well, or the next one.

    A build of an earlier hold tested candidates that others may have replaced since: it counts for nothing. The token
    tells builds of different ledgers apart, whose runs have the same numbers.
    """
    view = shop.ledger.run(shop.run)
    hold = hold_of(shop, job.environment)
    number = 1
    while (step := view.jobs[job.name].step(f"build {number} of hold {hold}")) and _went_wrong(step):
        number += 1
    said = f"{shop.pipeline.product} {view.id} {view.created!r} {view.commit} {job.name} {hold} {number}"
    token = hashlib.sha256(said.encode()).hexdigest()[:32]
    return Errand(f"build {number} of hold {hold}", token, step.intended if step else None)


def _went_wrong(step: StepView) -> bool:
    return isinstance(step.outcome, dict) and step.outcome.get("status") != BuildStatus.SUCCEEDED.value


class Following:
    """A build from its start to its end."""

    def __init__(self, shop: Workshop, job: Job, errand: Errand) -> None:
        database = shop.pipeline.database
        assert database is not None
        assert database.vpc_tests is not None
        self._shop = shop
        self._job = job
        self._errand = errand
        self._tests: VpcTests = database.vpc_tests
        self._project = expand(self._tests.project, job.environment)
        self._log = shop.log(job.name)
        self._builds: Builds = shop.cloud.builds
        self._position = ""
        self._waits = 0
        self._intended = errand.begun is not None
        self._until = (errand.begun or shop.clock()) + self._tests.timeout_seconds

    async def to_its_end(self) -> Build:
        """Start the build, or find it, and wait until it ended or its time is up: then it is stopped."""
        build: Build | None = None
        try:
            build = await self._begun()
            self._log(f"build {build.id} of CodeBuild project {self._project}")
            build = await self._followed(build)
        except (asyncio.CancelledError, Failure):
            await self._abandon(build)
            raise
        if not build.ended:
            stopped = await self._builds.stop(build.id)
            self._log(f"stopped build {build.id}: its time is up")
            # One that ended by itself in the very last moment has ended, whatever came of it.
            build = build if stopped.status is BuildStatus.STOPPED else stopped
        self._done(build)
        return build

    async def _begun(self) -> Build:
        """The build, of which there is one whatever happened before."""
        try:
            project = await self._builds.project(self._project)
            if self._errand.begun is not None:
                found = await self._builds.find(self._project, self._errand.token)
                if found is not None:
                    return found
        except NotFound as missing:
            raise self._missing(missing) from missing
        order = await self._order(project)
        shop = self._shop
        shop.ledger.check_held(self._job.environment, shop.run, shop.holder)
        shop.ledger.step_intended(shop.run, self._job.name, self._errand.step, {"token": order.token})
        self._intended = True
        self._until = shop.clock() + self._tests.timeout_seconds
        try:
            return await self._started(order)
        except NotFound as missing:
            raise self._missing(missing) from missing

    async def _started(self, order: BuildOrder) -> Build:
        """Ask for the build, and again while CodeBuild has no room for it; the token keeps it one."""
        while True:
            try:
                return await self._builds.start(order)
            except Throttled as full:
                if self._shop.clock() >= self._until:
                    limit = duration(self._tests.timeout_seconds)
                    raise GateFailed(
                        f"{Verdict.ERROR}: CodeBuild did not take the build within {limit}: {full.what}",
                        where=full.where or self._job.name,
                        what_next="wait for other builds, or raise the limit of builds at once; then `tidegate resume`",
                    ) from full
                self._log(f"CodeBuild does not take the build yet: {full.what}")
                await self._pause(full.retry_after)

    async def _abandon(self, build: Build | None) -> None:
        """End a build that nobody waits for any more. What comes of that is told, and hides nothing else."""
        try:
            if build is None and self._intended:
                build = await self._builds.find(self._project, self._errand.token)
            if build is None or build.ended:
                return
            self._done(await self._builds.stop(build.id))
            self._log(f"stopped build {build.id}")
        except Failure as failure:
            self._log(f"whether a build still runs is not known: {failure.what}")

    async def _followed(self, build: Build) -> Build:
        """Look until the build ended or its time is up; what it writes goes into the job's log as it comes."""
        silent: CloudError | None = None
        while True:
            try:
                build = await self._builds.get(build.id)
                await self._read(build)
                silent = None
            except (Throttled, Unreachable) as lost:
                # The build goes on whether it is looked at or not.
                self._log(f"CodeBuild does not answer: {lost.what}")
                silent = lost
            if build.ended:
                await self._read_late(build)
                return build
            if self._shop.clock() >= self._until:
                if silent is not None:
                    raise silent
                return build
            await self._pause()

    async def _read(self, build: Build) -> int:
        lines, self._position = await self._builds.lines(build, self._position)
        for line in lines:
            self._log(line)
        return len(lines)

    async def _read_late(self, build: Build) -> None:
        """The last lines of a build may come behind its end."""
        try:
            while True:
                await self._shop.pause(LATE_LINES_SECONDS if not self._shop.cloud.endpoint else 0.0)
                if not await self._read(build):
                    return
        except (Throttled, Unreachable) as lost:
            self._log(f"the end of the build's log could not be read: {lost.what}")

    async def _order(self, project: BuildProject) -> BuildOrder:
        """What the build is told: the commit whose tests it runs, and the candidate that they test."""
        shop, release = self._shop, self._shop.release()
        variables = {
            "TIDEGATE_ENVIRONMENT": self._job.environment,
            "TIDEGATE_QUALIFIER": CANDIDATE,
            "TIDEGATE_RELEASE": release.id,
            "TIDEGATE_COMMIT": release.commit,
        }
        minutes = math.ceil(self._tests.timeout_seconds / 60)
        buildspec = self._tests.buildspec or ""
        version = location = ""
        match project.source:
            case SourceKind.GIT:
                version = shop.plan.commit
            case SourceKind.BUCKET:
                location = await self._kept(project)
            case SourceKind.NONE:
                buildspec = self._text(buildspec) if buildspec else ""
            case SourceKind.PIPELINE:
                raise GateFailed(
                    "its source comes from CodePipeline, so that nobody else can start it with a commit",
                    where=f"CodeBuild project {project.name}",
                    what_next="give the project a source in S3 or in git",
                )
            case _:
                assert_never(project.source)
        return BuildOrder(self._project, self._errand.token, variables, version, location, buildspec, minutes)

    async def _kept(self, project: BuildProject) -> str:
        """The commit's files beside the project's own source, by the commit: `bucket/key`."""
        bucket, _, key = project.location.removeprefix("arn:aws:s3:::").partition("/")
        name = str(PurePosixPath(key).parent / f"{self._shop.plan.commit}.zip")
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "source.zip"
            await asyncio.to_thread(archive, self._shop.source, made)
            await self._shop.cloud.buckets.write(
                bucket, name, made, content_type="application/zip", cache_control="no-store"
            )
        return f"{bucket}/{name}"

    def _text(self, buildspec: str) -> str:
        try:
            return (self._shop.source / buildspec).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GateFailed(
                "the buildspec cannot be read",
                where=buildspec,
                what_next="mend database.vpc-tests.buildspec in tidegate.yaml",
            ) from error

    def _done(self, build: Build) -> None:
        """Record that nothing more comes of the errand."""
        outcome = {"build": build.id, "status": build.status.value}
        self._shop.ledger.step_done(self._shop.run, self._job.name, self._errand.step, outcome)

    async def _pause(self, asked_seconds: float = 0.0) -> None:
        """Wait before looking again: longer each time, half of it at random, never beyond the end of the time."""
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 1.5**self._waits)
        self._waits += 1
        seconds = max(asked_seconds, longest * (0.5 + 0.5 * self._shop.jitter()))
        await self._shop.pause(max(0.0, min(seconds, self._until - self._shop.clock())))

    def _missing(self, missing: NotFound) -> GateFailed:
        enabled = self._tests.enabled
        made = "`tidegate cloud up` makes it" if self._shop.cloud.endpoint else "make the project"
        return GateFailed(
            f"{Verdict.ERROR}: {enabled} is `true`, and there is no CodeBuild project {self._project}: {missing.what}",
            where=self._job.name,
            what_next=f"{made}, then `tidegate resume`; without tests inside the VPC, unset {enabled}",
        )
