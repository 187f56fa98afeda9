"""The part of a job's log on GitHub that says why it failed. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from tidegate.github.ports import LogTail
from tidegate.model.workflow import WorkflowJob, WorkflowStep

MOST_BYTES = 256 * 1024
MOST_LINES = 60
MOST_COLUMNS = 1000

_STAMPED = re.compile(r"\ufeff?(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z (?P<text>.*)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class FailedLog:
    """What a job that failed said last.

    Attributes:
        job: The job.
        lines: For a terminal: colours taken out, other control characters escaped.
        dropped: How many lines before them are left out, of those that were read.
    """

    job: WorkflowJob
    lines: tuple[str, ...]
    dropped: int = 0


def failed_log(job: WorkflowJob, tail: LogTail) -> FailedLog:
    """The last lines of the step that failed.

    A log does not say where a step begins, but each line has its time, and so has each step (whole seconds). Where no
    line is of the step's time, those of the whole job are taken.
    """
    lines = tail.text.splitlines()
    if tail.dropped and len(lines) > 1:  # the first one is cut
        lines = lines[1:]
    stamped = [_stamped(line) for line in lines]
    of_step = [text for at, text in stamped if _within(at, job.failed_step)]
    chosen = of_step or [text for _, text in stamped]
    while chosen and not chosen[-1].strip():
        chosen.pop()
    return FailedLog(job, tuple(shown(text) for text in chosen[-MOST_LINES:]), max(0, len(chosen) - MOST_LINES))


def shown(text: str, most: int = MOST_COLUMNS) -> str:
    """A line of somebody else's log as a terminal may have it: no colours, control characters escaped, not too long."""
    plain = _COLOUR.sub("", text)
    if len(plain) > most:
        plain = f"{plain[:most]}… ({len(plain) - most} more characters)"
    return "".join(one.encode("unicode_escape").decode() if _controls(one) else one for one in plain)


def _controls(character: str) -> bool:
    """Whether it could do more to a terminal than to stand there: controls, marks of direction, separators of lines."""
    kind = unicodedata.category(character)
    return character != "\t" and (kind.startswith("C") or kind in {"Zl", "Zp"})


def _stamped(line: str) -> tuple[float | None, str]:
    found = _STAMPED.fullmatch(line)
    return (datetime.fromisoformat(f"{found['at']}+00:00").timestamp(), found["text"]) if found else (None, line)


def _within(at: float | None, step: WorkflowStep | None) -> bool:
    if at is None or step is None or step.started is None:
        return False
    return step.started <= at <= (step.ended if step.ended is not None else at)
