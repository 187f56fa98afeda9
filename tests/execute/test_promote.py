"""All live aliases flip, or those that flipped go back."""

import pytest

from tests.execute.shops import NOTHING, PLACEHOLDER, Shop
from tests.execute.walks import edited_while_tested, phases, walked
from tests.outage import unanswered
from tidegate.errors import Moved, Unreachable
from tidegate.execute.deploy import deploy
from tidegate.execute.promote import promote
from tidegate.execute.site import deploy_site, upload_site
from tidegate.execute.workshop import Workshop
from tidegate.model.job import JobReport, Phase

LIVE = "functions.point {}-dev live"


async def shown(shop: Shop, letter: str = "a") -> Workshop:
    shop.release(letter)
    run = shop.workshop(holding="dev")
    await deploy(run, run.plan.by_name()["deploy-dev"])
    await upload_site(run, run.plan.by_name()["deploy-dev-frontend"])
    await deploy_site(run, run.plan.by_name()["deploy-dev-frontend"])
    return run


async def flip(run: Workshop) -> JobReport:
    return await promote(run, run.plan.by_name()["promote-dev"])


async def test_every_alias_moves_to_what_was_tested(shop: Shop) -> None:
    run = await shown(shop)
    report = await flip(run)
    assert (report.phase, report.detail) == (Phase.SUCCEEDED, "2 aliases moved")
    assert report.outcome == {"versions": {"api-dev": "2", "worker-dev": "2"}}
    assert await shop.live("dev") == NOTHING | {"api": "a", "worker": "a"}


async def test_a_second_promotion_moves_nothing(shop: Shop) -> None:
    run = await shown(shop)
    await flip(run)
    before = list(shop.cloud.wire.writes)
    assert (await flip(run)).detail == "0 aliases moved"
    assert shop.cloud.wire.writes == before


@pytest.mark.parametrize("name", ["api", "worker"])
async def test_when_one_alias_fails_those_that_moved_go_back(shop: Shop, name: str) -> None:
    run = await shown(shop)
    unanswered(shop.cloud.wire, LIVE.format(name))
    with pytest.raises(Unreachable) as raised:
        await flip(run)
    assert await shop.live("dev") == NOTHING
    assert raised.value.what_next.startswith("1 aliases that had moved went back.")


async def test_a_stranger_s_alias_is_left_and_the_others_go_back(shop: Shop) -> None:
    run = await shown(shop)
    shop.cloud.wire.before(LIVE.format("api"), lambda: shop.cloud.functions.move("api-dev", "live", "1", {"2": 0.1}))
    with pytest.raises(Moved) as raised:
        await flip(run)
    assert "expected live at 1, found live at 1 and 10% at 2" in raised.value.what
    found = await shop.cloud.functions.observe("api-dev", ("live",))
    assert found.aliases["live"].weights == {"2": 0.1}
    assert (await shop.live("dev"))["worker"] == "0"


async def test_a_lost_answer_is_no_failure(shop: Shop) -> None:
    run = await shown(shop)
    shop.cloud.wire.lose_answer(LIVE.format("api"))
    await flip(run)
    assert await shop.live("dev") == NOTHING | {"api": "a", "worker": "a"}
    assert shop.cloud.wire.writes.count(LIVE.format("api")) == 1


async def test_a_candidate_that_moved_since_its_tests_is_not_promoted(shop: Shop) -> None:
    run = await shown(shop)
    shop.cloud.functions.move("worker-dev", "candidate", "1")
    with pytest.raises(Moved) as raised:
        await flip(run)
    assert raised.value.what == (
        f"candidate is not what was tested: expected sha256:aaaaaaaaaaaa, found {PLACEHOLDER[:19]}"
    )
    assert raised.value.where == "worker-dev"
    assert await shop.live("dev") == NOTHING


async def test_a_configuration_that_changed_since_its_tests_is_not_promoted(shop: Shop) -> None:
    run = await shown(shop)
    shop.cloud.functions.configure("api-dev", "c2")
    with pytest.raises(Moved, match="candidate is not what was tested"):
        await flip(run)
    assert await shop.live("dev") == NOTHING


async def test_an_alias_that_somebody_moved_on_does_not_go_back(shop: Shop) -> None:
    run = await shown(shop)
    unanswered(shop.cloud.wire, LIVE.format("worker"))
    shop.cloud.wire.behind(LIVE.format("api"), lambda: shop.cloud.functions.move("api-dev", "live", "1", {"2": 0.1}))
    with pytest.raises(Unreachable):
        await flip(run)
    found = await shop.cloud.functions.observe("api-dev", ("live",))
    assert found.aliases["live"].weights == {"2": 0.1}


async def test_a_candidate_of_another_configuration_is_not_what_was_tested(shop: Shop) -> None:
    def person() -> None:
        shop.cloud.functions.configure("api-dev", "c2")
        shop.cloud.functions.move("api-dev", "candidate", shop.cloud.functions.release("api-dev"))

    shop.release("a")
    reports, _ = await walked(edited_while_tested(shop.workshop(), shop.home, person))
    assert phases(reports)["promote-dev"] == "failed"
    assert reports["promote-dev"].detail == "candidate is not what was tested: expected version 2, found version 3"
    assert await shop.live("dev") == NOTHING


async def test_a_site_that_was_not_what_test_showed_is_not_promoted(shop: Shop) -> None:
    def person() -> None:
        shop.cloud.edges.move("TEST-dev", release=f"releases/{'b' * 64}")

    shop.release("a")
    reports, _ = await walked(edited_while_tested(shop.workshop(), shop.home, person))
    assert reports["promote-dev"].detail == (
        "candidate is not what was tested: expected sha256:aaaaaaaaaaaa, found sha256:bbbbbbbbbbbb"
    )
    assert await shop.live("dev") == NOTHING


@pytest.mark.parametrize(("image", "site"), [("b", "d"), ("d", "b")])
async def test_what_moves_is_tested_with_the_half_that_stays(shop: Shop, image: str, site: str) -> None:
    for letter in "ab":
        shop.release(letter)
        await walked(shop.workshop())
    shop.release("c")
    unanswered(shop.cloud.wire, LIVE.format("worker"))
    await walked(shop.workshop())
    shop.release(image, site=site)
    run = shop.workshop(shop.plan(backend=image == "d", site=site == "d"))
    pairs = []

    def look() -> None:
        candidate = shop.cloud.functions.digest("api-dev", "candidate")
        pairs.append((candidate[-1], shop.cloud.edges.written("TEST-dev")["release"][-1]))

    reports, _ = await walked(edited_while_tested(run, shop.home, look))
    assert phases(reports)["promote-prod-frontend"] in {"succeeded", "satisfied"}
    assert pairs == [(image, site)]
