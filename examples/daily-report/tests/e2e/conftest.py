"""Browser tests of a deployed site: where it is, which browser, which shard, what a failure leaves behind.

Environment: E2E_BASE_URL (required); E2E_CHROMIUM, an executable, else the one on PATH, else Playwright's; E2E_SHARD_INDEX
(1-based) and E2E_SHARD_TOTAL; E2E_ARTIFACTS, a folder for screenshots of failed tests.
"""

import os
import re
import shutil
import uuid
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, expect

HERE = Path(__file__).parent
TIMEOUT_MS = 10_000
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def base_url_of(environ: Mapping[str, str]) -> str:
    """The site's address without a trailing slash; raises UsageError when it is missing or no http(s) URL."""
    url = environ.get("E2E_BASE_URL", "").strip()
    if not url:
        raise pytest.UsageError("E2E_BASE_URL is not set: give the address of the site to test")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise pytest.UsageError(f"E2E_BASE_URL is not an http(s) address: {url!r}")
    return url.rstrip("/")


def shard_of(environ: Mapping[str, str]) -> tuple[int, int]:
    """The (index, total) asked for, 1-based; (1, 1) when neither is set. Raises UsageError for nonsense."""
    index, total = environ.get("E2E_SHARD_INDEX", ""), environ.get("E2E_SHARD_TOTAL", "")
    if not index and not total:
        return 1, 1
    if not (index.isdecimal() and total.isdecimal() and 1 <= int(index) <= int(total)):
        raise pytest.UsageError(
            f"E2E_SHARD_INDEX={index!r} of E2E_SHARD_TOTAL={total!r}: set both, with 1 <= index <= total"
        )
    return int(index), int(total)


def shard_ids(node_ids: Sequence[str], index: int, total: int) -> frozenset[str]:
    """The node ids of one shard. The order of collection has no say, and sizes differ by one at most."""
    return frozenset(sorted(node_ids)[index - 1 :: total])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e: drives a deployed site in a browser")
    config.addinivalue_line("markers", "contract: the part of e2e that site and API must agree on")
    expect.set_options(timeout=TIMEOUT_MS)


@pytest.hookimpl(trylast=True)  # after -m and -k have deselected
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps this shard's tests; ends the run when there is no site to test, or nothing in the shard."""
    ours = [item.nodeid for item in items if HERE in item.path.parents]
    if not ours:
        return
    index, total = shard_of(os.environ)
    if not config.option.collectonly:
        base_url_of(os.environ)
    kept = shard_ids(ours, index, total)
    if not kept:
        raise pytest.UsageError(
            f"E2E shard {index} of {total} is empty: only {len(ours)} tests were selected"
        )
    dropped = [item for item in items if item.nodeid in set(ours) - kept]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


@pytest.fixture(scope="session")
def base_url() -> str:
    return base_url_of(os.environ)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    args = {**browser_type_launch_args, "args": list(CHROMIUM_ARGS)}
    if executable := os.environ.get("E2E_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome"):
        args["executable_path"] = executable
    return args


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 390, "height": 844}, "locale": "en-US"}


@pytest.fixture
def problems(page: Page) -> list[str]:
    """What the browser complained about: console errors and uncaught exceptions, in order."""
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.append(f"uncaught: {error}"))
    return seen


@pytest.fixture(autouse=True)
def bounded(page: Page, problems: list[str]) -> None:
    """Bounds each wait, and watches the console from the start."""
    page.set_default_timeout(TIMEOUT_MS)


@pytest.fixture
def user() -> str:
    """A user of this test alone, so that shards and reruns do not meet in one watchlist."""
    return f"e2e-{uuid.uuid4().hex[:12]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds address and console of a failed test to its report, and a screenshot to E2E_ARTIFACTS."""
    report = yield
    arguments: Mapping[str, Any] = getattr(item, "funcargs", {})
    if HERE in item.path.parents and call.when == "call" and report.failed and "page" in arguments:
        page: Page = arguments["page"]
        evidence = [f"page: {page.url}", *arguments["problems"]]
        if folder := os.environ.get("E2E_ARTIFACTS"):
            evidence.append(
                _screenshot(page, Path(folder) / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', item.name)}.png")
            )
        report.sections.append(("Browser", "\n".join(evidence)))
    return report


def _screenshot(page: Page, path: Path) -> str:
    """Where the screenshot is, or why there is none: the failure of the test itself matters more."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True, timeout=TIMEOUT_MS)
    except (Error, OSError) as error:
        return f"no screenshot: {error}"
    return f"screenshot: {path}"
