"""The example product through its committed workflow files, the lines of each job run on a machine of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.fake import REPOSITORY
from tests.pipeline.hosted import Hosted, ledger_in_bucket, rendered, results
from tests.pipeline.lighter import lighter
from tests.pipeline.observe import observe
from tests.pipeline.product import ENVIRONMENTS, Product, product_on_stage
from tests.workflows.attempt import Attempt, Result
from tests.workflows.repository import Event, Repository

pytestmark = pytest.mark.pipeline

SUPPLY = "tools/tidegate/runner.lock"
UNTIDY = 'variable "untidy" {\n      type = string\n}\n'


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    """With quicker gates, which are no part of the workflow files; with a copy of Tidegate where it is expected."""
    quicker = lighter()

    def change(work: Path) -> None:
        quicker(work)
        (work / SUPPLY).parent.mkdir(parents=True)
        (work / SUPPLY).write_text("# each line with its hash\n", encoding="utf-8")

    with (
        product_on_stage(tmp_path_factory.mktemp("example"), shared_cache, change) as one,
        ledger_in_bucket(one),
    ):
        one.push_quietly()
        yield one


@pytest.fixture(scope="module")
def repository(product: Product) -> Repository:
    return Repository(rendered(product))


@pytest.fixture(scope="module")
def hosted(product: Product, tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Hosted:
    return Hosted.of(product, tmp_path_factory.mktemp("machines"), shared_cache)


def happened(repository: Repository, hosted: Hosted, event: Event) -> dict[str, Attempt]:
    """Every workflow run that an event starts, by the workflow's name."""
    return {run.workflow.name: hosted.carried(repository, run) for run in repository.happens(event)}


def proposed(product: Product, repository: Repository, hosted: Hosted, **changes: str) -> dict[str, Attempt]:
    """A pull request, carried."""
    product.git("checkout", "--quiet", "-B", "feature", "origin/telegram")
    sha = product.commit("A feature", **changes)
    product.git("checkout", "--quiet", "telegram")
    event = Event("pull_request", "telegram", sha=sha, head="feature", repository=REPOSITORY)
    return happened(repository, hosted, event)


@pytest.fixture(scope="module")
def pushed(product: Product, repository: Repository, hosted: Hosted) -> dict[str, Attempt]:
    return happened(repository, hosted, Event("push", "telegram", sha=product.head(), repository=REPOSITORY))


def test_a_push_brings_the_example_to_every_environment(
    product: Product, hosted: Hosted, pushed: dict[str, Attempt]
) -> None:
    deploy = pushed["Deploy"]
    assert deploy.conclusion is Result.SUCCESS, hosted.told(deploy)
    assert product.live() == dict.fromkeys(ENVIRONMENTS, "r1")
    assert {observe(product, name).commit for name in ENVIRONMENTS} == {product.head()}


needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")


@needs_terraform
def test_a_push_is_judged_by_the_gates_of_the_infrastructure(hosted: Hosted, pushed: dict[str, Attempt]) -> None:
    """Whether terratest passes is the registry's matter here: its providers are fetched, where that can be."""
    infrastructure = pushed["Terraform test"]
    assert infrastructure.result("opa-policy") is Result.SUCCESS, hosted.told(infrastructure)
    assert "terraform -chdir=terraform init" in hosted.logs["terratest"]
    assert infrastructure.result("gate") is infrastructure.result("terratest")


@needs_terraform
@pytest.mark.parametrize(
    ("text", "failed"), [("", set[str]()), (UNTIDY, {"opa-policy", "gate"})], ids=["tidy", "untidy"]
)
def test_a_pull_request_that_changes_infrastructure_is_judged(
    product: Product, repository: Repository, hosted: Hosted, text: str, failed: set[str]
) -> None:
    done = proposed(product, repository, hosted, **{"terraform__more.tf": text})
    checks, infrastructure = done.pop("PR check"), done.pop("Terraform test")
    assert not done
    assert checks.conclusion is Result.SUCCESS, hosted.told(checks)
    assert results(infrastructure, Result.FAILURE) == failed, hosted.told(infrastructure)
    assert infrastructure.result("terratest") is Result.SKIPPED
