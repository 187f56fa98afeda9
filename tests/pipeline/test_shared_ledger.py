"""A ledger in a bucket: jobs on machines that share nothing else, on the embedded cloud with the small product."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

import boto3
import pytest

from tests.pipeline.observe import endpoint_of
from tests.pipeline.product import Product, product_on_stage
from tests.pipeline.runners import Done, Runners
from tests.soak.shop import Edition, Flaw, write_shop
from tidegate.cloud.aws.ledger_bucket import LedgerBucket
from tidegate.execute.home import Home
from tidegate.ledger.s3 import S3Store
from tidegate.ledger.stream_object import decode
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline

BUCKET, PREFIX = "ledger-of-shop", "team/shop"
REGION = "ap-southeast-1"


@pytest.fixture
def shop(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    with product_on_stage(tmp_path, shared_cache, example=write_shop(tmp_path / "product")) as one:
        monkeypatch.setenv("TIDEGATE_LEDGER", f"s3://{BUCKET}/{PREFIX}")
        yield one


@pytest.fixture
def ledger(shop: Product) -> Iterator[LedgerBucket]:
    endpoint = endpoint_of(shop)
    s3 = boto3.client(
        "s3", region_name=REGION, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"})
    s3.close()
    opened = LedgerBucket(BUCKET, PREFIX, REGION, endpoint)
    yield opened
    opened.close()


@dataclass
class Strangers(Runners):
    """Runners with nothing of each other's: a home of its own each, and the settings of one environment.

    Attributes:
        ledger: What they share.
        writes: Job → how many conditional writes the ledger took in for it.
    """

    ledger: LedgerBucket = field(kw_only=True)
    writes: dict[str, int] = field(default_factory=dict)

    def job(self, name: str, **variables: str) -> Done:
        environment = next((one for one in ("dev", "prod") if one in name.split("-")), "")
        settings = self.product.addresses(environment) if environment else {}
        before = appends(self.ledger)
        done = super().job(name, **settings, TIDEGATE_LEDGER=os.environ["TIDEGATE_LEDGER"], **variables)
        self.writes[name] = appends(self.ledger) - before
        return done

    def command(self, name: str, place: Path) -> list[str]:
        home = Home(place / "home")
        home.root.mkdir()
        home.cache.symlink_to(self.product.home.cache.resolve())
        command = super().command(name, place)
        command[command.index("--home") + 1] = str(home.root)
        return command


def appends(bucket: LedgerBucket) -> int:
    """How many appends a ledger ever took in: each was one conditional write."""
    found = 0
    for stream in S3Store(bucket).streams():
        head = bucket.get(f"streams/{stream}")
        assert head
        content = decode(head[0], stream, "")
        assert not content.segments, "the run is too long to be counted by its heads"
        found += len({record.append for record in content.records})
    return found


def change(product: Product, number: int, flaw: Flaw = Flaw.NONE) -> None:
    for path, text in Edition(number, number, flaw).files().items():
        product.write(path, text)
    product.commit(f"Edition {number}")
    product.push_quietly()


def failures(done: dict[str, Done]) -> dict[str, str]:
    return {name: one.log for name, one in done.items() if one.code}


def test_machines_that_share_a_bucket_alone_carry_a_release_and_put_another_back(
    shop: Product, ledger: LedgerBucket, tmp_path: Path
) -> None:
    shop.push_quietly()
    first = Strangers(shop, tmp_path, 11, ledger=ledger)
    assert failures(first.all()) == {}
    run = shop.run(first.run)
    assert (run.phase, run.origin) == (Phase.SUCCEEDED, "github:acme/shop:11")
    assert shop.live() == {"dev": "r1", "prod": "r1"}
    assert not shop.home.ledger.exists()
    assert max(median(first.writes.values()), mean(first.writes.values())) <= 3, first.writes

    change(shop, 2, Flaw.PAGE)
    second = Strangers(shop, tmp_path, 12, ledger=ledger)
    assert set(failures(second.all())) == {"e2e-test-dev", "gate"}
    assert shop.live() == {"dev": "r1", "prod": "r1"}

    checked = shop.tidegate("ledger", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"s3://{BUCKET}/{PREFIX}" in checked.stdout
