"""Tests inside the VPC: one build, followed to its end, and each way in which it may end told apart."""

import asyncio
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.execute.shops import HOLDER, PIPELINE, Shop
from tests.execute.walks import MortalStore
from tests.memory_builds import Script
from tests.memory_wire import Killed
from tests.outage import ATTEMPTS, unanswered
from tidegate.cloud.ports import Builds
from tidegate.errors import CloudError, Failure, GateFailed, Locked, Unreachable
from tidegate.execute.vpc_tests import vpc_tests
from tidegate.execute.workshop import Workshop
from tidegate.ledger.ledger import Ledger
from tidegate.localcloud.codebuild.build import Build, Context, PhaseType, Status
from tidegate.model.build import BuildOrder
from tidegate.model.database import DatabaseSpec, Engine, VpcTests
from tidegate.model.job import Duty, Job, JobReport, Phase, Plan

PROJECT = "vpc-tests-dev"
JOB = Job("vpc-integration-tests", Duty.VPC_TESTS, environment="dev")
ENDLESS = Script(seconds=10.0**9, lines=())


def with_tests(tests: VpcTests) -> DatabaseSpec:
    return DatabaseSpec(Engine.POSTGRESQL, "a-{env}", "a-{env}", ("backend",), expected="s.yaml", vpc_tests=tests)


class Silent:
    """A builds port that after some calls does not answer for some more."""

    def __init__(self, port: Builds, after: int, calls: int) -> None:
        self._port = port
        self._silent = range(after, after + calls)
        self._asked = 0

    def __getattr__(self, name: str) -> Any:
        async def ask(*arguments: object) -> object:
            self._asked += 1
            if self._asked in self._silent:
                raise Unreachable("nothing to be heard")
            return await getattr(self._port, name)(*arguments)

        return ask


def product(folder: Path, **given: object) -> Shop:
    tests = VpcTests(**{"project": "vpc-tests-{env}"} | given)  # type: ignore[arg-type] # fields by name
    shop = Shop(folder, replace(PIPELINE, database=with_tests(tests)))
    shop.cloud.builds.create(PROJECT)
    return shop


@pytest.fixture
def tested(tmp_path: Path) -> Shop:
    return product(tmp_path)


def begun(shop: Shop) -> Workshop:
    """A run of release `a` that holds dev."""
    release = shop.release("a")
    return shop.workshop(Plan(release.commit, None, (JOB,), inherits=release.id), holding="dev")


async def carried(run: Workshop) -> JobReport:
    return await vpc_tests(run, JOB)


async def refused(run: Workshop) -> Failure:
    with pytest.raises(Failure) as raised:
        await carried(run)
    return raised.value


def only(shop: Shop) -> Build:
    [build] = shop.cloud.builds.all(PROJECT)
    return build


async def test_a_build_that_succeeds(tested: Shop) -> None:
    tested.cloud.builds.script(Script(40.0, ("collected 2 items", "cache first: ok", "2 passed")))
    run = begun(tested)
    report = await carried(run)
    assert report.phase is Phase.SUCCEEDED
    measured: Any = report.outcome["measurements"]
    assert [one["build"] for one in measured] == [only(tested).id]
    assert tested.log(run, JOB.name).splitlines()[1:] == ["collected 2 items", "cache first: ok", "2 passed"]
    [step] = run.ledger.run(run.run).jobs[JOB.name].steps
    assert step.outcome == {"build": only(tested).id, "status": "SUCCEEDED"}


