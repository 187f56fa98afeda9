import pytest

from tidegate.localcloud.sources.schedules import Timetable, rate_seconds


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60.0),
        ("rate(5 minutes)", 300.0),
        ("rate(1 hour)", 3600.0),
        ("rate(2 days)", 172800.0),
        ("cron(0 12 * * ? *)", None),
        ("rate(1 fortnight)", None),
        ("", None),
    ],
)
def test_the_period_of_an_expression(expression: str, seconds: float | None) -> None:
    assert rate_seconds(expression) == seconds


def test_a_rule_fires_once_a_period_from_when_it_was_seen() -> None:
    table = Timetable()
    assert table.next_at is None
    table.update({"a": "rate(1 minute)", "b": "cron(0 12 * * ? *)"}, 100.0)
    assert [table.due(now) for now in (159.9, 160.0, 160.1, 219.9, 220.0)] == [[], ["a"], [], [], ["a"]]


def test_a_late_look_fires_once_and_keeps_the_beat() -> None:
    table = Timetable()
    table.update({"a": "rate(1 minute)"}, 0.0)
    assert table.due(500.0) == ["a"]
    assert table.next_at == 540.0


def test_changes_and_removals() -> None:
    table = Timetable()
    table.update({"a": "rate(1 minute)", "b": "rate(1 minute)"}, 0.0)
    table.update({"a": "rate(1 minute)", "b": "rate(2 minutes)"}, 30.0)
    assert table.due(60.0) == ["a"]
    table.update({"b": "rate(2 minutes)"}, 60.0)
    assert table.due(149.0) == []
    assert table.due(150.0) == ["b"]
