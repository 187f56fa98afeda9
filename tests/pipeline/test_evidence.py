"""What is live is tested again, and a way back whose image is gone is none, on the real embedded cloud."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import psycopg
import pytest

from tests.pipeline.lighter import WITHOUT_SKEW, lighter
from tests.pipeline.observe import Serving, endpoint_of, observe
from tests.pipeline.product import Product, explain, phases, product_on_stage
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline

TWO_ENVIRONMENTS = """\
  dev: {github: development}
  prod: {after: dev, github: production}
"""
STRANGER = boto3.Session(region_name="ap-southeast-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    change = lighter(WITHOUT_SKEW, environments=TWO_ENVIRONMENTS)
    with product_on_stage(tmp_path_factory.mktemp("evidence"), shared_cache, change) as one:
        yield one


@pytest.fixture(scope="module")
def first(product: Product) -> Serving:
    """Release r1 is live in both environments; what dev serves."""
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    return observe(product, "dev")


def test_what_is_live_is_verified_and_no_pointer_moves(product: Product, first: Serving) -> None:
    done = product.tidegate("verify", "dev")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "dev: r1 is verified again" in done.stdout
    assert observe(product, "dev") == first
    assert "passed: smoke tests, end-to-end tests" in product.tidegate("history", "dev").stdout


def test_a_way_back_whose_image_is_gone_is_refused_before_anything_moves(product: Product, first: Serving) -> None:
    with product.stage.project.ledger() as ledger:
        image = ledger.release("r1").images["backend"]
    with contextlib.closing(STRANGER.client("ecr", endpoint_url=endpoint_of(product))) as registry:
        deleted = registry.batch_delete_image(repositoryName=image.location, imageIds=[{"imageDigest": image.digest}])
    assert deleted["imageIds"]
    product.write("src/api/changed.py", "# another backend\n")
    product.commit("Change the backend")
    run = product.push()
    assert phases(run)["validate-aurora-schema"] == "failed", explain(product, run)
    failure = run.jobs["validate-aurora-schema"].failure
    assert f"image {image.location}@{image.digest} is gone from the registry" in failure["what"]
    assert "`tidegate run --without-way-back dev --reason TEXT`" in failure["what_next"]
    assert observe(product, "dev") == first


def test_a_person_lets_a_run_go_on_without_it_and_the_history_tells(product: Product, first: Serving) -> None:
    head = ("--commit", "telegram", "--branch", "telegram")
    waived = ("--without-way-back", "dev", "--without-way-back", "prod", "--reason", "the registry was cleaned")
    done = product.tidegate("run", *head, *waived)
    assert done.returncode == 0, done.stderr + done.stdout
    assert product.live() == {"dev": "r2", "prod": "r2"}
    assert observe(product, "dev").functions != first.functions
    for environment in ("dev", "prod"):
        told = product.tidegate("history", environment).stdout
        assert "lets the run go on all the same: the registry was cleaned" in told


def test_no_rollback_goes_to_a_release_whose_image_is_gone(product: Product, first: Serving) -> None:
    del first
    before = observe(product, "prod")
    done = product.tidegate("rollback", "prod")
    assert done.returncode == 1, done.stderr
    assert "is gone from the registry" in done.stderr
    assert "choose another release with --to" in done.stderr
    assert observe(product, "prod") == before


def test_what_fails_again_is_no_longer_eligible_and_wins_it_back(product: Product, first: Serving) -> None:
    del first
    with _away(product, "fund_prices"):
        done = product.tidegate("verify", "dev")
        assert done.returncode == 1, done.stdout
        assert "r2 is no longer eligible for what comes after dev" in done.stdout
        assert "r2 is no longer proven in dev: run" in product.tidegate("status").stdout
    done = product.tidegate("verify", "dev")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "no longer proven" not in product.tidegate("status").stdout


@contextlib.contextmanager
def _away(product: Product, table: str) -> Iterator[None]:
    """A table that smoke tests in dev write to is not there, until the block ends."""
    with contextlib.closing(STRANGER.client("secretsmanager", endpoint_url=endpoint_of(product))) as secrets:
        secret = json.loads(secrets.get_secret_value(SecretId="dr-daily-report-aurora-dev")["SecretString"])
    where = {"host": secret["host"], "port": secret["port"], "dbname": secret["dbname"], "user": secret["username"]}
    with contextlib.closing(psycopg.connect(**where, password=secret["password"], autocommit=True)) as database:
        database.execute(f"ALTER TABLE candidate.{table} RENAME TO away")
        yield
        database.execute(f"ALTER TABLE candidate.away RENAME TO {table}")
