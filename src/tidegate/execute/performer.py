"""Sends each job to its executor, and each environment to its end."""

import traceback
from collections.abc import Collection
from typing import assert_never

from tidegate.errors import Failure, GateFailed
from tidegate.execute import site
from tidegate.execute.approval import approve
from tidegate.execute.browser import browser_test
from tidegate.execute.build import ArtifactBuilder
from tidegate.execute.check import check
from tidegate.execute.contract import contract
from tidegate.execute.deploy import deploy
from tidegate.execute.environment import hold, line_up, settle
from tidegate.execute.examination import examined
from tidegate.execute.lock import held, hold_of
from tidegate.execute.migrate import migrate
from tidegate.execute.promote import promote
from tidegate.execute.put_back import put_back
from tidegate.execute.rollback import roll_back
from tidegate.execute.schema_gate import schema_gate
from tidegate.execute.skew import skew_test
from tidegate.execute.verify import take_settled, verify
from tidegate.execute.vpc_tests import vpc_tests
from tidegate.execute.workshop import Workshop
from tidegate.model.job import Duty, Job, JobReport, Phase
from tidegate.targets.together import together


class RunPerformer:
    """Performs the jobs of one run in its workshop. Also its journal: what it is told goes to the ledger."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._builder = ArtifactBuilder(shop)

    async def prepare(self, job: Job) -> None:
        """Build, or upload, ahead of the job's turn."""
        try:
            match job.duty:
                case Duty.BUILD:
                    await self._builder.build_images(job)
                case Duty.BUILD_SITE:
                    await self._builder.build_site(job)
                case Duty.BUILD_SCHEMA:
                    await self._builder.build_schema(job)
                case Duty.DEPLOY_SITE:
                    await site.upload_site(self._shop, job)
                case _:
                    return
        except Exception as error:
            if job.duty is Duty.DEPLOY_SITE:
                await self._explained(job.environment)
            raise self._told(job, error) from error

    async def _explained(self, environment: str) -> None:
        """Files are uploaded before the doctor's turn: what it knows of the environment explains a failure better."""
        try:
            await examined(self._shop, environment)
        except GateFailed:
            raise
        except Failure:  # then what failed first is what has to be told
            return

    async def admit(self, job: Job) -> None:
        """Wait in line for the job's environment. A rollback does not: it is refused where a run holds it."""
        try:
            if _holds(job):
                await line_up(self._shop, job.environment)
            elif job.duty in {Duty.VERIFY, Duty.CONTRACT}:
                await take_settled(self._shop, job.environment)
        except Exception as error:
            raise self._told(job, error) from error

    async def perform(self, job: Job) -> JobReport:
        """Do a job. The last one of an environment also records that it is live."""
        try:
            report = await self._perform(job)
            if self._ends_environment(job):
                await settle(self._shop, job.environment)
        except Exception as error:
            raise self._told(job, error) from error
        return report

    def started(self, job: Job) -> None:
        """Journal a start."""
        at = self._shop.clock()
        self._shop.ledger.job_started(self._shop.run, job.name, at, rides=job.duty in _STEPPING)

    def prepared(self, job: Job) -> None:
        """Journal the end of a preparation."""
        self._shop.ledger.job_prepared(self._shop.run, job.name, self._shop.clock())

    def turned(self, job: Job) -> None:
        """Journal a turn."""
        self._shop.ledger.job_turned(self._shop.run, job.name, self._shop.clock())

    def waits(self, job: Job, report: JobReport) -> None:
        """Journal that a person must decide."""
        self._shop.ledger.job_waits(self._shop.run, job.name, report.detail, self._shop.clock())

    def ended(self, job: Job, report: JobReport) -> None:
        """Journal an end."""
        hold = hold_of(self._shop, job.environment) if _holds(job) else 0
        self._shop.ledger.job_ended(self._shop.run, job.name, report, self._shop.clock(), hold=hold)
        if report.failure:
            log = self._shop.log(job.name)
            log(f"{report.phase}: {report.failure['where']}: {report.failure['what']}")

    async def _perform(self, job: Job) -> JobReport:  # noqa: C901, PLR0911, PLR0912 - one return a duty
        shop = self._shop
        if _holds(job):
            await hold(shop, job.environment)
        match job.duty:
            case Duty.DETECT:
                return JobReport(Phase.SUCCEEDED, shop.plan.reason)
            case Duty.CHECK:
                return await check(shop, job)
            case Duty.BUILD:
                return self._builder.images_report()
            case Duty.BUILD_SITE:
                return self._builder.site_report()
            case Duty.BUILD_SCHEMA:
                return self._builder.schema_report()
            case Duty.APPROVE:
                return await approve(shop, job)
            case Duty.MIGRATE:
                return await migrate(shop, job)
            case Duty.SCHEMA_GATE:
                return await schema_gate(shop, job)
            case Duty.DEPLOY:
                return await deploy(shop, job)
            case Duty.VPC_TESTS:
                return await vpc_tests(shop, job)
            case Duty.DEPLOY_SITE:
                return await site.deploy_site(shop, job)
            case Duty.BROWSER:
                return await browser_test(shop, job)
            case Duty.SKEW:
                return await skew_test(shop, job)
            case Duty.PROMOTE:
                return await promote(shop, job)
            case Duty.PROMOTE_SITE:
                return await site.promote_site(shop, job)
            case Duty.ROLLBACK:
                return await roll_back(shop, job)
            case Duty.VERIFY:
                return await verify(shop, job)
            case Duty.CONTRACT:
                return await contract(shop, job)
            case _:
                assert_never(job.duty)

    def _ends_environment(self, job: Job) -> bool:
        if not _holds(job):
            return False
        own = [other for other in self._shop.plan.jobs if other.environment == job.environment and other.applies]
        return own[-1].name == job.name

    def _told(self, job: Job, error: Exception) -> Failure:
        """An error as people are told it; one that nobody foresaw goes into the job's log with its traceback."""
        if isinstance(error, Failure):
            return error
        if isinstance(error, OSError) and error.strerror:
            return Failure(
                error.strerror, where=str(error.filename or job.name), what_next="`tidegate resume` when mended"
            )
        self._shop.log(job.name)("".join(traceback.format_exception(error)))
        kind = type(error).__name__
        return Failure(
            f"unexpected {kind}: {error}", where=job.name, what_next=f"`tidegate logs --job {job.name}` has the details"
        )


