"""The way back is proven before anything changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.execute.shops import Shop, all_on, answer, digest
from tests.execute.walks import phases, walked
from tests.memory_functions import Handler
from tests.outage import unanswered
from tidegate.cloud.ports import Answer
from tidegate.execute.workshop import Edition, Workshop
from tidegate.model.job import Phase, Waiver
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


async def test_a_way_back_whose_image_is_gone_from_the_registry_is_none(live: Shop) -> None:
    live.release("b")
    live.cloud.images.delete(digest("a"))
    before = [write for write in live.cloud.wire.writes if not write.startswith("buckets.write")]
    reports, undone = await walked(live.workshop())
    failure = reports["deploy-dev"].failure
    assert failure["what"] == f"the way back to r1 is not proven: image shop@{digest('a')} is gone from the registry"
    assert "push the image again by this digest" in failure["what_next"]
    assert "`tidegate run --without-way-back dev --reason TEXT`" in failure["what_next"]
    after = [write for write in live.cloud.wire.writes if not write.startswith("buckets.write")]
    assert (after, undone) == (before, [])


async def test_a_rollback_to_a_release_whose_image_is_gone_is_refused_before_anything_moves(live: Shop) -> None:
    live.release("b")
    await walked(live.workshop())
    live.cloud.images.delete(digest("a"))
    before = list(live.cloud.wire.writes)
    reports, _ = await walked(live.rolling_back("r1"))
    failure = reports["rollback-prod"].failure
    assert "is gone from the registry" in failure["what"]
    assert "choose another release with --to: `tidegate history prod`" in failure["what_next"]
    assert live.cloud.wire.writes == before
    view = live.ledger.environment("prod")
    assert (view.live, view.lock, view.pinned) == ("r2", None, None)


def waived(shop: Shop, *environments: str) -> Workshop:
    plan = shop.plan()
    return shop.workshop(replace(plan, waiver=Waiver(environments, "ada", "the password was rotated")))


async def test_a_person_can_mend_what_is_live_and_broken(live: Shop) -> None:
    live.release("b")
    live.cloud.functions.handler = broken("a")
    run = waived(live, "dev", "prod")
    reports, undone = await walked(run)
    assert set(phases(reports).values()) <= {"succeeded", "satisfied"}
    assert (await live.live("dev"), await live.live("prod"), undone) == (all_on("b"), all_on("b"), [])
    intent = [entry for entry in live.ledger.environment("dev").history if entry.kind == "intent"][-1]
    assert intent.by == "ada"
    assert intent.reason.startswith("the way back to r1 is not proven: api GET /health: the handler failed")
    assert intent.reason.endswith("; ada lets the run go on all the same: the password was rotated")
    notes = [note.text for note in live.ledger.run(run.run).notes]
    assert f"dev: {intent.reason}" in notes


async def test_only_the_environment_that_is_named_goes_on_without_a_way_back(live: Shop) -> None:
    live.release("b")
    live.cloud.functions.handler = broken("a")
    reports, _ = await walked(waived(live, "dev"))
    assert reports["deploy-prod"].failure["what"].startswith("the way back to r1 is not proven")
    assert (await live.live("dev"), await live.live("prod")) == (all_on("b"), all_on("a"))


async def test_without_a_proven_way_back_a_failed_gate_still_returns_the_pointers(live: Shop) -> None:
    live.release("b")
    live.cloud.functions.handler = broken("a")
    unanswered(live.cloud.wire, "functions.point worker-dev live")
    reports, undone = await walked(waived(live, "dev"))
    assert "failed" in phases(reports).values()
    assert undone == []
    assert await live.live("dev") == all_on("a")
    assert live.ledger.environment("dev").intent is None


async def test_a_way_back_that_is_proven_needs_no_waiver(live: Shop) -> None:
    live.release("b")
    run = waived(live, "dev", "prod")
    await walked(run)
    assert live.ledger.run(run.run).notes == ()
    assert all(not entry.reason for entry in live.ledger.environment("dev").history)


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


async def test_a_first_site_needs_no_way_back_of_a_site(shop: Shop) -> None:
    made_by = shop.ledger.open_run("commit-without", "main", None, "made it").id
    shop.ledger.add_release(replace(shop.release("a"), site=None, commit="commit-without", run=made_by))
    await walked(shop.workshop(shop.plan(site=False)))
    shop.release("b")
    reports, _ = await walked(shop.workshop())
    assert not [report.failure for report in reports.values() if report.failure]
    assert await shop.live("prod") == all_on("b")


async def test_a_site_that_lost_a_file_is_no_way_back(live: Shop) -> None:
    del live.cloud.buckets.objects["web-dev", f"releases/{'a' * 64}/index.html"]
    live.release("b")
    reports, _ = await walked(live.workshop())
    failed = [report.failure["what"] for report in reports.values() if report.failure]
    assert "the way back of the site is not proven: the bundle sha256:aaaaaaaaaaaa is not there whole" in failed
