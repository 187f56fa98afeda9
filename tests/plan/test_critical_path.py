from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.model.run import JobView
from tidegate.plan.critical_path import critical_path


def job(name: str, started: float | None, ended: float | None, *needs: str) -> JobView:
    return JobView(name, needs=needs, started=started, ended=ended)


def satisfied(name: str, *needs: str) -> JobView:
    return job(name, None, 4.0, *needs)


@pytest.mark.parametrize(
    ("jobs", "chain", "seconds"),
    [
        pytest.param([], (), 0.0, id="no job"),
        pytest.param([job("a", None, None)], (), 0.0, id="nothing ran"),
        pytest.param([job("a", 3.0, None)], (), 0.0, id="nothing ended"),
        pytest.param([job("a", 0.0, 2.0)], ("a",), 2.0, id="one job"),
        pytest.param([job("a", 0.0, 2.0), job("b", 2.0, 5.0, "a")], ("a", "b"), 5.0, id="a chain"),
        pytest.param(
            [job("a", 0.0, 1.0), job("b", 1.0, 9.0, "a"), job("c", 1.0, 3.0, "a"), job("d", 9.0, 10.0, "b", "c")],
            ("a", "b", "d"),
            10.0,
            id="the longer branch of a diamond",
        ),
        pytest.param(
            [job("a", 0.0, 4.0), satisfied("b", "a"), satisfied("c", "b"), job("d", 4.0, 6.0, "c")],
            ("a", "d"),
            6.0,
            id="satisfied jobs stand for those before them",
        ),
        pytest.param(
            [job("a", 0.0, 4.0), job("b", 1.0, 6.0, "a")],
            ("a", "b"),
            6.0,
            id="a job that was prepared ahead of its turn counts from its turn",
        ),
        pytest.param(
            [job("a", 0.0, 4.0), job("b", 100.0, 101.0, "a")], ("a", "b"), 5.0, id="an interruption costs nothing"
        ),
        pytest.param([job("a", 0.0, 4.0), job("b", 4.0, 2.0, "a")], ("a",), 4.0, id="a clock that jumps back"),
        pytest.param([job("b", 1.0, 2.0, "gone")], ("b",), 1.0, id="a need that the run does not have"),
    ],
)
def test_critical_path(jobs: list[JobView], chain: tuple[str, ...], seconds: float) -> None:
    assert critical_path({one.name: one for one in jobs}) == (chain, seconds)


def test_many_satisfied_diamonds_are_walked_once() -> None:
    jobs = {"0": job("0", 0.0, 1.0)}
    for place in range(60):
        before = f"{place}" if place == 0 else f"{place}-end"
        sides = [satisfied(f"{place}-{side}", before) for side in ("left", "right")]
        jobs |= {one.name: one for one in (*sides, satisfied(f"{place + 1}-end", *(one.name for one in sides)))}
    jobs["last"] = job("last", 1.0, 3.0, "60-end")
    assert critical_path(jobs) == (("0", "last"), 3.0)


@given(data=st.data())
def test_without_waiting_the_critical_path_is_the_wall_time(data: st.DataObject) -> None:
    jobs: dict[str, JobView] = {}
    for place in range(data.draw(st.integers(1, 8))):
        needs = sorted(data.draw(st.sets(st.sampled_from(sorted(jobs)), max_size=3))) if jobs else []
        begins = max((jobs[need].ended or 0.0 for need in needs), default=0.0)
        one = job(str(place), begins, begins + data.draw(st.integers(0, 50)), *needs)
        if data.draw(st.booleans()):
            one = replace(one, started=None, ended=begins)
        jobs[one.name] = one
    ran = [one.ended or 0.0 for one in jobs.values() if one.started is not None]
    assert critical_path(jobs)[1] == max(ran, default=0.0)
