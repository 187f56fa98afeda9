"""What somebody else moved while a run was under way."""

import pytest

from tests.execute.shops import Shop, all_on, digest
from tests.execute.walks import phases, walked
from tests.outage import unanswered
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
