"""The doctor before a deployment: an environment that is not sound is left as it is."""

from dataclasses import replace

import pytest

from tests.execute.shops import NOTHING, Shop, all_on
from tests.execute.walks import walked
from tidegate.errors import GateFailed
from tidegate.execute.environment import hold
from tidegate.execute.put_back import put_back
from tidegate.model.finding import Check, Finding, Severity
from tidegate.model.job import Phase

OPEN = Finding(
    Check.UNQUALIFIED, Severity.ERROR, "rule daily invokes api-prod without an alias", "api-prod", ("aws x",)
)
LEAK = Finding(Check.LEAK, Severity.WARNING, "3 of 9 objects", "EAPP")


async def test_what_is_wrong_keeps_a_run_out_and_nothing_is_changed(shop: Shop) -> None:
    shop.release("a")
    shop.findings["prod"] = (OPEN,)
    run = shop.workshop()
    reports, _ = await walked(run)
    assert reports["promote-dev-frontend"].phase is Phase.SUCCEEDED
    assert reports["deploy-prod"].phase is Phase.FAILED
    failure = reports["deploy-prod"].failure
    assert "rule daily invokes api-prod without an alias" in failure["what"]
    assert "`aws x`" in failure["what_next"]
    assert "`tidegate doctor prod`" in failure["what_next"]
    assert await shop.live("dev") == all_on("a")
    assert await shop.live("prod") == NOTHING
    view = shop.ledger.environment("prod")
    assert (view.intent, view.lock) == (None, None)
    assert not any("-prod" in write for write in shop.cloud.wire.writes)


async def test_mended_the_run_goes_on(shop: Shop) -> None:
    shop.release("a")
    shop.findings["prod"] = (OPEN,)
    run = shop.workshop()
    await walked(run)
    del shop.findings["prod"]
    reports, _ = await walked(run)
    assert all(report.phase.lets_pass for report in reports.values())
    assert await shop.live("prod") == all_on("a")


async def test_what_is_accepted_or_only_a_warning_is_told_and_lets_the_run_on(shop: Shop) -> None:
    shop.release("a")
    shop.findings["dev"] = (replace(OPEN, accepted="until May"), LEAK)
    run = shop.workshop()
    await hold(run, "dev")
    told = shop.log(run, "doctor-dev")
    assert "accepted: until May" in told
    assert LEAK.what in told
    assert [note.text for note in shop.ledger.run(run.run).notes] == ["dev: 3 of 9 objects"]


async def test_an_image_that_is_gone_is_for_the_proof_of_the_way_back(shop: Shop) -> None:
    shop.release("a")
    shop.findings["dev"] = (replace(OPEN, check=Check.WAY_BACK),)
    await hold(shop.workshop(), "dev")
    assert shop.ledger.environment("dev").intent is not None


async def test_what_is_half_way_goes_back_however_sick_the_environment_is(shop: Shop) -> None:
    shop.release("a")
    run = shop.workshop()
    await hold(run, "dev")
    shop.findings["dev"] = (OPEN,)
    await put_back(run, "dev", "a test")
    assert shop.ledger.environment("dev").intent is None
    with pytest.raises(GateFailed, match="not sound"):
        await hold(shop.workshop(), "dev")


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        pytest.param((OPEN,), "prod is not sound: rule daily invokes api-prod without an alias", id="the doctor knows"),
        pytest.param((), "the site's files are neither on this machine nor in the bucket", id="nobody knows why"),
    ],
)
async def test_an_upload_that_fails_ahead_of_the_doctors_turn_is_explained_by_him(
    shop: Shop, findings: tuple[Finding, ...], told: str
) -> None:
    shop.release("a")
    shop.findings["prod"] = findings
    for file in (shop.home.bundles / ("a" * 64)).glob("*.json"):
        file.unlink()
    reports, _ = await walked(shop.workshop(shop.plan(only=("prod",))))
    assert told in reports["deploy-prod-frontend"].failure["what"]
    assert await shop.live("prod") == NOTHING
