"""Whether a release may enter an environment: views in, a reason or a refusal out."""

import pytest

from tidegate.ledger.eligibility import lack, refusal
from tidegate.ledger.environment import EnvironmentView, Pin, Withdrawal

PROVEN = EnvironmentView("dev", "r4", reached=frozenset({"r3", "r4"}))
BAD = Withdrawal("smoke tests: status 500\nand a long tail", 1.0, "7", gates=("smoke tests",))
LEFT = Withdrawal("slow", 1.0, "8", by="ada")
LEFT_IN_SILENCE = Withdrawal("", 1.0, "8", by="ada")


def without(withdrawal: Withdrawal, *, pinned: bool = False) -> EnvironmentView:
    pin = Pin("ada", "slow", 1.0) if pinned else None
    return EnvironmentView("dev", "r4", reached=PROVEN.reached, withdrawn={"r4": withdrawal}, pinned=pin)


@pytest.mark.parametrize(
    ("view", "release", "expected"),
    [
        (PROVEN, "r4", ""),
        (PROVEN, "r3", ""),
        (PROVEN, "r5", "r5 is not proven in dev"),
        (EnvironmentView("dev"), "r1", "r1 is not proven in dev"),
        (without(BAD), "r4", "r4 is no longer proven in dev: run 7 found it bad (smoke tests: status 500)"),
        (without(BAD), "r3", ""),
        (without(LEFT), "r4", "r4 is no longer proven in dev: ada rolled back from it (slow)"),
        (without(LEFT_IN_SILENCE), "r4", "r4 is no longer proven in dev: ada rolled back from it"),
    ],
)
def test_what_an_environment_lacks_of_evidence(view: EnvironmentView, release: str, expected: str) -> None:
    assert lack(view, release) == expected


@pytest.mark.parametrize(
    ("before", "next_step"),
    [
        (EnvironmentView("dev"), "nothing was changed; `tidegate run` carries it through dev anew"),
        (without(BAD), "nothing was changed; push a fix, or `tidegate run` carries it through dev anew"),
        (
            without(LEFT, pinned=True),
            "nothing was changed; push a fix, or `tidegate unpin dev`, then `tidegate run` carries it through dev anew",
        ),
    ],
)
def test_a_refusal_names_release_environment_reason_and_command(before: EnvironmentView, next_step: str) -> None:
    refused = refusal("staging", before, "r4")
    assert refused
    assert refused.what == f"r4 may not go to staging: {lack(before, 'r4')}"
    assert (refused.where, refused.what_next) == ("staging", next_step)


@pytest.mark.parametrize("before", [None, PROVEN])
def test_the_first_in_line_and_what_is_proven_before_are_let_in(before: EnvironmentView | None) -> None:
    assert refusal("staging", before, "r4") is None
