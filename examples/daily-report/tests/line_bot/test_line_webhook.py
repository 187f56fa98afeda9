"""The LINE bot that came before the Mini App and is deployed elsewhere. Needs LINE_BOT_URL; fails without."""

import os

import httpx
import pytest

pytestmark = pytest.mark.smoke


def test_the_webhook_refuses_what_line_has_not_signed():
    url = os.environ.get("LINE_BOT_URL")
    assert url, "LINE_BOT_URL is not set: this test needs the deployed LINE bot"
    answer = httpx.post(f"{url}/webhook", json={"events": []}, headers={"x-line-signature": "forged"})
    assert answer.status_code in (400, 401, 403)