async def test_it_tests_the_candidate_with_the_files_of_the_commit(tested: Shop) -> None:
    tested.write("tests/vpc/run.sh", "true\n")
    run = begun(tested)
    await carried(run)
    [order] = tested.cloud.state.builds.orders
    commit = run.plan.commit
    assert order.variables == {
        "TIDEGATE_ENVIRONMENT": "dev",
        "TIDEGATE_QUALIFIER": "candidate",
        "TIDEGATE_RELEASE": run.release().id,
        "TIDEGATE_COMMIT": commit,
    }
    assert (order.location, order.version) == (f"sources/tests/{commit}.zip", "")
    stored = tested.cloud.state.objects["sources", f"tests/{commit}.zip"]
    with zipfile.ZipFile(io.BytesIO(stored.body)) as archive:
        assert archive.read("tests/vpc/run.sh") == b"true\n"


@pytest.mark.parametrize(
    ("kind", "buildspec", "version", "told"),
    [
        ("GIT", None, "commit", ""),
        ("GIT", "tests/vpc.yml", "commit", "tests/vpc.yml"),
        ("NO_SOURCE", None, "", ""),
        ("NO_SOURCE", "tests/vpc.yml", "", "version: 0.2\n"),
    ],
)
async def test_how_a_project_is_told_which_commit_is_meant(
    tmp_path: Path, kind: str, buildspec: str | None, version: str, told: str
) -> None:
    shop = Shop(tmp_path, replace(PIPELINE, database=with_tests(VpcTests("vpc-tests-{env}", buildspec=buildspec))))
    shop.write("tests/vpc.yml", "version: 0.2\n")
    shop.cloud.builds.create(PROJECT, kind, location="")
    run = begun(shop)
    await carried(run)
    [order] = shop.cloud.state.builds.orders
    assert (order.version, order.location, order.buildspec) == (run.plan.commit if version else "", "", told)


FAILING = Context("COMMAND_EXECUTION_ERROR", "Error while executing command: pytest. Reason: exit status 1")
ENDS = [
    (Script(status=Status.FAILED, context=FAILING), "Failed: the tests failed in BUILD", "exit status 1"),
    (
        Script(status=Status.FAILED, phase=PhaseType.PRE_BUILD, context=FAILING),
        "Error: the tests did not run: PRE_BUILD",
        "buildspec",
    ),
    (
        Script(status=Status.FAILED, phase=PhaseType.DOWNLOAD_SOURCE, context=Context("CLIENT_ERROR", "no such key")),
        "Error: the tests did not run: DOWNLOAD_SOURCE",
        "no such key",
    ),
    (Script(status=Status.FAULT), "Error: a fault of CodeBuild's, not of the tests", "`tidegate resume`"),
    (Script(status=Status.TIMED_OUT), "Error: CodeBuild ended", "vpc-tests.timeout"),
]


@pytest.mark.parametrize(("script", "what", "also"), ENDS, ids=lambda one: one if isinstance(one, str) else "")
async def test_a_build_that_ends_otherwise(tested: Shop, script: Script, what: str, also: str) -> None:
    tested.cloud.builds.script(script)
    failure = await refused(begun(tested))
    assert isinstance(failure, GateFailed)
    assert failure.what.startswith(what)
    assert also in f"{failure.what} {failure.what_next}"


async def test_a_build_that_takes_too_long_is_stopped(tested: Shop) -> None:
    tested.cloud.builds.script(ENDLESS)
    began = tested.cloud.wire.now
    failure = await refused(begun(tested))
    assert failure.what.startswith("Error: timed out: ")
    assert "vpc-tests.timeout" in failure.what_next
    assert tested.cloud.wire.now - began == 1200.0
    assert only(tested).status is Status.STOPPED


async def test_a_build_that_ends_as_its_time_is_up_has_ended(tmp_path: Path) -> None:
    shop = product(tmp_path, timeout_seconds=60)
    shop.cloud.builds.script(Script(seconds=61.0))
    shop.cloud.wire.before("builds.stop", lambda: setattr(shop.cloud.wire, "now", shop.cloud.wire.now + 1.0))
    assert (await carried(begun(shop))).phase is Phase.SUCCEEDED


