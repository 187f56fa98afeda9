"""The same over the wire: the embedded CodeBuild runs the commit's own buildspec."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from anyio.from_thread import start_blocking_portal

from tests.execute.shops import Shop
from tests.execute.test_vpc_tests import JOB, PROJECT, begun, carried, product, refused
from tidegate.cloud.aws.connect import open_cloud
from tidegate.cloud.aws.wire import Wire
from tidegate.cloud.ports import Cloud
from tidegate.execute.workshop import Workshop
from tidegate.localcloud.compose import compose
from tidegate.localcloud.service import DEFAULT_REGION, Settings
from tidegate.model.job import Phase

BUILDSPEC = """
version: 0.2
env:
  secrets-manager:
    PASSWORD: aurora-dev:password
phases:
  pre_build:
    commands:
      - export SAID="$TIDEGATE_RELEASE of $TIDEGATE_COMMIT in $TIDEGATE_ENVIRONMENT as $TIDEGATE_QUALIFIER"
  build:
    commands:
      - echo "$SAID"
      - python tests/vpc/test_cache.py
"""
WELL = "import os\nassert len(os.environ['PASSWORD']) == 9\nprint('cache first: ok', os.environ['PASSWORD'])\n"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(root=tmp_path_factory.mktemp("cloud"))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(compose(settings).running()) as cloud:
        yield cloud.endpoint


@pytest.fixture
async def cloud(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    wire = Wire(DEFAULT_REGION, endpoint)
    await wire.ask("what the tests need", lambda: _provide(wire))
    await wire.close()
    async with open_cloud(DEFAULT_REGION, endpoint) as opened:
        yield opened


def _provide(wire: Wire) -> None:
    clients: Any = wire.clients
    if clients.builds.batch_get_projects(names=[PROJECT])["projects"]:
        return
    place = {"LocationConstraint": DEFAULT_REGION}
    clients.buckets.create_bucket(Bucket="sources", CreateBucketConfiguration=place)
    clients.secrets.create_secret(Name="aurora-dev", SecretString='{"password": "tide-7391"}')
    clients.builds.create_project(
        name=PROJECT,
        source={"type": "S3", "location": "sources/tests/source.zip", "buildspec": "tests/vpc/buildspec.yml"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/test",
    )


@pytest.fixture
def tested(tmp_path: Path) -> Shop:
    shop = product(tmp_path)
    shop.cloud.wire.now = time.time()  # runs of two ledgers are told apart by when they began
    shop.write("tests/vpc/buildspec.yml", BUILDSPEC)
    shop.write("tests/vpc/test_cache.py", WELL)
    return shop


def for_real(shop: Shop, cloud: Cloud) -> Workshop:
    """A run of release `a` whose builds are real; all else of it is in memory."""
    run = begun(shop)
    builds = replace(run.cloud, builds=cloud.builds, buckets=cloud.buckets, endpoint=cloud.endpoint)
    return replace(run, cloud=builds, pause=asyncio.sleep, clock=time.time)


async def test_the_commits_own_tests_are_run_and_their_lines_read(tested: Shop, cloud: Cloud) -> None:
    run = for_real(tested, cloud)
    report = await carried(run)
    assert report.phase is Phase.SUCCEEDED
    told = tested.log(run, JOB.name)
    assert f"r1 of {run.plan.commit} in dev as candidate\n" in told
    assert "cache first: ok ***\n" in told
    assert "tide-7391" not in told


async def test_a_failed_test_is_told_with_its_command(tested: Shop, cloud: Cloud) -> None:
    tested.write("tests/vpc/test_cache.py", "raise SystemExit('cache was not asked first')\n")
    run = for_real(tested, cloud)
    failure = await refused(run)
    assert failure.what.startswith("Failed: the tests failed in BUILD of vpc-tests-dev:")
    assert "python tests/vpc/test_cache.py. Reason: exit status 1" in failure.what
    assert "cache was not asked first\n" in tested.log(run, JOB.name)


async def test_a_run_that_is_cancelled_leaves_nothing_of_its_build(tested: Shop, cloud: Cloud) -> None:
    tested.write("tests/vpc/test_cache.py", "import os, time\nprint('pid', os.getpid(), flush=True)\ntime.sleep(600)\n")
    run = for_real(tested, cloud)
    following = asyncio.create_task(carried(run))
    async with asyncio.timeout(60):
        while "\npid " not in tested.log(run, JOB.name):
            await asyncio.sleep(0.05)
    number = int(tested.log(run, JOB.name).rpartition("\npid ")[2].split()[0])
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    async with asyncio.timeout(60):
        while psutil.pid_exists(number):
            await asyncio.sleep(0.05)
    assert "stopped build" in tested.log(run, JOB.name)
