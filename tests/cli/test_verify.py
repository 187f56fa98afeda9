"""Orders that are refused before anything is planned."""

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.test_errors import WHOLE


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("verify", "dev"), "nothing is live in dev"),
        (("verify",), "Missing argument"),
        (("run", "--without-way-back", "dev"), "a run without a proven way back needs a reason"),
        (("run", "--without-way-back", "dev", "--reason", " "), "a run without a proven way back needs a reason"),
        (("run", "--reason", "it is broken"), "--without-way-back"),
    ],
)
def test_an_order_that_lacks_something_starts_nothing(
    tidegate: CommandLine, arguments: tuple[str, ...], told: str
) -> None:
    tidegate.commit(**{"tidegate.yaml": WHOLE, "Dockerfile": "FROM x"})
    done = tidegate(*arguments)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert tidegate.started_nothing()