async def test_a_build_that_somebody_stops(tested: Shop) -> None:
    tested.cloud.builds.script(ENDLESS)
    run = begun(tested)
    following = asyncio.ensure_future(carried(run))
    while not tested.cloud.builds.all(PROJECT):
        await asyncio.sleep(0)
    tested.cloud.builds.halt(only(tested).id)
    with pytest.raises(GateFailed, match="Inconclusive: somebody stopped") as failure:
        await following
    assert "find out who" in failure.value.what_next


async def test_a_cancelled_job_leaves_no_build_behind(tested: Shop) -> None:
    tested.cloud.builds.script(ENDLESS)
    following = asyncio.ensure_future(carried(begun(tested)))
    while not tested.cloud.builds.all(PROJECT):
        await asyncio.sleep(0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert only(tested).status is Status.STOPPED


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:4566"])
async def test_a_missing_project_is_a_failure_with_what_to_do(tmp_path: Path, endpoint: str) -> None:
    shop = Shop(tmp_path, replace(PIPELINE, database=with_tests(VpcTests("vpc-tests-{env}"))))
    run = begun(shop)
    failure = await refused(replace(run, cloud=replace(run.cloud, endpoint=endpoint)))
    assert isinstance(failure, GateFailed)
    assert "AURORA_ENABLED is `true`, and there is no CodeBuild project vpc-tests-dev" in failure.what
    assert ("tidegate cloud up" in failure.what_next) is bool(endpoint)
    assert "unset AURORA_ENABLED" in failure.what_next
    assert run.ledger.run(run.run).jobs[JOB.name].steps == ()


async def test_a_source_that_nobody_can_name_a_commit_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path, replace(PIPELINE, database=with_tests(VpcTests("vpc-tests-{env}"))))
    shop.cloud.builds.create(PROJECT, "CODEPIPELINE", location="")
    assert "CodePipeline" in (await refused(begun(shop))).what
    assert shop.cloud.builds.all(PROJECT) == []


async def test_a_build_waits_until_there_is_room(tmp_path: Path) -> None:
    shop = product(tmp_path, project="busy-{env}")
    shop.cloud.builds.create("busy-dev", most=1)
    shop.cloud.builds.script(Script(seconds=90.0))
    await shop.cloud.builds.start(BuildOrder("busy-dev", "a stranger's"))
    run = begun(shop)
    assert (await carried(run)).phase is Phase.SUCCEEDED
    assert "CodeBuild does not take the build yet" in shop.log(run, JOB.name)


async def test_no_room_for_as_long_as_the_tests_may_take(tmp_path: Path) -> None:
    shop = product(tmp_path, project="busy-{env}")
    shop.cloud.builds.create("busy-dev", most=1)
    shop.cloud.builds.script(ENDLESS)
    await shop.cloud.builds.start(BuildOrder("busy-dev", "a stranger's"))
    failure = await refused(begun(shop))
    assert failure.what.startswith("Error: CodeBuild did not take the build within 20m")
    assert len(shop.cloud.builds.all("busy-dev")) == 1


@pytest.mark.parametrize("lost", ["lose_answer", "lose_request"])
async def test_a_start_that_nobody_answered_is_one_build(tested: Shop, lost: str) -> None:
    getattr(tested.cloud.wire, lost)("builds.start")
    assert (await carried(begun(tested))).phase is Phase.SUCCEEDED
    assert only(tested).status is Status.SUCCEEDED


async def test_a_start_that_nobody_ever_answers_leaves_no_build_behind(tested: Shop) -> None:
    tested.cloud.builds.script(ENDLESS)
    tested.cloud.wire.lose_answer("builds.start")
    unanswered(tested.cloud.wire, "builds.start", ATTEMPTS - 1)
    run = begun(tested)
    assert isinstance(await refused(run), CloudError)
    assert only(tested).status is Status.STOPPED


