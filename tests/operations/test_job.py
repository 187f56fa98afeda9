"""Jobs as processes of their own, in memory: what each does, what it leaves, and who mends it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import PIPELINE, Shop, all_on
from tests.execute.walks import NEVER, MortalStore
from tests.memory_wire import Killed
from tidegate.cloud.ports import Answer
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
