"""What pushes do, through the real thing. The tests of this file share one product and run in their order."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright

from tests.pipeline.browser import CHROMIUM_ARGUMENTS, chromium
from tests.pipeline.lighter import lighter
from tests.pipeline.product import ENVIRONMENTS, Product, applied, explain, phases, product_on_stage
from tests.pipeline.users import Users
from tidegate.model.job import Phase

pytestmark = pytest.mark.pipeline

EVERY_ENVIRONMENT = {"dev": "r1", "staging": "r1", "prod": "r1"}
A_PAGE_IS_SEEN = ("-m contract -k healthy", "-m contract -k nvda")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Product]:
    with product_on_stage(tmp_path_factory.mktemp("pushes"), shared_cache, lighter(A_PAGE_IS_SEEN)) as one:
        yield one


def health(product: Product, environment: str) -> dict[str, str]:
    answer = httpx.get(f"{product.addresses(environment)['TELEGRAM_API_URL']}/api/v1/health", timeout=20)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


async def test_first_push_reaches_prod(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the tests inside the VPC, so that no job is left out."""
    monkeypatch.setenv("AURORA_ENABLED", "true")
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    assert set(phases(run).values()) == {"succeeded"}
    assert product.live() == EVERY_ENVIRONMENT
    with product.stage.project.ledger() as ledger:
        release = ledger.release("r1")
    for name in ENVIRONMENTS:
        told = health(product, name)
        assert told["commit"] == product.head()
        assert told["digest"] == release.images["backend"].digest
        assert told["qualifier"] == "live"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        page = await browser.new_page()
        await page.goto(product.app_url("prod"))
        await page.get_by_role("searchbox", name="Search tickers").fill("NVDA")
        await page.get_by_test_id("results").get_by_role("link", name="NVDA").first.click()
        await page.get_by_role("heading", level=1, name="NVDA").wait_for()
        await page.get_by_test_id("price-chart").wait_for()
        assert product.head()[:7] in await page.get_by_test_id("backend").inner_text()
        await browser.close()


def test_the_same_push_again_plans_nothing(product: Product) -> None:
    done = product.tidegate("run", "--commit", "telegram", "--branch", "telegram", "--json")
    assert done.returncode == 0, done.stderr
    run = product.newest()
    assert run is not None
    assert run.phase is Phase.SATISFIED
    assert "already serves" in run.reason
    assert applied(run) == set()


def test_documentation_only_starts_nothing_and_says_why(product: Product) -> None:
    product.write("docs/more.md", "more\n")
    product.write(".claude/notes.md", "notes\n")
    product.commit("Only words")
    run = product.push()
    assert run.phase is Phase.SATISFIED
    assert "docs/**" in run.reason
    assert applied(run) == set()
    assert product.live() == EVERY_ENVIRONMENT


def test_tests_only_runs_its_gate_and_builds_nothing(product: Product) -> None:
    product.write("tests/shared/test_more.py", "def test_more() -> None:\n    assert 1 + 1 == 2\n")
    product.commit("Another test")
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    assert applied(run) == {"detect-changes", "test"}
    assert product.live() == EVERY_ENVIRONMENT


@pytest.mark.parametrize(
    ("path", "old", "new", "built", "same"),
    [
        pytest.param(
            "src/api/__init__.py", "", "# changed\n", {"build"}, ("site", "fund-data-sync"), id="backend only"
        ),
        pytest.param(
            "frontend/twinbar/src/brand.ts",
            None,
            None,
            {"build-frontend"},
            ("backend", "fund-data-sync"),
            id="frontend only",
        ),
        pytest.param(
            "fund_data_sync/__init__.py", "", "# changed\n", {"build"}, ("backend", "site"), id="fund data only"
        ),
    ],
)
def test_a_part_reaches_prod_and_the_rest_is_inherited(
    product: Product, path: str, old: str | None, new: str | None, built: set[str], same: tuple[str, ...]
) -> None:
    with product.stage.project.ledger() as ledger:
        before = ledger.last_release()
    assert before
    file = product.work / path
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    product.write(path, text + (new if new is not None else "\nexport const changed = true;\n"))
    product.commit(f"Change {path}")
    run = product.push()
    assert run.phase is Phase.SUCCEEDED, explain(product, run)
    assert applied(run) & {"build", "build-frontend"} == built
    with product.stage.project.ledger() as ledger:
        after = ledger.last_release()
    assert after
    assert product.live() == dict.fromkeys(ENVIRONMENTS, after.id)
    for name in same:
        kept = after.site if name == "site" else after.images[name]
        assert kept == (before.site if name == "site" else before.images[name]), f"{name} is not inherited"


def test_a_broken_health_endpoint_stops_at_the_smoke_test_of_dev(product: Product) -> None:
    live = product.live()
    old = {name: health(product, name)["commit"] for name in ENVIRONMENTS}
    # Unit tests cannot see it: only where the product really runs is the answer a wrong one.
    broken = 'status="ok" if "AWS_LAMBDA_FUNCTION_NAME" not in __import__("os").environ else "broken"'
    product.replace("src/api/app.py", 'status="ok"', broken)
    product.commit("Break health")
    with Users(product) as users:
        run = product.push()
    assert run.phase is Phase.FAILED
    assert phases(run)["deploy-dev"] == "failed", explain(product, run)
    assert phases(run)["promote-dev"] == "blocked"
    assert "health" in run.jobs["deploy-dev"].failure["what"]
    assert users.failures == []
    assert users.commits == {name: {commit} for name, commit in old.items()}
    assert all(count > 5 for count in users.asked.values())
    assert product.live() == live


def test_a_broken_page_stops_at_the_browser_tests_and_nothing_is_promoted(product: Product) -> None:
    live = product.live()
    old = {name: health(product, name)["commit"] for name in ENVIRONMENTS}
    product.git("revert", "--no-edit", "HEAD")  # the backend of the pair is fine
    broken = "if (window.location.protocol !== 'gopher:') throw new Error('broken');\ncreateRoot(root)"
    product.replace("frontend/twinbar/src/main.tsx", "createRoot(root)", broken)
    product.write("src/api/changed.py", "# another backend\n")
    product.commit("Break the page")
    with Users(product) as users:
        run = product.push()
    assert phases(run)["deploy-dev"] == "succeeded", explain(product, run)
    assert phases(run)["e2e-test-dev"] == "failed"
    assert phases(run)["promote-dev"] == phases(run)["promote-dev-frontend"] == "blocked"
    assert users.failures == []
    assert users.commits == {name: {commit} for name, commit in old.items()}
    assert all(len(pages) == 1 for pages in users.pages.values())
    assert product.live() == live


def test_a_person_contracts_a_database_behind_a_snapshot(product: Product) -> None:
    said = product.tidegate("migrate", "status", "dev")
    assert "applied  expand   0004" in said.stdout, said.stderr
    assert "contract 0005 may be applied: `tidegate migrate apply dev --phase contract`" in said.stdout
    judged = product.tidegate("migrate", "plan", "dev", "--phase", "contract")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "dev: 1 to contract" in judged.stdout
    done = product.tidegate("migrate", "apply", "dev", "--phase", "contract", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    run = product.newest()
    assert run is not None
    assert "0005 contracted, behind snapshot tidegate-dev-run-" in run.jobs["contract-dev"].detail
    assert "applied  contract 0005" in product.tidegate("migrate", "status", "dev").stdout
    assert "pending  contract 0005" in product.tidegate("migrate", "status", "prod").stdout
