"""How a run looks: a table of its jobs for a terminal, a picture for a page, lines for a log."""

import datetime
import io
import re
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tidegate.model.job import Phase
from tidegate.model.run import JobView, RunView

_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)

STYLES = {
    Phase.PENDING: "dim",
    Phase.RUNNING: "bold cyan",
    Phase.WAITING: "bold magenta",
    Phase.SUCCEEDED: "green",
    Phase.SATISFIED: "dim",
    Phase.FAILED: "bold red",
    Phase.BLOCKED: "yellow",
    Phase.CANCELLED: "yellow",
}
PICTURE_WIDTH = 120
WIDE, WIDE_BAR, NARROW_BAR = 110, 32, 10
PHASE_WIDTH = max(len(phase.value) for phase in Phase)
TIME_WIDTH = 9
BUSY, WAITING = "━", "╌"


def run_table(run: RunView, expected: Mapping[str, float], now: float, width: int) -> RenderableType:
    """All jobs of a run: phase, when they ran beside each other, seconds, and a line of detail.

    `width` is how many columns there are for it.
    """
    bar = WIDE_BAR if width >= WIDE else NARROW_BAR
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("job", no_wrap=True, min_width=max((len(name) for name in run.jobs), default=0))
    table.add_column("phase", no_wrap=True, min_width=PHASE_WIDTH)
    table.add_column("", no_wrap=True, min_width=bar, max_width=bar)
    table.add_column("seconds", justify="right", no_wrap=True, min_width=TIME_WIDTH)
    table.add_column("", overflow="ellipsis", no_wrap=True, ratio=1)
    span = _span(run, now)
    for job in run.jobs.values():
        style = STYLES[job.phase]
        table.add_row(
            Text(job.name, style),
            Text("prepared" if job.waits else job.phase.value, style),
            _bar(job, expected.get(job.name), span, now, bar),
            _time(job, expected.get(job.name), now),
            Text((job.detail or ("" if job.applies else job.reason)).partition("\n")[0], "dim"),
        )
    title = Text.assemble((f"run {run.id} ", "bold"), f"{run.commit[:7]} {run.trigger} ", _phase(run))
    failure = next((job.failure for job in run.jobs.values() if job.phase is Phase.FAILED and job.failure), None)
    lines: list[RenderableType] = [title, table, *(Text(note.text, "yellow") for note in run.notes)]
    if failure:
        lines.append(Text(told(failure), "red"))
    return Group(*lines)


def write_picture(run: RunView, path: Path) -> None:
    """Write a run as an SVG picture."""
    console = Console(record=True, width=PICTURE_WIDTH, file=io.StringIO())
    console.print(run_table(run, {}, run.ended or run.created, PICTURE_WIDTH))
    drawn = console.export_svg(title="tidegate status")
    # A picture that loads fonts from elsewhere is not shown by most pages, and monospace is there.
    path.write_text(_FONT.sub("", drawn), encoding="utf-8")


def line(at: float, name: str, text: str) -> str:
    """One line of a plain log."""
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC).astimezone()
    return f"{moment:%H:%M:%S} {name:<26} {text}"


def told(failure: Mapping[str, str]) -> str:
    """A recorded failure as people are told it: what, where, what next."""
    where = f"{failure['where']}: " if failure.get("where") else ""
    what_next = f"\n  next: {failure['what_next']}" if failure.get("what_next") else ""
    return f"{where}{failure.get('what', '')}{what_next}"


def _phase(run: RunView) -> Text:
    return Text(f"{run.shown}{f': {run.reason}' if run.reason else ''}", STYLES[run.phase])


def _span(run: RunView, now: float) -> tuple[float, float]:
    """From the first start to the last end, or to now while something runs."""
    starts = [job.started for job in run.jobs.values() if job.started is not None]
    ends = [job.ended for job in run.jobs.values() if job.ended is not None]
    begin = min(starts, default=run.created)
    still = run.phase.ended or run.phase is Phase.WAITING
    return begin, max(begin + 1.0, *ends, begin) if still else max(begin + 1.0, now)


def _bar(job: JobView, expected: float | None, span: tuple[float, float], now: float, width: int) -> RenderableType:
    """A bar against the expected time while the job runs; where it lay in the run when it ended."""
    if job.started is None or job.phase in {Phase.SATISFIED, Phase.WAITING}:
        return ""
    if job.phase is Phase.RUNNING and not job.waits and expected:
        return ProgressBar(total=expected, completed=min(now - job.started, expected), width=width)
    begin, end = span
    scale = width / (end - begin)

    def cell(at: float | None) -> int:
        return min(width - 1, max(0, int(((now if at is None else at) - begin) * scale)))

    cells = [" "] * width
    for index in range(cell(job.started), cell(job.ended) + 1):
        cells[index] = BUSY
    if job.prepared is not None:
        for index in range(cell(job.prepared) + 1, cell(job.turned if job.turned is not None else job.ended)):
            cells[index] = WAITING
    return Text("".join(cells), STYLES[job.phase])


def _time(job: JobView, expected: float | None, now: float) -> str:
    if job.phase is Phase.RUNNING and job.started is not None:
        of = f" of ~{expected:.0f}" if expected else ""
        return f"{now - job.started:.1f}{of}"
    return f"{job.seconds:.1f}" if job.seconds is not None and job.phase is not Phase.SATISFIED else ""
