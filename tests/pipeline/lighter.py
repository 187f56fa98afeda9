"""The example product with quicker gates, and with fewer environments: for tests that are not about its gates."""

import re
from collections.abc import Callable
from pathlib import Path

QUICKER = (
    ("      - {name: Security audit, run: pip-audit --strict -r requirements.txt, warn: true}\n", ""),
    (
        "pytest tests/shared tests/telegram --ignore=tests/telegram/test_e2e_frontend.py",
        "pytest tests/shared/test_names.py",
    ),
    ("pytest tests/e2e -m e2e", "pytest tests/e2e -m contract -k healthy"),
    ('pytest tests/e2e -m "e2e and contract"', "pytest tests/e2e -m contract -k healthy"),
    ("shards: 2", "shards: 1"),
)

WITHOUT_SKEW = ("  skew: {run: pytest tests/e2e -m contract -k healthy, python: [tests/requirements.txt]}\n", "")
"""For tests that would only wait for the skew gate."""


def lighter(*changes: tuple[str, str], environments: str = "") -> Callable[[Path], None]:
    """Makes the change of a working tree for `product_on_stage`.

    Args:
        changes: Further replacements in `tidegate.yaml`; what is replaced must be there.
        environments: The body of `environments`, in place of the three.
    """

    def change(work: Path) -> None:
        file = work / "tidegate.yaml"
        text = file.read_text(encoding="utf-8")
        for old, new in (*QUICKER, *changes):
            assert old in text, old
            text = text.replace(old, new)
        if environments:
            text = re.sub(r"(?m)^environments:\n(  .*\n)+", f"environments:\n{environments}", text)
        file.write_text(text, encoding="utf-8")

    return change
