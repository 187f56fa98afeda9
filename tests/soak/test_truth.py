"""Which answers are right when: the judge of the soak must be able to say that something is wrong."""

from collections.abc import Mapping

import pytest

from tests.soak.truth import Window, passed, windows, wrong
from tests.soak.users import Answer
from tidegate.ledger.environment import EnvironmentView, HistoryEntry
from tidegate.model.job import Duty, Job, Phase, Plan
from tidegate.model.run import JobView, RunView

GATES = (("deploy-dev", Duty.DEPLOY), ("e2e-test-dev", Duty.BROWSER))


def a_run(number: str, ended: Mapping[str, float], failed: tuple[str, ...] = (), duty: Duty | None = None) -> RunView:
    """A run whose gates of dev ended at these times."""
    gates = ((f"{duty}-dev", duty),) if duty else GATES
    jobs = (*(Job(name, kind, environment="dev") for name, kind in gates), Job("promote-dev", Duty.PROMOTE, (), "dev"))
    views = {
        name: JobView(name, "dev", phase=Phase.FAILED if name in failed else Phase.SUCCEEDED, ended=at)
        for name, at in ended.items()
    }
    pending = {job.name: JobView(job.name, "dev") for job in jobs}
    return RunView(number, "c", "main", None, "", 0.0, plan=Plan("c", None, jobs), jobs=pending | views)


RUNS = {
    "1": a_run("1", {"deploy-dev": 11, "e2e-test-dev": 12}),
    "2": a_run("2", {"deploy-dev": 21, "e2e-test-dev": 22}),
    "3": a_run("3", {"deploy-dev": 31, "e2e-test-dev": 32}, failed=("e2e-test-dev",)),
    "4": a_run("4", {}, duty=Duty.ROLLBACK),
}


def entry(at: float, kind: str, release: str, run: str = "") -> HistoryEntry:
    return HistoryEntry(at, kind, release, run)


FIRST = (entry(10, "intent", "r1", "1"), entry(13, "went-live", "r1", "1"))


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param((), [], id="nothing"),
        pytest.param(FIRST, [Window("r1", 12)], id="a first release"),
        pytest.param(
            (*FIRST, entry(20, "intent", "r2", "2")), [Window("r1", 12), Window("r2", 22)], id="a second on its way"
        ),
        pytest.param(
            (*FIRST, entry(20, "intent", "r2", "2"), entry(23, "went-live", "r2", "2")),
            [Window("r1", 12, 23), Window("r2", 22)],
            id="a second",
        ),
        pytest.param(
            (*FIRST, entry(20, "intent", "r2", "2"), entry(24, "put-back", "r1", "2")),
            [Window("r2", 22, 24), Window("r1", 12)],
            id="one that was put back half-way",
        ),
        pytest.param(
            (*FIRST, entry(30, "intent", "r3", "3"), entry(34, "put-back", "r1", "3")),
            [Window("r1", 12)],
            id="one that a gate stopped",
        ),
        pytest.param(
            (
                *FIRST,
                *(entry(20, "intent", "r2", "2"), entry(23, "went-live", "r2", "2")),
                *(entry(40, "intent", "r1", "4"), entry(41, "rolled-back", "r1", "4"), entry(45, "unpinned", "r1")),
            ),
            [Window("r1", 12, 23), Window("r2", 22, 41), Window("r1", 40)],
            id="a rollback",
        ),
    ],
)
def test_windows(history: tuple[HistoryEntry, ...], expected: list[Window]) -> None:
    assert windows(EnvironmentView("dev", history=history), RUNS.__getitem__) == expected


@pytest.mark.parametrize(("run", "at"), [("1", 12), ("3", None), ("4", None)])
def test_the_last_gate_says_when(run: str, at: float | None) -> None:
    assert passed(RUNS[run], "dev") == at


ALLOWED = {"dev": [Window("r1", 12, 23), Window("r2", 22)]}
SHOWN = {"live": {"r1": "c1", "r2": "c2"}, "APP": {"r1": "p1", "r2": "p2"}}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("dev live", 13, 14, "c1"), ""),
        (Answer("dev live", 13, 14, "c2"), "dev live was answered by c2 at 14.000"),
        (Answer("dev live", 21.5, 22.5, "c2"), ""),
        (Answer("dev APP", 24, 25, "p2"), ""),
        (Answer("dev APP", 24, 25, "p1"), "dev APP was answered by p1 at 25.000"),
        (Answer("dev APP", 22.5, 25, "p1"), ""),
        (Answer("dev APP", 24, 25, "p9"), "dev APP was answered by p9 at 25.000"),
        (Answer("dev APP", 24, 25, "", "503 no"), "dev APP failed: 503 no"),
    ],
)
def test_answers(answer: Answer, says: str) -> None:
    assert wrong([answer], ALLOWED, SHOWN) == ([says] if says else [])
