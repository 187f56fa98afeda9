"""The way back is proven before anything changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import Shop, all_on, answer, digest
from tests.execute.walks import phases, walked
from tests.memory_functions import Handler
from tidegate.cloud.ports import Answer
from tidegate.execute.workshop import Edition
from tidegate.model.job import Phase
from tidegate.model.snapshot import Version


def broken(letter: str, function: str = "api") -> Handler:
    """A handler that fails where one artifact runs, as a version whose password was rotated does."""

    def handler(name: str, version: Version, payload: object) -> Answer:
        if version.digest == digest(letter) and name.startswith(function):
            return Answer({"errorMessage": "access denied"}, error="Unhandled")
        return answer(name, version, payload)

    return handler


@pytest.fixture
async def live(shop: Shop) -> Shop:
    shop.release("a")
    await walked(shop.workshop())
    return shop


async def test_a_first_deployment_has_only_the_placeholder_to_return_to(live: Shop) -> None:
    assert await live.live("prod") == all_on("a")


async def test_without_a_way_back_nothing_is_changed(live: Shop) -> None:
    live.release("b")
    live.cloud.functions.handler = broken("a")
    before = [write for write in live.cloud.wire.writes if "candidate/" not in write]
    reports, undone = await walked(live.workshop())
    assert "deploy-dev" in {name for name, phase in phases(reports).items() if phase == "failed"}
    told = next(report.failure for report in reports.values() if report.phase is Phase.FAILED)
    assert "way back to r1 is not proven" in told["what"]
    assert "access denied" in told["what"]
    after = [write for write in live.cloud.wire.writes if "candidate/" not in write]
    # Uploads run ahead of their turn and touch nothing that is served.
    assert [write for write in after[len(before) :] if not write.startswith("buckets.write")] == []
    assert undone == []
    assert await live.live("dev") == all_on("a")


async def test_a_rollback_to_what_does_not_answer_is_refused_before_anything_moves(live: Shop) -> None:
    live.release("b")
    await walked(live.workshop())
    live.cloud.functions.handler = broken("a", "worker")
    reports, _ = await walked(live.rolling_back("r1"))
    assert phases(reports) == {"rollback-prod": "failed"}
    assert await live.live("prod") == all_on("b")
    view = live.ledger.environment("prod")
    assert (view.live, view.lock, view.pinned) == ("r2", None, None)


async def test_an_idle_version_is_woken_first(live: Shop) -> None:
    version = live.cloud.functions.idle("api-dev", "live")
    live.release("b")
    reports, _ = await walked(live.workshop())
    assert set(phases(reports).values()) <= {"succeeded", "satisfied"}
    woken = [
        payload
        for name, qualifier, payload in live.cloud.functions.invoked
        if (name, qualifier) == ("api-dev", version)
    ]
    assert woken[0] == {}
    assert len(woken) > 1


async def test_the_way_back_is_asked_what_its_own_commit_asks(live: Shop, tmp_path: Path) -> None:
    live.release("b")
    run = live.workshop()
    asked: list[str] = []

    def past(commit: str) -> Edition:
        asked.append(commit)
        return Edition(run.pipeline, run.source)

    await walked(replace(run, past=past))
    assert set(asked) == {live.ledger.release("r1").commit}
