"""A deployed site and the API it names. Needs E2E_BASE_URL; fails without. Not part of the unit tests."""

import os

import httpx
import pytest

pytestmark = pytest.mark.smoke


def test_the_site_names_an_api_that_answers():
    base = os.environ.get("E2E_BASE_URL")
    assert base, "E2E_BASE_URL is not set: this test needs a deployed site"
    page = httpx.get(f"{base}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    runtime = httpx.get(f"{base}/runtime.json").raise_for_status().json()
    health = httpx.get(f"{runtime['apiUrl']}/api/v1/health").raise_for_status().json()
    assert health["status"] == "ok"
    assert health["environment"] == runtime["environment"]