async def test_an_outage_while_a_build_runs_is_sat_out(tested: Shop) -> None:
    tested.cloud.builds.script(Script(seconds=300.0, lines=("one", "two", "three")))
    run = begun(tested)
    silent: Any = Silent(run.cloud.builds, after=6, calls=3)
    assert (await carried(replace(run, cloud=replace(run.cloud, builds=silent)))).phase is Phase.SUCCEEDED
    told = tested.log(run, JOB.name).splitlines()
    assert "CodeBuild does not answer: nothing to be heard" in told
    assert [line for line in told if line in ("one", "two", "three")] == ["one", "two", "three"]


async def test_a_run_that_lost_its_environment_starts_nothing(tested: Shop) -> None:
    run = begun(tested)
    with pytest.raises(Locked):
        await carried(replace(run, holder="another:2"))
    assert tested.cloud.builds.all(PROJECT) == []


def taken_up(shop: Shop, run: Workshop) -> Workshop:
    """The same run in another process: what was in memory is gone."""
    shop.ledger = Ledger(shop.store, lambda: shop.cloud.wire.now)
    return replace(run, ledger=shop.ledger, guards={})


async def died(shop: Shop, run: Workshop, moment: int) -> bool:
    wire = shop.cloud.wire
    wire.moments, wire.kill_at = 0, moment
    try:
        await carried(run)
    except Killed:
        return True
    finally:
        wire.kill_at = None
    return False


async def test_whenever_its_process_is_killed_there_is_one_build(tmp_path: Path) -> None:
    moment = 0
    while True:
        moment += 1
        shop = product(tmp_path / str(moment))
        shop.store = MortalStore(shop)
        shop.ledger = Ledger(shop.store, lambda wire=shop.cloud.wire: wire.now)  # type: ignore[misc] # bound early
        run = begun(shop)
        if not await died(shop, run, moment):
            break
        shop.cloud.wire.now += 600.0  # longer than CodeBuild itself knows a token
        assert (await carried(taken_up(shop, run))).phase is Phase.SUCCEEDED
        assert only(shop).status is Status.SUCCEEDED, moment
    assert moment > 6


async def test_a_build_that_outlived_its_process_is_judged_by_its_own_time(tested: Shop) -> None:
    tested.cloud.builds.script(ENDLESS)
    run = begun(tested)
    tested.cloud.wire.behind("builds.start", lambda: setattr(tested.cloud.wire, "kill_at", 0))
    assert await died(tested, run, 10**9)
    tested.cloud.wire.now += 1100.0
    began = tested.cloud.wire.now
    with pytest.raises(GateFailed, match="timed out"):
        await carried(taken_up(tested, run))
    assert tested.cloud.wire.now - began == 100.0
    assert only(tested).status is Status.STOPPED


async def test_what_failed_is_tested_anew(tested: Shop) -> None:
    tested.cloud.builds.script(Script(status=Status.FAILED))
    run = begun(tested)
    await refused(run)
    assert (await carried(taken_up(tested, run))).phase is Phase.SUCCEEDED
    assert [build.status for build in tested.cloud.builds.all(PROJECT)] == [Status.FAILED, Status.SUCCEEDED]


async def test_a_build_of_an_earlier_hold_proves_nothing(tested: Shop) -> None:
    tested.cloud.builds.script(Script(seconds=5.0))
    run = begun(tested)
    tested.cloud.wire.behind("builds.start", lambda: setattr(tested.cloud.wire, "kill_at", 0))
    assert await died(tested, run, 10**9)
    run = taken_up(tested, run)
    run.ledger.release_lock("dev", run.run)
    run.ledger.acquire("dev", run.run, HOLDER, "again", 3600.0)
    tested.cloud.builds.script(Script(status=Status.FAILED))
    assert (await refused(run)).what.startswith("Failed")
    tokens = [one.value for build in tested.cloud.builds.all(PROJECT) for one in build.project.variables]
    assert len(tested.cloud.builds.all(PROJECT)) == len(set(tokens) - {"dev", "candidate", "r1", run.plan.commit})