_STEPPING = {Duty.DEPLOY, Duty.DEPLOY_SITE, Duty.PROMOTE, Duty.PROMOTE_SITE, Duty.SKEW, Duty.VPC_TESTS}
"""Jobs whose first step, which takes the record of the start along, comes soon."""


_UNHELD = {Duty.APPROVE, Duty.ROLLBACK, Duty.VERIFY, Duty.CONTRACT}


def _holds(job: Job) -> bool:
    """Whether a job is done under the lock of its environment that `hold` takes.

    An approval is asked for without it; what a person asked for takes it by itself.
    """
    return bool(job.environment) and job.duty not in _UNHELD


async def put_back_all(shop: Workshop, only: Collection[str] | None = None) -> list[str]:
    """After a walk: each environment that the run still holds returns to where it stood. Says what was undone.

    An environment that reached the release was let go of when it did. With `only`, no others are looked at.
    """
    jobs = shop.ledger.run(shop.run).jobs.values()

    def reason(environment: str) -> str:
        own = (job for job in jobs if job.environment == environment and job.phase is Phase.FAILED)
        return next((f"{job.name}: {job.detail}" for job in own), "the run ended before the environment was live")

    names = [name for name in shop.pipeline.environments if (only is None or name in only) and held(shop, name)]
    undone = await together(put_back(shop, name, reason(name)) for name in names)
    return [line for lines in undone for line in lines]
