"""A whole run over a wire that loses one call in eleven."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from tests.execute.shops import PIPELINE, Shop, all_on
from tests.execute.walks import phases, walked
from tests.memory_cloud import MemoryCloud
from tests.memory_wire import Wire
from tests.outage import ATTEMPTS
from tidegate.errors import Moved, Unreachable
from tidegate.model.pipeline import Strategy
from tidegate.model.snapshot import Alias

T = TypeVar("T")
ONCE = ("functions.invoke worker", "functions.invoke cron")
"""Events, which are never sent again."""


class Deaf(Wire):
    """One call in eleven has no answer; with `effect`, what was asked was done all the same."""

    def __init__(self, *, effect: bool) -> None:
        super().__init__()
        self.effect = effect
        self.lost = 0
        self.deaf = True
        self._asked = 0

    async def ask(self, line: str, effect: Callable[[], T]) -> T:
        if self._unanswered(line):
            if self.effect:
                await super().ask(line, effect)
            raise Unreachable(f"no answer to {line}")
        return await super().ask(line, effect)

    async def tell(self, line: str, effect: Callable[[], T]) -> T:
        if self._unanswered(line):
            if self.effect:
                await super().tell(line, effect)
            raise Unreachable(f"no answer to {line}")
        return await super().tell(line, effect)

    def _unanswered(self, line: str) -> bool:
        if not self.deaf or line.startswith(ONCE):
            return False
        self._asked += 1
        unanswered = self._asked % 11 == 0
        self.lost += unanswered
        return unanswered


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("effect", [False, True], ids=["requests lost", "answers lost"])
async def test_a_run_reaches_every_environment_and_does_nothing_twice(
    tmp_path: Path, strategy: Strategy, effect: bool
) -> None:
    assert PIPELINE.site
    pipeline = replace(PIPELINE, site=replace(PIPELINE.site, strategy=strategy))
    wire = Deaf(effect=effect)
    shop = Shop(tmp_path, pipeline, MemoryCloud(wire=wire))
    for letter in "ab":
        shop.release(letter)
        wire.deaf = True
        reports, undone = await walked(shop.workshop())
        wire.deaf = False
        assert set(phases(reports).values()) == {"succeeded", "satisfied"}
        assert undone == []
        for environment in ("dev", "prod"):
            assert await shop.live(environment) == all_on(letter)
    assert wire.lost > 30
    for name in ("api-dev", "worker-prod"):
        assert shop.cloud.functions.versions(name) == ["1", "2", "3"]
        assert wire.writes.count(f"functions.point {name} live") == 2


async def test_a_write_that_arrives_when_all_is_put_back_fails(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for letter in "ab":
        shop.release(letter)
        await walked(shop.workshop())
    shop.release("c")
    functions, late = shop.cloud.functions, list[tuple[str, Alias, str, str]]()
    point = functions.point

    async def slow(name: str, alias: Alias, version: str, description: str) -> Alias:
        if (name, alias.name) == ("api-dev", "live") and len(late) < ATTEMPTS:
            late.append((name, alias, version, description))
            raise Unreachable("no answer yet")
        return await point(name, alias, version, description)

    monkeypatch.setattr(functions, "point", slow)
    reports, _ = await walked(shop.workshop())
    assert phases(reports)["promote-dev"] == "failed"
    assert await shop.live("dev") == all_on("b")
    for write in late:
        with pytest.raises(Moved):
            await point(*write)
    assert await shop.live("dev") == all_on("b")
