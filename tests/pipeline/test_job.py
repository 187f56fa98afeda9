"""Jobs in processes of their own, on the embedded cloud with the small product."""

import itertools
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.product import Product, kill_hard, product_on_stage
from tests.pipeline.runners import Done, Runners
from tests.soak.shop import Edition, Flaw, write_shop
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("shop")
    with product_on_stage(folder, shared_cache, example=write_shop(folder / "product")) as one:
        yield one


def change(product: Product, number: int, flaw: Flaw = Flaw.NONE) -> str:
    for path, text in Edition(number, number, flaw).files().items():
        product.write(path, text)
    return product.commit(f"Edition {number}")


@pytest.fixture(scope="module")
def released(shop: Product, tmp_path_factory: pytest.TempPathFactory) -> tuple[Runners, dict[str, Done]]:
    """A first release, carried by jobs alone."""
    runners = Runners(shop, tmp_path_factory.mktemp("first"), 11)
    return runners, runners.all()


def test_a_release_goes_through_every_environment_a_process_a_job(
    shop: Product, released: tuple[Runners, dict[str, Done]]
) -> None:
    runners, done = released
    assert {name: one.log for name, one in done.items() if one.code} == {}
    run = shop.run(runners.run)
    assert (run.phase, run.origin) == (Phase.SUCCEEDED, "github:acme/shop:11")
    with shop.stage.project.ledger() as ledger:
        assert "r1" in ledger.environment("dev").reached & ledger.environment("prod").reached


@pytest.mark.usefixtures("released")
def test_failed_jobs_run_again_go_on_with_the_same_run_and_a_fix_is_another_one(shop: Product, tmp_path: Path) -> None:
    before = shop.live()
    change(shop, 3, Flaw.ONLY_PROD)
    first = Runners(shop, tmp_path, 13)
    bad = first.all()
    assert {name: one.code for name, one in bad.items() if one.code} == {"deploy-prod": 1, "gate": 1}
    failed = shop.run(first.run)
    assert failed.reason.startswith("deploy-prod: ")
    assert {failed.jobs[name].phase for name in ("e2e-test-prod", "promote-prod")} == {Phase.BLOCKED}
    assert shop.live()["dev"] != before["dev"]
    assert "::error title=deploy-prod::" in bad["deploy-prod"].log
    assert "| deploy\\-prod | failed |" in bad["deploy-prod"].summary
    # deploy-prod-frontend does not wait for deploy-prod, and took prod again.
    assert bad["put-back-prod"].code == 0
    with shop.stage.project.ledger() as ledger:
        assert (ledger.environment("prod").lock, ledger.environment("prod").intent) == (None, None)
    again = first.again()
    done: dict[str, Done] = {}
    again.rest(done)
    assert "detect-changes" not in done
    assert done["deploy-prod"].code == 1
    assert again.gate().code == 1
    run = shop.run(first.run)
    assert [(one.host, one.pid) for one in run.attempts] == [("github:acme/shop:13", 1), ("github:acme/shop:13", 2)]
    assert run.jobs["deploy-dev"].attempts == 1
    assert shop.live()["prod"] == before["prod"]
    change(shop, 4)
    fixed = Runners(shop, tmp_path, 14)
    assert {name: one.log for name, one in fixed.all().items() if one.code} == {}
    assert set(shop.live().values()) == {shop.status()["dev"]["release"]}
    old = first.again()
    old.attempt = 3
    refused = old.job("deploy-prod")
    assert refused.code == 2
    assert "would go backwards" in refused.log
    assert old.detect().code == 2
    assert len(set(shop.live().values())) == 1


def everything_before(runners: Runners, until: str) -> None:
    """All jobs before one of dev's."""
    runners.detect()
    names = ("test", "build", "build-frontend", "deploy-dev", "deploy-dev-frontend", "e2e-test-dev", "skew-test-dev")
    for name in itertools.takewhile(lambda one: one != until, names):
        assert runners.job(name).code == 0, name


@pytest.mark.usefixtures("released")
def test_a_job_that_is_killed_is_mended_by_another_process(shop: Product, tmp_path: Path) -> None:
    before = shop.live()
    change(shop, 5)
    runners = Runners(shop, tmp_path, 15)
    everything_before(runners, "promote-dev")
    process = runners.start("promote-dev")
    run = shop.wait(runners.run, lambda view: bool(view.jobs["promote-dev"].steps) or view.phase.ended)
    kill_hard(process.pid)
    process.wait()
    assert run.jobs["promote-dev"].phase in {Phase.RUNNING, Phase.SUCCEEDED}
    runners.results["promote-dev"] = "failure"
    mended = runners.job("put-back-dev")
    assert mended.code == 0, mended.log
    assert shop.live() == before
    with shop.stage.project.ledger() as ledger:
        assert ledger.environment("dev").lock is None
    assert runners.gate().code == 1
    assert shop.run(runners.run).phase in {Phase.CANCELLED, Phase.FAILED}


@pytest.mark.usefixtures("released")
def test_a_job_that_is_cancelled_puts_back_by_itself(shop: Product, tmp_path: Path) -> None:
    """GitHub's cancel is SIGINT, then SIGTERM, which must not cut short what the first one set in motion."""
    before = shop.live()
    change(shop, 8)
    runners = Runners(shop, tmp_path, 17)
    everything_before(runners, "e2e-test-dev")
    process = runners.start("e2e-test-dev")
    shop.wait(runners.run, lambda view: view.jobs["e2e-test-dev"].phase is not Phase.PENDING)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 130
    assert shop.run(runners.run).jobs["e2e-test-dev"].phase is Phase.CANCELLED
    assert shop.live() == before
    with shop.stage.project.ledger() as ledger:
        assert (ledger.environment("dev").lock, ledger.environment("dev").intent) == (None, None)
    runners.results["e2e-test-dev"] = "cancelled"
    assert "nothing to put back" in runners.job("put-back-dev").log
    assert runners.gate().code != 0


@pytest.mark.parametrize(("number", "whose"), [(6, "acme/shop"), (7, "eve/shop")], ids=["own", "fork"])
def test_a_pull_request_is_tested_without_ledger_and_secrets(
    shop: Product, tmp_path: Path, number: int, whose: str
) -> None:
    base = shop.head()
    change(shop, number)
    payload: dict[str, object] = {"pull_request": {"head": {"repo": {"full_name": whose}}, "base": {"sha": base}}}
    home = tmp_path / "home"
    runners = Runners(shop, tmp_path, 16, event="pull_request", payload=payload)
    done = runners.job("test", TIDEGATE_CLOUD="aws", TIDEGATE_HOME=str(home))
    assert done.code == 0, done.log
    assert ("pull request of a fork" in done.log) is (whose == "eve/shop")
    assert "Syntax" in done.log or "compileall" in done.log
    assert runners.gate().code == 0
    refused = runners.job("detect-changes")
    assert refused.code == 2
    assert "a pull request deploys nothing" in refused.log
