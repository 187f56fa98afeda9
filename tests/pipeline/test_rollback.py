"""A person puts a release back: one pointer write a target, no build, and a pin that no run passes by."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.pipeline.lighter import WITHOUT_SKEW, lighter
from tests.pipeline.observe import Serving, endpoint_of, observe
from tests.pipeline.product import Product, applied, explain, phases, product_on_stage
from tests.pipeline.trail import Trail, trail_of
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline

TWO_ENVIRONMENTS = """\
  dev: {github: development}
  prod: {after: dev, github: production}
"""
MOVED = ["report-worker live", "site", "telegram-api live", "ticker-scheduler live"]
"""The targets in which the two releases differ; the image of fund-data-sync is inherited."""
SECRET = "dr-daily-report-seal-prod"
ROTATED = "another-value"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    change = lighter(WITHOUT_SKEW, environments=TWO_ENVIRONMENTS)
    with product_on_stage(tmp_path_factory.mktemp("rollback"), shared_cache, change) as one:
        yield one


@pytest.fixture(scope="module")
def served(product: Product) -> list[Serving]:
    """Two releases, live in prod one after the other; what prod served with each. Then a secret is rotated."""
    found = [_released(product)]
    product.write("src/api/changed.py", "# another backend\n")
    product.replace("frontend/twinbar/index.html", "<title>", "<!-- another page --><title>")
    product.commit("Change both")
    found.append(_released(product))
    _client(product, "secretsmanager").put_secret_value(SecretId=SECRET, SecretString=ROTATED)
    return found


@pytest.fixture
def trail(product: Product, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    with trail_of(endpoint_of(product)) as one:
        monkeypatch.setenv("TIDEGATE_CLOUD", one.endpoint)
        yield one


def test_a_release_that_never_reached_it_is_refused(product: Product, served: list[Serving], trail: Trail) -> None:
    for release, environment in (("r9", "prod"), ("r1", "production"), ("", "prod")):
        done = product.tidegate("rollback", environment, "--to", release)
        assert done.returncode == 2, done.stderr
        assert environment in done.stderr
        assert "Traceback" not in done.stderr
    assert trail.requests == []
    assert observe(product, "prod") == served[1]


def test_a_rollback_is_one_pointer_write_a_target(product: Product, served: list[Serving], trail: Trail) -> None:
    old, new = served
    assert old.commit != new.commit
    assert old.page != new.page
    done = product.tidegate("rollback", "prod", "--reason", "a bad afternoon")
    assert done.returncode == 0, done.stderr
    assert "`tidegate unpin prod`" in done.stdout
    assert _targets(trail) == MOVED
    run = product.newest()
    assert run is not None
    assert applied(run) == {"rollback-prod"}, "nothing is built"
    found = observe(product, "prod")
    assert (found.commit, found.page, found.functions) == (old.commit, old.page, old.functions)
    assert found.versions == new.versions, "nothing is published"
    assert observe(product, "dev").commit == new.commit


def test_what_is_back_uses_the_rotated_secret(product: Product, served: list[Serving]) -> None:
    """Its versions froze the secret's name: a frozen value would be the one from before the rotation."""
    assert served
    job = {"Records": [{"messageId": "m1", "body": json.dumps({"ticker": "NVDA"})}]}
    invoked = _client(product, "lambda").invoke(
        FunctionName="dr-daily-report-report-worker-prod", Qualifier="live", Payload=json.dumps(job).encode()
    )
    assert json.loads(invoked["Payload"].read()) == {"batchItemFailures": []}
    files = _client(product, "s3")
    [stored] = files.list_objects_v2(Bucket="dr-daily-report-pdf-prod", Prefix="reports/NVDA/")["Contents"]
    pdf = files.get_object(Bucket="dr-daily-report-pdf-prod", Key=stored["Key"])
    sealed = hmac.new(ROTATED.encode(), pdf["Body"].read(), hashlib.sha256).hexdigest()
    assert pdf["Metadata"] == {"seal": sealed}


def test_status_shows_the_release_and_the_pin(product: Product, served: list[Serving]) -> None:
    assert served
    told = product.tidegate("status").stdout
    assert any(line.split()[:2] == ["prod", "r1"] for line in told.splitlines()), told
    assert any(line.split()[:2] == ["dev", "r2"] for line in told.splitlines()), told
    assert "a bad afternoon; `tidegate unpin prod` lifts it" in told
    assert product.live() == {"dev": "r2", "prod": "r1"}
    assert "rolled-back" in product.tidegate("history", "prod").stdout


def test_the_same_rollback_again_is_refused(product: Product, served: list[Serving], trail: Trail) -> None:
    assert served
    done = product.tidegate("rollback", "prod", "--to", "r1")
    assert done.returncode == 2, done.stderr
    assert "r1 is live in prod already" in done.stderr
    done = product.tidegate("rollback", "prod")
    assert done.returncode == 2, done.stderr
    assert "no release was live in prod before r1" in done.stderr
    assert trail.changes() == []


def test_a_push_stops_before_the_pinned_environment(product: Product, served: list[Serving]) -> None:
    product.write("src/api/changed.py", "# a third backend\n")
    product.commit("Change the backend again")
    run = product.push()
    assert run.phase is Phase.FAILED, explain(product, run)
    assert phases(run)["deploy-prod"] == "blocked"
    first = run.jobs["validate-aurora-schema-prod"]
    assert first.phase is Phase.FAILED
    assert "prod is pinned by" in first.failure["what"]
    assert "a bad afternoon" in first.failure["what"]
    assert "`tidegate unpin prod`" in first.failure["what_next"]
    assert product.live() == {"dev": "r3", "prod": "r1"}
    assert observe(product, "prod").commit == served[0].commit


def test_forward_again_to_a_release_that_was_live(product: Product, served: list[Serving], trail: Trail) -> None:
    done = product.tidegate("rollback", "prod", "--to", "r2")
    assert done.returncode == 0, done.stderr
    assert _targets(trail) == MOVED
    assert observe(product, "prod") == served[1]
    assert product.live() == {"dev": "r3", "prod": "r2"}


def test_unpinned_the_stopped_run_goes_on(product: Product, served: list[Serving]) -> None:
    assert served
    done = product.tidegate("unpin", "prod", "--reason", "the sun is out")
    assert done.returncode == 0, done.stderr
    assert "prod is no longer pinned" in done.stdout
    assert "was not pinned" in product.tidegate("unpin", "prod").stdout
    done = product.tidegate("run", "--commit", "telegram", "--branch", "telegram")
    assert done.returncode == 0, done.stderr
    run = product.newest()
    assert run is not None
    assert not applied(run) & {"build", "build-frontend", "deploy-dev", "deploy-prod-frontend"}
    assert product.live() == {"dev": "r3", "prod": "r3"}
    assert observe(product, "prod").commit == product.head()
    assert observe(product, "prod").page == served[1].page


def _released(product: Product) -> Serving:
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    return observe(product, "prod")


def _client(product: Product, service: str) -> Any:
    session: Any = boto3.session.Session("test", "test", region_name="ap-southeast-1")
    return session.client(service, endpoint_url=endpoint_of(product))


def _targets(trail: Trail) -> list[str]:
    """What each change was a change of, in order of names."""
    found = []
    for request in trail.changes():
        path = request.split()[1]
        if "/key-value-stores/" in path:
            found.append("site")
        else:
            function, _, alias = path.partition("/functions/")[2].partition("/aliases/")
            found.append(f"{function.removeprefix('dr-daily-report-').removesuffix('-prod')} {alias}")
    return sorted(found)
