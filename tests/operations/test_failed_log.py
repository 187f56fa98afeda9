"""Which part of a failed job's log is shown, and what a terminal may be sent of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.github.ports import LogTail
from tidegate.model.workflow import Conclusion, Status, WorkflowJob, WorkflowStep
from tidegate.operations.failed_log import MOST_COLUMNS, MOST_LINES, failed_log, shown

MOMENT = 1_767_323_040.0
"""2026-01-02T03:04:00Z"""


def job(begin: float | None, end: float | None) -> WorkflowJob:
    steps = (
        WorkflowStep(1, "Set up job", Status.COMPLETED, Conclusion.SUCCESS, MOMENT, MOMENT + 2),
        WorkflowStep(2, "Deploy", Status.COMPLETED, Conclusion.FAILURE, begin, end),
    )
    return WorkflowJob(1, "deploy-dev", Status.COMPLETED, Conclusion.FAILURE, steps=steps)


def stamped(second: int, text: str) -> str:
    return f"2026-01-02T03:04:{second:02}.1234567Z {text}"


LOG = "\n".join((f"\ufeff{stamped(0, 'set up')}", stamped(5, "deploy"), stamped(7, "it broke"), stamped(9, "clean up")))


@pytest.mark.parametrize(
    ("begin", "end", "lines"),
    [
        (MOMENT + 5, MOMENT + 7, ("deploy", "it broke")),
        (MOMENT + 7, None, ("it broke", "clean up")),
        (MOMENT + 50, MOMENT + 51, ("set up", "deploy", "it broke", "clean up")),
        (None, None, ("set up", "deploy", "it broke", "clean up")),
    ],
)
def test_lines_of_the_step_that_failed_or_else_of_the_job(
    begin: float | None, end: float | None, lines: tuple[str, ...]
) -> None:
    assert failed_log(job(begin, end), LogTail(LOG)).lines == lines


def test_a_job_without_a_failed_step_and_lines_without_a_time() -> None:
    lost = WorkflowJob(1, "a", Status.COMPLETED, Conclusion.FAILURE)
    assert failed_log(lost, LogTail("the runner was lost\n\n")).lines == ("the runner was lost",)
    assert failed_log(lost, LogTail("")).lines == ()


def test_a_huge_log_is_bounded_and_says_so() -> None:
    text = "\n".join(stamped(6, str(number)) for number in range(100_000))
    found = failed_log(job(MOMENT + 5, MOMENT + 7), LogTail(f"cut{text}", 1 << 30))
    assert len(found.lines) == MOST_LINES
    assert found.lines[-1] == "99999"
    assert found.dropped == 99_999 - MOST_LINES
    assert len(shown("x" * (1 << 20))) < MOST_COLUMNS + 100


def test_colours_go_and_what_could_move_the_cursor_is_escaped() -> None:
    assert shown("\x1b[31;1mred\x1b[0m\tand \x1b[2Jgone\r\x07é\u202e") == "red\tand \\x1b[2Jgone\\r\\x07é\\u202e"


def test_letters_and_spaces_of_any_language_stay() -> None:
    assert shown("\u00a0\u00a0File\u3000\u65e5\u672c") == "\u00a0\u00a0File\u3000\u65e5\u672c"
    assert shown("a\u2028b\ud800") == "a\\u2028b\\ud800"


@given(st.text(st.characters(categories=["C", "Zl", "Zp"], exclude_characters="\t")))
def test_no_control_character_is_shown(text: str) -> None:
    assert shown(text).isascii()
    assert shown(text).isprintable()
