from collections.abc import Callable
from typing import Any


def test_the_caller_is_told_its_account(client: Callable[[str], Any]) -> None:
    identity = client("sts").get_caller_identity()
    assert identity["Account"].isdigit()
    assert len(identity["Account"]) == 12
