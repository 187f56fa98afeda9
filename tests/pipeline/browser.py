"""The Chromium that browser tests drive."""

import os
import shutil

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Its path; None for the one that Playwright brings."""
    return os.environ.get("E2E_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
