"""What somebody else moved while a run was under way."""

from dataclasses import replace

import pytest

from tests.execute.shops import TEXT, Shop, all_on, digest
from tests.execute.walks import phases, walked
from tests.outage import unanswered
from tidegate.config.load import parse
from tidegate.errors import Locked
from tidegate.execute.environment import hold
from tidegate.execute.lock import LEASE_SECONDS


@pytest.fixture
async def live(shop: Shop) -> Shop:
    for letter in "ab":
        shop.release(letter)
        await walked(shop.workshop())
    return shop


async def test_putting_back_leaves_what_a_person_moved(live: Shop) -> None:
    first = live.cloud.functions.versions("api-dev")[1]

    def person(*_: object) -> None:
        live.cloud.functions.move("api-dev", "live", first)

    live.release("c")
    live.cloud.wire.behind("functions.point worker-dev candidate", person)
    unanswered(live.cloud.wire, "functions.point worker-dev live")
    reports, told = await walked(live.workshop())
    assert phases(reports)["promote-dev"] == "failed"
    assert live.cloud.functions.live("api-dev") == digest("a"), "a person's move was undone"
    assert live.cloud.functions.live("worker-dev") == digest("b")
    assert told == [f"api-dev: live was moved by somebody else to {first} and is left where it is"]
    assert await live.live("prod") == all_on("b")


async def test_a_lease_is_renewed_by_a_run_that_goes_on(live: Shop) -> None:
    live.release("c")
    run = live.workshop()
    await hold(run, "dev")
    lock = live.ledger.environment("dev").lock
    assert lock
    await live.cloud.pause(LEASE_SECONDS * 0.75)
    await hold(run, "dev")
    renewed = live.ledger.environment("dev").lock
    assert renewed
    assert renewed.lease_until == lock.lease_until + LEASE_SECONDS * 0.75
    assert renewed.since == lock.since


async def test_what_a_person_moved_between_runs_is_no_way_back(live: Shop) -> None:
    first = live.cloud.functions.versions("api-dev")[1]
    live.pipeline = parse(TEXT.replace(b", json: {digest: <release.digest>}", b""), "tidegate.yaml")
    live.cloud.functions.move("api-dev", "live", first)
    live.release("c")
    reports, undone = await walked(live.workshop())
    failed = [report.failure["what"] for report in reports.values() if report.failure]
    told = "the way back to r2 is not proven: api-dev serves sha256:aaaaaaaaaaaa, not sha256:bbbbbbbbbbbb"
    assert told in failed
    assert undone == []
    assert live.ledger.environment("dev").intent is None


async def test_a_rollback_from_what_a_person_moved_does_not_take_it_for_the_release(live: Shop) -> None:
    first = live.cloud.functions.versions("api-dev")[1]
    live.pipeline = parse(TEXT.replace(b", json: {digest: <release.digest>}", b""), "tidegate.yaml")
    live.cloud.functions.move("api-dev", "live", first)
    await walked(live.rolling_back("r1", "dev"))
    await walked(live.rolling_back("r2", "dev"))
    assert await live.live("dev") == all_on("b")


async def test_a_job_may_take_as_long_as_its_limit_says(live: Shop) -> None:
    live.release("c")
    plan = live.plan()
    patient = replace(plan, jobs=tuple(replace(job, timeout_seconds=10_000) for job in plan.jobs))
    run = live.workshop(patient)
    await hold(run, "dev")
    await live.cloud.pause(9_999.0)
    other = live.workshop()
    with pytest.raises(Locked, match=f"dev is held by run {run.run}"):
        live.ledger.acquire("dev", other.run, other.holder, "a newer one", 60.0)


async def test_traffic_that_a_person_splits_is_no_way_back(live: Shop) -> None:
    second, first = live.cloud.functions.versions("api-dev")[2], live.cloud.functions.versions("api-dev")[1]
    live.cloud.functions.move("api-dev", "live", second, {first: 0.1})
    live.release("c")
    reports, undone = await walked(live.workshop())
    assert f"leads to {second} with 10% to {first}" in reports["deploy-dev"].failure["what"]
    assert undone == []
    assert live.ledger.environment("dev").intent is None


async def test_a_split_that_a_person_makes_meanwhile_is_not_written_over(live: Shop) -> None:
    second, first = live.cloud.functions.versions("api-dev")[2], live.cloud.functions.versions("api-dev")[1]
    live.release("c")

    def person(*_: object) -> None:
        live.cloud.functions.move("api-dev", "live", second, {first: 0.1})

    live.cloud.wire.behind("functions.point worker-dev candidate", person)
    reports, _ = await walked(live.workshop())
    assert f"live of api-dev leads to {second} with 10% to {first}" in reports["promote-dev"].failure["what"]
    assert await live.live("dev") == all_on("b")
