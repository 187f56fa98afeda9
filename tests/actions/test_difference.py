import pytest

from tidegate.actions.difference import Difference, differences
from tidegate.actions.page import page

MADE = page({"name": "A", "on": "push"}, ["Made by `tidegate actions write` of tidegate.yaml."])


def told(found: tuple[Difference, ...]) -> list[tuple[str, int, str]]:
    return [(one.path, one.line, one.what.split(" ")[0]) for one in found]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({"a.yml": MADE}, [], id="as it should be"),
        pytest.param({}, [("a.yml", 0, "is")], id="missing"),
        pytest.param({"a.yml": MADE.replace("push", "pull")}, [("a.yml", 5, "differs")], id="edited"),
        pytest.param({"a.yml": MADE + "jobs: {}\n"}, [("a.yml", 6, "differs")], id="a line more"),
        pytest.param({"a.yml": MADE.replace("\non: push\n", "")}, [("a.yml", 4, "differs")], id="a line less"),
        pytest.param({"a.yml": MADE.rstrip("\n")}, [("a.yml", 6, "differs")], id="no last newline"),
        pytest.param({"a.yml": ""}, [("a.yml", 1, "differs")], id="empty"),
        pytest.param({"a.yml": MADE, "b.yml": MADE}, [("b.yml", 1, "is")], id="no longer wanted"),
        pytest.param({"a.yml": MADE, "b.yml": "name: ours\n"}, [], id="the team's own"),
    ],
)
def test_differences(found: dict[str, str], expected: list[tuple[str, int, str]]) -> None:
    assert told(differences({"a.yml": MADE}, found)) == expected


def test_the_difference_is_shown() -> None:
    (one,) = differences({"a.yml": MADE}, {"a.yml": MADE.replace("push", "pull")})
    assert one.diff.splitlines()[:2] == ["--- a.yml (committed)", "+++ a.yml (made)"]
    assert one.diff.splitlines()[-2:] == ["-on: pull", "+on: push"]
    (one,) = differences({"a.yml": MADE}, {"a.yml": MADE.rstrip("\n")})
    assert one.diff.splitlines()[-3:] == ["-on: push", "\\ No newline at end of file", "+on: push"]
