"""How a run looks: a table of its jobs for a terminal, a picture for a page, lines for a log."""

import datetime
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tidegate.model.job import Phase
from tidegate.model.run import JobView, RunView

STYLES = {
    Phase.PENDING: "dim",
    Phase.RUNNING: "bold cyan",
    Phase.SUCCEEDED: "green",
    Phase.SATISFIED: "dim",
    Phase.FAILED: "bold red",
    Phase.BLOCKED: "yellow",
    Phase.CANCELLED: "yellow",
}
PICTURE_WIDTH = 110


def run_table(run: RunView, expected: Mapping[str, float], now: float) -> RenderableType:
    """All jobs of a run: phase, a bar against the time they took before, seconds, and a line of detail."""
    table = Table(box=None, pad_edge=False, expand=True)
    for column, options in (
        ("job", {"no_wrap": True}),
        ("phase", {"no_wrap": True}),
        ("", {"width": 16}),
        ("seconds", {"justify": "right", "no_wrap": True}),
        ("", {"ratio": 1, "overflow": "ellipsis", "no_wrap": True}),
    ):
        table.add_column(column, **options)
    for job in run.jobs.values():
        style = STYLES[job.phase]
        table.add_row(
            Text(job.name, style),
            Text(job.phase.value, style),
            _bar(job, expected.get(job.name), now),
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
    console = Console(record=True, width=PICTURE_WIDTH, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    console.print(run_table(run, {}, run.ended or run.created))
    path.write_text(console.export_svg(title=f"tidegate run {run.commit[:7]}"), encoding="utf-8")


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


def _bar(job: JobView, expected: float | None, now: float) -> RenderableType:
    if job.phase is not Phase.RUNNING or job.started is None:
        return ""
    if expected is None:
        return ProgressBar(total=None, width=16, animation_time=now)
    return ProgressBar(total=expected, completed=min(now - job.started, expected), width=16)


def _time(job: JobView, expected: float | None, now: float) -> str:
    if job.phase is Phase.RUNNING and job.started is not None:
        of = f" of ~{expected:.0f}" if expected else ""
        return f"{now - job.started:.1f}{of}"
    return f"{job.seconds:.1f}" if job.seconds is not None and job.phase is not Phase.SATISFIED else ""
