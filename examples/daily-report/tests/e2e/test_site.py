"""What a user does, in a real browser. `contract` marks what any site must be able to do with any API."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.e2e

PRICE = re.compile(r"^\d[\d,]*\.\d\d$")


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search tickers")


def result_links(page: Page) -> Locator:
    return page.get_by_test_id("results").get_by_role("link")


def expect_nvda_report(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="NVDA")).to_be_visible()
    expect(page.get_by_test_id("price")).to_have_text(PRICE)
    expect(page.get_by_test_id("price-chart").locator("path.chart-line")).to_have_attribute(
        "data-points", "90"
    )


@pytest.mark.contract
def test_search_finds_nvda(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_title("Daily Report")
    search_box(page).fill("NVDA")
    expect(result_links(page).filter(has_text="NVDA")).to_contain_text("NVIDIA")


@pytest.mark.contract
def test_report_shows_price_and_chart(page: Page) -> None:
    page.goto("/?q=NVDA")
    result_links(page).filter(has_text="NVDA").click()
    expect(page).to_have_url(re.compile(r"/report/NVDA$"))
    expect_nvda_report(page)


@pytest.mark.contract
def test_api_is_healthy_from_the_origin_of_the_page(page: Page) -> None:
    page.goto("/")
    health = page.evaluate(
        """async () => {
          const { apiUrl } = await (await fetch('/runtime.json', { cache: 'no-store' })).json();
          const response = await fetch(`${apiUrl}/api/v1/health`);
          return { httpStatus: response.status, ...(await response.json()) };
        }"""
    )
    assert health["httpStatus"] == 200
    assert health["status"] == "ok"
    assert health["commit"]
    expect(page.get_by_test_id("backend")).to_contain_text(health["qualifier"])


def test_deep_link_survives_a_reload(page: Page) -> None:
    page.goto("/report/NVDA")
    expect_nvda_report(page)
    page.reload()
    expect_nvda_report(page)
    page.get_by_role("link", name="Search", exact=True).click()
    expect(search_box(page)).to_be_visible()
    page.go_back()
    expect_nvda_report(page)


def test_unknown_ticker_is_told(page: Page) -> None:
    page.goto("/report/NOSUCHTICKER")
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("There is no report for NOSUCHTICKER")
    failure.get_by_role("link").click()
    expect(search_box(page)).to_be_visible()


def test_search_without_a_match_is_told(page: Page) -> None:
    page.goto(f"/?q={quote('no such company')}")
    expect(page.get_by_test_id("empty")).to_contain_text("Nothing found for “no such company”")


def test_watchlist_outlives_a_reload(page: Page, user: str) -> None:
    star = page.get_by_role("button", name="Watch NVDA")
    page.goto(f"/report/NVDA?tg={user}")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()  # waits until the list is known
    expect(star).to_have_attribute("aria-pressed", "true")  # shows once the API has kept it
    page.reload()
    expect(star).to_have_attribute("aria-pressed", "true")

    page.goto(f"/?tg={user}")
    expect(page.get_by_test_id("watchlist").get_by_role("link", name="NVDA")).to_be_visible()
    star.click()
    expect(page.get_by_test_id("empty")).to_contain_text("Your watchlist is empty")
    page.reload()
    expect(page.get_by_test_id("empty")).to_contain_text("Your watchlist is empty")


def test_search_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    search_box(page).focus()
    page.keyboard.type("nvda")
    page.keyboard.press("Enter")
    first = result_links(page).first
    expect(first).to_contain_text("NVDA")
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(search_box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect_nvda_report(page)
    page.go_back()
    expect(search_box(page)).to_have_value("nvda")
    search_box(page).press("Escape")
    expect(search_box(page)).to_have_value("")


def test_console_stays_clean(page: Page, problems: list[str]) -> None:
    page.goto("/")
    search_box(page).fill("NVDA")
    result_links(page).filter(has_text="NVDA").click()
    expect_nvda_report(page)
    page.get_by_role("button", name="30 days").click()
    expect(page.get_by_test_id("price-chart").locator("path.chart-line")).to_have_attribute(
        "data-points", "30"
    )
    expect(page.get_by_test_id("backend")).to_contain_text("·")
    assert problems == []
