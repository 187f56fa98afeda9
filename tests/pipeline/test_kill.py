"""kill -9 in the middle of each job: the next process resumes, and nothing is lost or done twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.kills import Runner, in_turn
from tests.pipeline.lighter import lighter
from tests.pipeline.observe import endpoint_of, observe, page_of
from tests.pipeline.product import ENVIRONMENTS, Product, explain, product_on_stage
from tests.pipeline.trail import CHANGE, Trail, trail_of
from tests.pipeline.users import Users
from tidegate.model.job import Duty, Phase
from tidegate.model.release import Release
from tidegate.operations.status import environments_status, run_status

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    with product_on_stage(tmp_path_factory.mktemp("kill"), shared_cache, lighter()) as one:
        yield one


@pytest.fixture
def trail(product: Product, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    """What runners reach the cloud through; users do not."""
    with trail_of(endpoint_of(product)) as one:
        monkeypatch.setenv("TIDEGATE_CLOUD", one.endpoint)
        yield one


def test_each_job_survives_a_kill_and_none_that_ended_is_done_again(product: Product, trail: Trail) -> None:
    product.push_quietly()
    runner = Runner(product, trail)
    plan = runner.start().plan
    assert plan is not None
    turns = in_turn(plan)
    for jobs in turns:
        reached = runner.moment(*jobs)
        if runner.left:
            runner.resume()
        runner.wait_for(reached)
        names = {job.name for job in jobs}
        if "promote-dev" in names:
            _a_second_resume_is_refused(product, runner.run)
        left = runner.kill()
        assert left.phase is Phase.RUNNING
        for job in jobs:
            if job.duty is not Duty.DETECT:
                assert left.jobs[job.name].phase is Phase.RUNNING, f"{job.name} was not caught in its middle"
        _status_tells_how_to_go_on(product, runner.run)
        if names & {"deploy-dev", "promote-staging"}:
            _a_new_run_is_refused(product, trail, runner.run, jobs[0].environment)
    runner.resume()
    assert runner.process.wait(timeout=120) == 0, product.logs(runner.run)
    ended = product.run(runner.run)
    assert ended.phase is Phase.SUCCEEDED, explain(product, ended)
    assert len(ended.attempts) == len(turns) + 1
    _nothing_was_done_again(runner)
    _each_environment_serves_the_release_alone(product, 1)


def test_users_never_see_an_error_while_runners_are_killed(product: Product, trail: Trail) -> None:
    before = product.live()
    old = observe(product, "prod")
    product.write("src/api/changed.py", "# another backend\n")
    product.replace("frontend/twinbar/index.html", "<title>", "<!-- another page --><title>")
    commit = product.commit("Change both")
    product.push_quietly()
    runner = Runner(product, trail)
    with Users(product, pause=0.1) as users:
        plan = runner.start().plan
        assert plan is not None
        for name in ("deploy-dev", "promote-dev", "promote-prod-frontend"):
            reached = runner.moment(plan.by_name()[name])
            if runner.left:
                runner.resume()
            runner.wait_for(reached)
            runner.kill()
        runner.resume()
        assert runner.process.wait(timeout=120) == 0, product.logs(runner.run)
    assert users.failures == []
    assert all(count > 20 for count in users.asked.values())
    for name in ENVIRONMENTS:
        assert users.commits[name] == {old.commit, commit}
        assert len(users.pages[name]) == 2, "the page before and the page after, and no other"
    assert before != product.live()
    _nothing_was_done_again(runner)
    _each_environment_serves_the_release_alone(product, 2)


def _status_tells_how_to_go_on(product: Product, run: str) -> None:
    view, _ = run_status(product.stage.project, run)
    assert view.shown == "interrupted"
    for one in environments_status(product.stage.project):
        assert not one.holder or f"`tidegate resume {run}`" in one.holder


def _a_new_run_is_refused(product: Product, trail: Trail, run: str, environment: str) -> None:
    """It says what to do, and changes nothing."""
    told = product.tidegate("status").stdout
    assert f"held by run {run} (interrupted)" in told
    assert f"`tidegate resume {run}` brings it onto one release" in told
    assert f"interrupted; `tidegate resume {run}` takes it up again" in told
    seen = len(trail.requests)
    done = product.tidegate("run", "--commit", "telegram", "--branch", "telegram")
    assert done.returncode == 1, done.stderr
    assert f"run {run} holds {environment} and its process is gone" in done.stderr
    assert f"`tidegate resume {run}` brings the environment onto one release" in done.stderr
    assert [request for request in trail.requests[seen:] if CHANGE.search(request)] == []


def _a_second_resume_is_refused(product: Product, run: str) -> None:
    done = product.tidegate("resume", run)
    assert done.returncode == 1, done.stdout
    assert f"run {run} is under way" in done.stderr


def _nothing_was_done_again(runner: Runner) -> None:
    ended = runner.product.run(runner.run)
    assert {name: ended.jobs[name].attempts for name in runner.ended} == runner.ended
    for name, job in ended.jobs.items():
        in_flight = sum(left.jobs[name].phase is Phase.RUNNING for left in runner.left)
        assert job.attempts == (in_flight + 1 if job.applies else 0), name


def _each_environment_serves_the_release_alone(product: Product, releases: int) -> None:
    with product.stage.project.ledger() as ledger:
        release = ledger.last_release()
    assert isinstance(release, Release)
    assert release.site is not None
    assert product.live() == dict.fromkeys(ENVIRONMENTS, release.id)
    digests = {image.digest.removeprefix("sha256:") for image in release.images.values()}
    for name in ENVIRONMENTS:
        found = observe(product, name)
        assert set(found.functions.values()) == digests
        assert found.commit == release.commit
        assert found.page == page_of(product, release.site.digest)
        for function, versions in found.versions.items():
            ours = [digest for digest in versions.values() if digest == found.functions[function]]
            assert len(ours) == 1, f"{function} got {len(ours)} versions of one release: {versions}"
            assert len(versions) <= releases + 1, f"{function} has a placeholder and {releases} releases: {versions}"
