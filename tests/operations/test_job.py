"""Jobs as processes of their own, in memory: what each does, what it leaves, and who mends it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import PIPELINE, Shop, all_on, answer
from tests.execute.walks import MortalStore
from tests.memory_wire import Killed
from tests.outage import unanswered
from tidegate.cloud.ports import Answer
from tidegate.errors import Locked, Moved
from tidegate.execute.pointers import observe
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.model.job import JobReport, Phase
from tidegate.model.pipeline import Order
from tidegate.model.snapshot import Version
from tidegate.operations.attempt import SpreadAttempt, take_up
from tidegate.operations.gate import settled
from tidegate.operations.job import put_back_one, walked_alone
from tidegate.operations.kept import kept
from tidegate.operations.share import share_of

FIRST = SpreadAttempt("github:acme/shop:7", 1, "github:acme/shop:7")
SECOND = replace(FIRST, number=2)


class Runners:
    """The runners of one run. Nothing but ledger and cloud is shared by any two jobs."""

    def __init__(self, shop: Shop, attempt: SpreadAttempt = FIRST) -> None:
        self.shop = shop
        self.run = shop.workshop()
        self.shop.ledger.run_started(self.run.run, attempt.number, attempt.host, origin=attempt.origin)

    def process(self, holder: str) -> Workshop:
        ledger = Ledger(self.shop.store, lambda: self.shop.cloud.wire.now)
        return replace(self.run, ledger=ledger, holder=holder, guards={})

    async def job(self, name: str, attempt: SpreadAttempt = FIRST) -> JobReport:
        """What `tidegate job NAME` does of a job that applies."""
        shop = self.process(attempt.holder)
        view = shop.ledger.run(shop.run)
        standing = kept(shop.ledger, view, shop.pipeline)
        if name in standing:
            return standing[name]
        view = take_up(shop.ledger, view, attempt)
        share = share_of(shop.plan, view, standing, name)
        assert not share.blocker, share.blocker
        return await walked_alone(shop, share, shop.plan.by_name()[name])

    async def jobs(self, *names: str, attempt: SpreadAttempt = FIRST) -> list[str]:
        return [(await self.job(name, attempt)).phase.value for name in names]

    async def put_back(self, environment: str, attempt: SpreadAttempt = FIRST) -> list[str]:
        return await put_back_one(self.process(attempt.mender), environment)

    def applying(self) -> list[str]:
        return [job.name for job in self.run.plan.jobs if job.applies]

    def ended(self) -> dict[str, str]:
        view = self.shop.ledger.run(self.run.run)
        return {name: report.phase.value for name, report in settled(self.run.plan, view.jobs).items()}


def product(folder: Path, *, order: Order = Order.TOGETHER) -> Shop:
    shop = Shop(folder, replace(PIPELINE, order=order, browser=None))
    shop.store = MortalStore(shop)
    shop.ledger = Ledger(shop.store, lambda: shop.cloud.wire.now)
    return shop


async def deployed(folder: Path, *, order: Order = Order.TOGETHER) -> Runners:
    """Release `a` is live everywhere, carried by jobs alone; release `b` is about to be."""
    shop = product(folder, order=order)
    shop.release("a")
    first = Runners(shop)
    assert set(await first.jobs(*first.applying())) == {"succeeded"}
    shop.release("b")
    return Runners(shop)


ORDERS = pytest.mark.parametrize("order", list(Order))


@ORDERS
async def test_jobs_that_share_nothing_but_ledger_and_cloud_carry_a_release(tmp_path: Path, order: Order) -> None:
    runners = await deployed(tmp_path, order=order)
    writes = len(runners.shop.cloud.wire.writes)
    assert set(await runners.jobs(*runners.applying())) == {"succeeded"}
    for environment in ("dev", "prod"):
        assert await runners.shop.live(environment) == all_on("b")
        assert runners.shop.ledger.environment(environment).lock is None
    assert not [note for note in runners.shop.ledger.run(runners.run.run).notes if "took over" in note.text]
    assert len(runners.shop.cloud.wire.writes) > writes
    assert set(runners.ended().values()) == {"succeeded", "satisfied"}


async def test_a_job_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    runners = await deployed(tmp_path)
    await runners.jobs("detect-changes", "deploy-dev")
    before, length = list(runners.shop.cloud.wire.writes), runners.shop.ledger.run(runners.run.run).seq
    assert await runners.jobs("deploy-dev") == ["succeeded"]
    assert runners.shop.cloud.wire.writes == before
    assert runners.shop.ledger.run(runners.run.run).seq == length


def unhealthy(name: str, version: Version, payload: object) -> Answer:
    """Release `b` answers 500 in prod."""
    if name.endswith("-prod") and version.digest.endswith("b"):
        return Answer({"statusCode": 500, "body": "{}"}, version=version.version)
    return answer(name, version, payload)


@ORDERS
async def test_a_job_that_fails_puts_its_environment_back_at_once(tmp_path: Path, order: Order) -> None:
    runners = await deployed(tmp_path, order=order)
    runners.shop.cloud.functions.handler = unhealthy
    dev = [name for name in runners.applying() if "prod" not in name]
    assert set(await runners.jobs(*dev)) == {"succeeded"}
    assert await runners.jobs("deploy-prod") == ["failed"]
    prod = runners.shop.ledger.environment("prod")
    assert (await runners.shop.live("prod"), prod.lock, prod.intent, prod.live) == (all_on("a"), None, None, "r1")
    assert await runners.shop.live("dev") == all_on("b")
    assert runners.ended()["promote-prod-frontend"] == "blocked"


async def test_what_no_longer_counts_is_done_again_with_the_failed_job(tmp_path: Path) -> None:
    """The second attempt of a workflow run runs the failed jobs again, and not those that succeeded before them."""
    runners = await deployed(tmp_path)
    shop, promote = runners.shop, "promote-dev"
    await runners.jobs("detect-changes", "deploy-dev", "deploy-dev-frontend")
    unanswered(shop.cloud.wire, "functions.point worker-dev live")
    assert await runners.jobs(promote) == ["failed"]
    assert await shop.live("dev") == all_on("a")
    shop.ledger.run_ended(runners.run.run, Phase.FAILED, "no")
    began = {name: job.attempts for name, job in shop.ledger.run(runners.run.run).jobs.items()}
    assert await runners.jobs(promote, "promote-dev-frontend", attempt=SECOND) == ["succeeded", "succeeded"]
    assert await shop.live("dev") == all_on("b")
    again = shop.ledger.run(runners.run.run).jobs
    assert {name for name, job in again.items() if job.attempts > began.get(name, 0) and began.get(name)} == {
        *("deploy-dev", "deploy-dev-frontend", promote)
    }


@ORDERS
async def test_a_job_is_killed_at_every_moment_and_put_back_by_another_process(tmp_path: Path, order: Order) -> None:
    """kill -9, then `put-back-dev` on another machine: dev is on one release, and a next attempt brings the new one."""
    moment, killed = 0, True
    while killed:
        moment += 3
        runners = await deployed(tmp_path / str(moment), order=order)
        shop, wire = runners.shop, runners.shop.cloud.wire
        own = [job.name for job in runners.run.plan.jobs if job.applies and job.environment in {"", "dev"}]
        killed = await cut_short(runners, own, moment)
        if not killed:
            break
        wire.kill_at = None
        await runners.put_back("dev")
        view = shop.ledger.environment("dev")
        assert (view.lock, view.intent) == (None, None), moment
        assert await shop.live("dev") == all_on("b" if view.live == "r2" else "a"), moment
        assert await runners.put_back("dev") == [], moment
        shop.ledger.run_ended(runners.run.run, Phase.CANCELLED, "killed")
        assert set(await runners.jobs(*own, attempt=SECOND)) <= {"succeeded"}, moment
        assert await shop.live("dev") == all_on("b"), moment
    assert moment > 60


async def cut_short(runners: Runners, names: list[str], moment: int) -> bool:
    """Do jobs one by one, killed at a moment; False when they all ended before."""
    wire = runners.shop.cloud.wire
    wire.moments, wire.kill_at, killed = 0, moment, False
    try:
        await runners.jobs(*names)
    except* Killed:
        killed = True
    return killed


async def test_a_lost_job_that_lives_on_can_change_nothing_once_it_is_put_back(tmp_path: Path) -> None:
    runners = await deployed(tmp_path)
    shop = runners.shop
    await runners.jobs("detect-changes", "deploy-dev", "deploy-dev-frontend")
    lost = runners.process(FIRST.holder)
    seen = (await observe(lost, "dev")).functions["api"].aliases["live"]
    await runners.put_back("dev")
    with pytest.raises(Moved):
        await lost.cloud.functions.point("api-dev", seen, "3", "a write that was on its way")
    with pytest.raises(Locked):
        lost.ledger.check_held("dev", lost.run, lost.holder)
    assert await shop.live("dev") == all_on("a")


async def test_another_attempt_fences_and_jobs_of_one_attempt_do_not(tmp_path: Path) -> None:
    runners = await deployed(tmp_path)
    await runners.jobs("detect-changes", "deploy-dev", "deploy-dev-frontend")
    assert runners.shop.ledger.environment("dev").unfenced == ()
    shop = runners.process(SECOND.holder)
    shop.ledger.acquire("dev", shop.run, SECOND.holder, "deploy", 60.0)
    assert shop.ledger.environment("dev").unfenced == ((shop.run, FIRST.holder),)


async def test_a_job_that_is_cancelled_puts_its_environment_back_first(tmp_path: Path) -> None:
    runners = await deployed(tmp_path)
    shop = runners.shop
    await runners.jobs("detect-changes", "deploy-dev", "deploy-dev-frontend")
    await runners.jobs(*(name for name in runners.applying() if name == "skew-test-dev"))
    task = asyncio.ensure_future(runners.job("promote-dev"))
    shop.cloud.wire.behind("functions.point", task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task
    view = shop.ledger.environment("dev")
    assert (await shop.live("dev"), view.lock, view.intent) == (all_on("a"), None, None)
    assert shop.ledger.run(runners.run.run).jobs["promote-dev"].phase is Phase.CANCELLED
