"""A cold cache at APP while end-to-end tests run: what users get of a site that no test has passed yet."""

import hashlib
import re
from pathlib import Path

import httpx
import pytest

from tests.pipeline.lighter import lighter
from tests.pipeline.observe import endpoint_of
from tests.pipeline.product import Product, applied, explain, phases, product_on_stage
from tidegate.model.job import Phase
from tidegate.model.run import RunView

pytestmark = pytest.mark.pipeline

ONLY_DEV = "  dev: {github: development}\n"
ALL_OF_THE_CONTRACT = ("-m contract -k healthy", "-m contract")
INVALIDATION = lighter(
    ALL_OF_THE_CONTRACT,
    ("  api: telegram-api\n", "  api: telegram-api\n  strategy: invalidation\n"),
    ("environments:\n", "order: backend-first\nenvironments:\n"),
    environments=ONLY_DEV,
)
FAILING_TEST = """\
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.contract]


def test_never(page) -> None:
    raise AssertionError("never")
"""
POINTER = lighter(ALL_OF_THE_CONTRACT, environments=ONLY_DEV)


def test_invalidation_serves_untested_files_and_says_so(tmp_path: Path, shared_cache: Path) -> None:
    with product_on_stage(tmp_path, shared_cache, INVALIDATION) as product:
        run, leaked = _carried_with_a_cold_edge(product)
        assert leaked > 0
        weakness = "a cache miss at APP serves untested files"
        assert weakness in product.tidegate("logs", "--job", "deploy-dev-frontend").stdout
        assert any(weakness in note.text for note in run.notes), "who follows the run is told"
        assert weakness in " ".join(product.tidegate("status", run.id).stdout.split())
        _a_failed_test_leaves_what_was_live(product)


def test_pointer_serves_none(tmp_path: Path, shared_cache: Path) -> None:
    with product_on_stage(tmp_path, shared_cache, POINTER) as product:
        run, leaked = _carried_with_a_cold_edge(product)
        assert leaked == 0
        assert run.notes == ()


def _a_failed_test_leaves_what_was_live(product: Product) -> None:
    """The one bucket is put back, too: a cold edge must not serve the files of the site that failed."""
    live = _bundle(product)
    product.replace("frontend/twinbar/src/brand.ts", "twice a day.", "never.")
    product.write("tests/e2e/test_more.py", FAILING_TEST)
    product.commit("A site that fails its test")
    run = product.push()
    assert phases(run)["e2e-test-dev"] == "failed", explain(product, run)
    _empty_the_edge(product)
    before = _answered_with(product, live)
    asked = _visit(product)
    assert _answered_with(product, live) == before + asked, "all that APP answers is of the old site"


def _carried_with_a_cold_edge(product: Product) -> tuple[RunView, int]:
    """Release a site, then another one; while that is tested, a user asks an APP whose cache is empty.

    Returns the second run, and how many user requests were answered with files of its bundle before its promotion.
    """
    first = product.push()
    assert first.phase is Phase.SUCCEEDED, explain(product, first)
    old = _bundle(product)
    _visit(product)
    product.replace("frontend/twinbar/index.html", "<title>", "<!-- another page --><title>")
    product.replace("frontend/twinbar/src/brand.ts", "once a day.", "twice a day.")
    product.commit("Another page")
    counted: list[int] = []

    def tested(run: RunView) -> bool:
        job = run.jobs.get("e2e-test-dev")
        if job is not None and job.phase is Phase.RUNNING and not counted:
            _empty_the_edge(product)
            _visit(product)
            counted.append(_answered_with(product, _bundle(product) - old))
            promotion = product.run(run.id).jobs["promote-dev-frontend"]
            assert promotion.phase is Phase.PENDING, "this was asked too late to say anything"
        return run.phase.ended

    product.git("push", "--quiet", "origin", "telegram")
    opened = product.newest()
    assert opened is not None
    run = product.wait(opened.id, tested)
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    assert applied(run) >= {"build-frontend", "e2e-test-dev", "promote-dev-frontend"}
    _visit(product)
    [leaked] = counted
    assert _answered_with(product, _bundle(product) - old) > leaked, "promoted, it is what users get"
    return run, leaked


def _bundle(product: Product) -> frozenset[str]:
    """ETags of the files of the last release's site: S3's is the MD5 of what was put in one request."""
    with product.stage.project.ledger() as ledger:
        release = ledger.last_release()
    assert release is not None
    assert release.site is not None
    files = product.home.bundles / release.site.digest.removeprefix("sha256:") / "files"
    return frozenset(hashlib.md5(file.read_bytes()).hexdigest() for file in files.rglob("*") if file.is_file())


def _visit(product: Product) -> int:
    """What a browser asks APP for: the page, and what the page names. Returns the number of requests."""
    app = product.app_url("dev")
    with httpx.Client(timeout=20) as client:
        page = client.get(f"{app}/")
        assert page.status_code == 200, page.text
        assets = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
        assert assets
        for asset in assets:
            assert client.get(f"{app}{asset}").status_code == 200, asset
    return 1 + len(assets)


def _empty_the_edge(product: Product) -> None:
    asked = httpx.post(f"{endpoint_of(product)}/_tidegate/cold-edge", params={"distribution": _app(product)})
    assert asked.is_success, asked.text


def _answered_with(product: Product, etags: frozenset[str]) -> int:
    """How many requests of users APP answered with one of these files."""
    answer = httpx.get(f"{endpoint_of(product)}/_tidegate/exposure", params={"distribution": _app(product)})
    served = answer.raise_for_status().json()["served"]
    return sum(one["requests"] for one in served if one["etag"] in etags)


def _app(product: Product) -> str:
    return product.addresses("dev")["CLOUDFRONT_DISTRIBUTION_ID"]
