"""A job whose time is up while the answer to a write is outstanding: what came of it is observed, not guessed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.execute.shops import PIPELINE, Shop, all_on
from tests.execute.walks import phases, walked
from tests.memory_edges import MemoryEdges
from tests.memory_functions import MemoryFunctions
from tidegate.execute.workshop import Workshop
from tidegate.model.snapshot import Alias


@dataclass
class Silence:
    """The answer to one write never comes, and when it is waited for the time is up.

    Attributes:
        effect: Whether the write happens.
    """

    effect: bool
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def alarm(self, seconds: float) -> None:
        await self.begun.wait()

    async def falls(self) -> None:
        self.begun.set()
        await asyncio.Event().wait()


class SilentFunctions(MemoryFunctions):
    def __init__(self, known: MemoryFunctions, silence: Silence) -> None:
        self.__dict__ = known.__dict__
        self._silence = silence

    async def point(self, name: str, alias: Alias, version: str, description: str) -> Alias:
        silent = (name, alias.name) == ("api-dev", "live") and not self._silence.begun.is_set()
        if silent and not self._silence.effect:
            await self._silence.falls()
        moved = await super().point(name, alias, version, description)
        if silent:
            await self._silence.falls()
        return moved


class SilentEdges(MemoryEdges):
    def __init__(self, known: MemoryEdges, silence: Silence) -> None:
        self.__dict__ = known.__dict__
        self._silence = silence

    async def point(self, store: str, values: Mapping[str, str], etag: str) -> str:
        silent = store.endswith("/APP-dev") and not self._silence.begun.is_set()
        if silent and not self._silence.effect:
            await self._silence.falls()
        found = await super().point(store, values, etag)
        if silent:
            await self._silence.falls()
        return found


async def begun(folder: Path) -> tuple[Shop, Workshop]:
    """Release `a` is live everywhere; a run of release `b` is about to be walked."""
    shop = Shop(folder, replace(PIPELINE, browser=None))
    shop.release("a")
    await walked(shop.workshop())
    shop.release("b")
    return shop, shop.workshop()


def silent(shop: Shop, run: Workshop, job: str, silence: Silence) -> Workshop:
    if job == "promote-dev":
        cloud = replace(run.cloud, functions=SilentFunctions(shop.cloud.functions, silence))
    else:
        cloud = replace(run.cloud, edges=SilentEdges(shop.cloud.edges, silence))
    return replace(run, cloud=cloud, alarm=silence.alarm)


@pytest.mark.parametrize("effect", [True, False], ids=["the write happened", "the write did not happen"])
@pytest.mark.parametrize("job", ["promote-dev", "promote-dev-frontend"])
async def test_the_environment_is_put_back_and_a_resume_goes_on(tmp_path: Path, job: str, *, effect: bool) -> None:
    shop, run = await begun(tmp_path)
    reports, undone = await walked(silent(shop, run, job, Silence(effect)))
    assert phases(reports)[job] == "failed"
    assert reports[job].detail == f"{job} timed out after 1h"
    assert phases(reports)["deploy-prod"] == "blocked"
    assert any("api-dev: live" in line for line in undone) == (job != "promote-dev" or effect)
    assert any("APP" in line for line in undone) == (job != "promote-dev" and effect)
    assert await shop.live("dev") == await shop.live("prod") == all_on("a")
    view = shop.ledger.environment("dev")
    assert (view.live, view.lock, view.intent) == ("r1", None, None)
    assert shop.ledger.run(run.run).jobs[job].detail == f"{job} timed out after 1h"
    reports, undone = await walked(run)
    assert set(phases(reports).values()) == {"succeeded", "satisfied"}
    assert undone == []
    assert await shop.live("dev") == await shop.live("prod") == all_on("b")
    assert shop.cloud.functions.versions("api-dev") == ["1", "2", "3"]
