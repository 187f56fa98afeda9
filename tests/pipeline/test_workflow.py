"""The small product's deploy.yml, its lines run for real on machines that share nothing but the cloud and a bucket."""

import contextlib
import getpass
import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.github.fake import REPOSITORY, TOKEN
from tests.github.serve import served_github
from tests.pipeline.hosted import Hosted, ledger_in_bucket, rendered, results
from tests.pipeline.observe import endpoint_of, functions
from tests.pipeline.product import Product, product_on_stage
from tests.soak.shop import Edition, Flaw, write_shop
from tests.workflows.attempt import Attempt, Result, rerun_all, rerun_failed
from tests.workflows.repository import Event, Repository, State, WorkflowRun
from tidegate.actions import workflows
from tidegate.cloud.aws.ledger_bucket import LedgerBucket
from tidegate.config.load import load
from tidegate.ledger.s3 import S3Store
from tidegate.ledger.stream_object import decode
from tidegate.model.job import Phase
from tidegate.model.pipeline import expand

pytestmark = pytest.mark.pipeline

LEDGER, REGION = "shop-ledger", "us-east-1"
ACTIONS = f"""\
actions:
  ledger: s3://{LEDGER}
  tidegate: {{requirements: runner.lock}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    """The shop, with its workflow files committed, and an empty bucket for the ledger."""
    folder = tmp_path_factory.mktemp("shop")
    product = write_shop(folder / "product")
    with (product / "tidegate.yaml").open("a", encoding="utf-8") as file:
        file.write(ACTIONS)
    (product / "runner.lock").write_text("# each line with its hash\n", encoding="utf-8")
    render(product)
    with product_on_stage(folder, shared_cache, example=product) as one, ledger_in_bucket(one):
        yield one


def render(folder: Path) -> None:
    for path, content in workflows(load(folder)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")


@pytest.fixture(scope="module")
def repository(shop: Product) -> Repository:
    return Repository(rendered(shop))


@pytest.fixture(scope="module")
def hosted(shop: Product, tmp_path_factory: pytest.TempPathFactory) -> Hosted:
    return Hosted.of(shop, tmp_path_factory.mktemp("machines"))


def appends(shop: Product) -> int:
    """How many conditional writes the ledger took in, each an append."""
    with contextlib.closing(LedgerBucket(LEDGER, "", REGION, endpoint_of(shop))) as bucket:
        return sum(appended(bucket, stream) for stream in S3Store(bucket).streams())


def appended(bucket: LedgerBucket, stream: str) -> int:
    head = bucket.get(f"streams/{stream}")
    assert head
    content = decode(head[0], stream, "")
    assert not content.segments, "the run is too long to be counted by its heads"
    return len({record.append for record in content.records})


def pushed(repository: Repository, product: Product, edition: Edition) -> WorkflowRun:
    for path, text in edition.files().items():
        product.write(path, text)
    sha = product.commit(f"Backend {edition.backend}, site {edition.site}, {edition.flaw}")
    product.push_quietly()
    (run,) = repository.happens(Event("push", "telegram", sha=sha, repository=REPOSITORY))
    return run


def test_a_push_goes_through_every_environment(shop: Product, repository: Repository, hosted: Hosted) -> None:
    run = pushed(repository, shop, Edition(1, 1))
    done = hosted.carried(repository, run)
    assert done.conclusion is Result.SUCCESS, hosted.told(done)
    plan = shop.run("1").plan
    assert plan
    unused = {job.name for job in plan.jobs if not job.applies}
    assert results(done, Result.SKIPPED) == {"put-back-dev", "put-back-prod"} | unused
    assert shop.live() == {"dev": "r1", "prod": "r1"}
    assert (shop.run("1").phase, shop.run("1").origin) == (Phase.SUCCEEDED, f"github:{REPOSITORY}:{run.id}")
    assert not shop.home.ledger.exists()
    assert appends(shop) <= 3 * len(done.began)
    checked = shop.tidegate("ledger", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"s3://{LEDGER}" in checked.stdout


def test_a_bad_commit_is_put_back_and_the_gate_is_red(shop: Product, repository: Repository, hosted: Hosted) -> None:
    run = pushed(repository, shop, Edition(1, 2, Flaw.PAGE))
    replaced = pushed(repository, shop, Edition(3, 2))
    newest = pushed(repository, shop, Edition(3, 3))
    assert (replaced.conclusion, newest.state) == ("cancelled", State.PENDING)
    bad = hosted.carried(repository, run)
    assert results(bad, Result.FAILURE) == {"e2e-test-dev", "gate"}, hosted.told(bad)
    assert bad.result("put-back-dev") is Result.SUCCESS
    assert bad.result("put-back-prod") is Result.SKIPPED
    assert bad.result("deploy-prod") is Result.SKIPPED
    assert shop.live() == {"dev": "r1", "prod": "r1"}
    assert newest.state is State.RUNNING


def test_a_re_run_of_what_failed_does_the_rest(shop: Product, repository: Repository, hosted: Hosted) -> None:
    """A secret of prod is missing in the run of the newest push; the team sets it and re-runs the failed jobs.

    That push carries the backend of the one whose place it took, which never ran.
    """
    run = repository.runs[-1]
    address = hosted.secrets["prod"].pop("TELEGRAM_API_URL")
    failed = hosted.carried(repository, run)
    assert {"deploy-prod", "gate"} <= results(failed, Result.FAILURE) <= {"deploy-prod", "deploy-prod-frontend", "gate"}
    assert failed.result("build") is Result.SUCCESS
    assert "TELEGRAM_API_URL" in hosted.logs["deploy-prod"]
    hosted.secrets["prod"]["TELEGRAM_API_URL"] = address
    repository.again(run, rerun_failed(failed))
    again = hosted.carried(repository, run)
    assert again.conclusion is Result.SUCCESS, hosted.told(again)
    assert "deploy-dev" not in again.began
    newest = shop.newest()
    assert newest
    assert (newest.commit, newest.phase) == (run.event.sha, Phase.SUCCEEDED)
    (release,) = set(shop.live().values())
    with shop.stage.project.ledger() as ledger:
        assert ledger.release(release).commit == run.event.sha


def test_a_re_run_of_all_jobs_does_what_is_left(shop: Product, repository: Repository, hosted: Hosted) -> None:
    bucket = hosted.secrets["prod"].pop("WEBAPP_BUCKET_NAME")
    run = pushed(repository, shop, Edition(3, 4))
    failed = hosted.carried(repository, run)
    assert results(failed, Result.FAILURE) == {"deploy-prod-frontend", "gate"}, hosted.told(failed)
    hosted.secrets["prod"]["WEBAPP_BUCKET_NAME"] = bucket
    repository.again(run, rerun_all(failed))
    again = hosted.carried(repository, run)
    assert again.conclusion is Result.SUCCESS, hosted.told(again)
    assert "detect-changes" in again.began
    assert {"test", "build-frontend", "deploy-dev-frontend"} <= results(again, Result.SKIPPED)
    before = pointers(shop)
    repository.again(run, rerun_all(again))
    nothing = hosted.carried(repository, run)
    assert nothing.conclusion is Result.SUCCESS
    assert set(nothing.began) == {"detect-changes", "gate"}
    assert pointers(shop) == before


def test_an_old_run_does_not_go_backwards(shop: Product, repository: Repository, hosted: Hosted) -> None:
    """One that succeeded, one that failed and one that never began; a newer release was made since."""
    good, bad, unbegun, *_ = repository.runs
    assert good.attempt
    assert bad.attempt
    before = pointers(shop)
    repository.again(good, rerun_all(good.attempt))
    repository.again(bad, rerun_failed(bad.attempt))
    (late,) = repository.happens(unbegun.event)
    for run, stopped in ((good, "detect-changes"), (bad, "e2e-test-dev"), (late, "detect-changes")):
        old = hosted.carried(repository, run)
        assert results(old, Result.FAILURE) == {stopped, "gate"}, hosted.told(old)
        assert "would go backwards" in hosted.logs[stopped]
        assert results(old, Result.SUCCESS) & old.began <= {"put-back-dev"}
    assert pointers(shop) == before


def pointers(shop: Product) -> dict[str, str]:
    """What every alias of every function points to, with its revision, and the page of every APP."""
    found = {name: httpx.get(f"{shop.app_url(name)}/", timeout=20).text for name in shop.places()}
    pipeline = load(shop.work)
    with functions(shop, pipeline.region) as client:
        for spec, environment in itertools.product(pipeline.functions.values(), pipeline.environments):
            name = expand(spec.name, environment)
            for alias in client.list_aliases(FunctionName=name)["Aliases"]:
                found[alias["AliasArn"]] = f"{alias['FunctionVersion']} {alias['RevisionId']}"
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"src/api.py": "def handler(event, context):\n    return {}\n"}, set[str](), id="good"),
        pytest.param({"src/api.py": "def handler(:\n"}, {"test", "gate"}, id="bad code"),
        pytest.param({".github/workflows/deploy.yml": "on: push\n"}, {"workflows", "gate"}, id="edited workflow"),
    ],
)
def test_a_pull_request_is_judged_without_any_secret(
    shop: Product, repository: Repository, hosted: Hosted, changes: dict[str, str], expected: set[str]
) -> None:
    shop.git("checkout", "--quiet", "-B", "feature", "origin/telegram")
    for path, text in changes.items():
        shop.write(path, text)
    sha = shop.commit("A feature")
    shop.git("checkout", "--quiet", "telegram")
    event = Event("pull_request", "telegram", sha=sha, head="feature", repository=REPOSITORY)
    (run,) = repository.happens(event)
    done = hosted.carried(repository, run)
    assert results(done, Result.FAILURE) == expected, hosted.told(done)


@pytest.fixture
def asking(shop: Product, repository: Repository) -> Repository:
    """From now on prod waits for a person, who decides with `tidegate approve` and not on GitHub."""
    declared = "  prod: {after: dev}\n"
    approvers = f"[{getpass.getuser()}]"
    shop.replace("tidegate.yaml", declared, f"  prod: {{after: dev, approval: required, approvers: {approvers}}}\n")
    shop.replace("tidegate.yaml", ACTIONS, f"{ACTIONS}  approval: dispatch\n")
    render(shop.work)
    repository.workflows = rendered(shop)
    return repository


def decided(
    shop: Product, repository: Repository, hosted: Hosted, monkeypatch: pytest.MonkeyPatch, *command: str
) -> tuple[int, Attempt]:
    """A person decides at a terminal; GitHub begins what is dispatched, and the person sees how that ends."""
    carrying: list[Future[Attempt]] = []
    with served_github() as github, ThreadPoolExecutor(1) as runners:

        def begin() -> None:
            _, body = github.dispatched[-1]
            event = Event("workflow_dispatch", body["ref"], shop.head(), body["inputs"], repository=REPOSITORY)
            (run,) = repository.happens(event)
            carrying.append(runners.submit(hosted.carried, repository, run))

        github.on_dispatch = begin
        for name, value in {"GH_TOKEN": TOKEN, "GITHUB_API_URL": github.storage}.items():
            monkeypatch.setenv(name, value)
        done = shop.tidegate(*command, "--reason", "so it is")
        assert carrying, done.stdout + done.stderr
        return done.returncode, carrying[0].result()


def test_a_decision_at_a_terminal_dispatches_the_rest_of_the_run(
    shop: Product, asking: Repository, hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = hosted.carried(asking, pushed(asking, shop, Edition(4, 3)))
    assert waits.conclusion is Result.SUCCESS, hosted.told(waits)
    assert {"deploy-prod", "promote-prod"} <= results(waits, Result.SKIPPED)
    run = shop.newest()
    assert run
    assert (run.phase, run.undecided) == (Phase.WAITING, ("prod",))
    live = shop.live()
    assert live["dev"] != live.get("prod", "")
    # The branch is further by then: what goes on is the run's own commit.
    shop.commit("Later", README="Not of this run.\n")
    shop.push_quietly()
    code, rest = decided(shop, asking, hosted, monkeypatch, "approve", run.id, "prod")
    assert (code, rest.conclusion) == (0, Result.SUCCESS), hosted.told(rest)
    assert {"approve-prod", "promote-prod"} <= results(rest, Result.SUCCESS)
    assert {"test", "deploy-dev"} <= results(rest, Result.SKIPPED)
    assert shop.run(run.id).phase is Phase.SUCCEEDED
    (release,) = set(shop.live().values())
    with shop.stage.project.ledger() as ledger:
        assert ledger.release(release).commit == run.commit

    hosted.carried(asking, pushed(asking, shop, Edition(4, 4)))
    unwanted = shop.newest()
    assert unwanted
    code, rest = decided(shop, asking, hosted, monkeypatch, "reject", unwanted.id, "prod")
    assert (code, rest.conclusion) == (1, Result.FAILURE)
    assert results(rest, Result.FAILURE) == {"approve-prod", "gate"}, hosted.told(rest)
    assert shop.run(unwanted.id).phase is Phase.FAILED
    assert shop.live()["prod"] == release
