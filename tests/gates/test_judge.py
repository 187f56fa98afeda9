from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.gates.judge import judge
from tidegate.model.verdict import Measurement, Verdict

S, F, I, E = Verdict.SUCCESSFUL, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.ERROR  # noqa: E741 - letters of a table


def measured(*verdicts: Verdict, warn: bool = False) -> list[Measurement]:
    return [Measurement(f"m{place}", verdict, warn=warn) for place, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("measurements", "expected"),
    [
        pytest.param([], I, id="no measurement"),
        pytest.param(measured(S), S, id="one success"),
        pytest.param(measured(S, S), S, id="all succeed"),
        pytest.param(measured(S, I), I, id="inconclusive outweighs success"),
        pytest.param(measured(I, E), E, id="error outweighs inconclusive"),
        pytest.param(measured(I, E, F, S), F, id="failed outweighs all"),
        pytest.param(measured(S, warn=True), I, id="warnings alone are no evidence, even good ones"),
        pytest.param(measured(S) + measured(F, E, I, warn=True), S, id="a warning does not block"),
        pytest.param(measured(F) + measured(S, warn=True), F, id="a warning does not excuse"),
    ],
)
def test_verdicts(measurements: list[Measurement], expected: Verdict) -> None:
    assert judge(measurements) is expected


MEASUREMENTS = st.lists(st.builds(Measurement, st.just("m"), st.sampled_from(Verdict), warn=st.booleans()), max_size=6)


@given(measurements=MEASUREMENTS)
def test_success_needs_evidence_and_nothing_against_it(measurements: list[Measurement]) -> None:
    blocking = [one.verdict for one in measurements if not one.warn]
    assert (judge(measurements) is S) == (bool(blocking) and set(blocking) == {S})


@given(measurements=MEASUREMENTS, more=MEASUREMENTS)
def test_more_measurements_never_turn_a_failure_into_success(
    measurements: list[Measurement], more: list[Measurement]
) -> None:
    if judge(measurements) in {F, E}:
        assert judge([*measurements, *more]) in {F, E}


def test_the_order_of_measurements_does_not_matter() -> None:
    for first, second in product(Verdict, Verdict):
        assert judge(measured(first, second)) is judge(measured(second, first))
