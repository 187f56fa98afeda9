import pytest

from tidegate.model.ending import told_ending


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1, "exit code 1"),
        (128, "exit code 128"),
        (137, "SIGKILL: somebody killed it, or memory ran out"),
        (143, "SIGTERM"),
        (255, "exit code 255"),
    ],
)
def test_a_signal_is_told_by_its_name(code: int, told: str) -> None:
    assert told_ending(code) == told
