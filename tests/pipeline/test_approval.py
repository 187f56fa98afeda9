"""A person lets a run go on to prod: between asking and approving no process is left, and nothing is held."""

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.lighter import WITHOUT_SKEW, lighter
from tests.pipeline.observe import observe
from tests.pipeline.product import Product, explain, phases, product_on_stage
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.operations.run import attempt_lives

pytestmark = pytest.mark.pipeline

ASKING = """\
  dev: {{github: development}}
  prod: {{after: dev, github: production, approval: required, approvers: [{person}]}}
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    change = lighter(WITHOUT_SKEW, environments=ASKING.format(person=getpass.getuser()))
    with product_on_stage(tmp_path_factory.mktemp("approval"), shared_cache, change) as one:
        yield one


@pytest.fixture(scope="module")
def first(product: Product) -> RunView:
    """A run that was pushed and waits before prod."""
    product.push_quietly()
    done = product.tidegate("run", "--branch", "telegram")
    assert done.returncode == 5, done.stderr
    run = product.newest()
    assert run is not None
    return run


def test_a_run_waits_before_prod_and_no_process_is_left(product: Product, first: RunView) -> None:
    assert first.phase is Phase.WAITING, explain(product, first)
    assert not attempt_lives(first.attempts[-1])
    assert phases(first)["approve-prod"] == "waiting"
    assert phases(first)["deploy-prod"] == "pending"
    assert product.live() == {"dev": "r1"} | {name: "" for name in product.live() if name == "prod"}
    assert all(not one["holder"] for one in product.status().values())


def test_another_process_approves_and_prod_goes_live(product: Product, first: RunView) -> None:
    done = product.tidegate("approve", first.id, "prod", "--reason", "looks good")
    run = product.run(first.id)
    assert done.returncode == 0, explain(product, run)
    assert run.phase is Phase.SUCCEEDED
    assert len(run.attempts) == 2
    assert run.jobs["deploy-dev"].attempts == 1, "dev is not done again"
    assert run.jobs["approve-prod"].detail == f"approved by {getpass.getuser()}: looks good"
    assert product.live() == {"dev": "r1", "prod": "r1"}
    assert observe(product, "prod").commit == run.commit


def test_a_newer_push_takes_the_place_of_one_that_waits(product: Product, first: RunView) -> None:
    before = observe(product, "prod")
    waiting = [_pushed(product, number) for number in (1, 2)]
    older, newest = (product.run(run.id) for run in waiting)
    assert (older.phase, older.reason) == (Phase.CANCELLED, f"superseded by run {newest.id} in prod")
    late = product.tidegate("approve", older.id, "prod", "--reason", "late")
    assert late.returncode == 2
    assert f"superseded by run {newest.id}" in late.stderr
    assert observe(product, "prod") == before
    done = product.tidegate("reject", newest.id, "prod", "--reason", "not today")
    assert done.returncode == 1
    ended = product.run(newest.id)
    assert ended.phase is Phase.FAILED
    assert ended.reason.endswith("not today")
    assert observe(product, "prod") == before
    assert product.live()["prod"] == "r1"


def _pushed(product: Product, number: int) -> RunView:
    product.write("src/api/changed.py", f"# backend {number}\n")
    product.commit(f"Change {number}")
    product.git("push", "--quiet", "origin", "telegram")
    run = product.newest()
    assert run is not None
    return product.wait(run.id, lambda view: view.phase is Phase.WAITING or view.phase.ended)
