"""The summary of a job's step on GitHub: the run as a table in Markdown."""

import html
import re

from tidegate.operations.job import JobEnd

LONGEST = 300
"""Characters of a cell: a summary has its limit, a failure's text has none."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~@-])")


def summary(end: JobEnd) -> str:
    """What came of a job, and how far its run is."""
    head = f"### {cell(end.name)}: {end.report.phase.value}\n\n{cell(end.report.detail)}\n"
    notes = "".join(f"- {cell(note)}\n" for note in end.notes)
    if end.run is None:
        return f"{head}\n{notes}"
    run = end.run
    rows = [
        f"| {cell(job.name)} | {job.phase.value} | {'' if job.seconds is None else f'{job.seconds:.1f}'} |"
        f" {cell(job.detail or ('' if job.applies else job.reason))} |"
        for job in run.jobs.values()
    ]
    title = f"#### run {run.id}: {run.shown}{f': {cell(run.reason)}' if run.reason else ''}"
    table = "\n".join(("| job | phase | seconds | |", "|---|---|---:|---|", *rows))
    return f"{head}\n{title}\n\n{table}\n\n{notes}"


def cell(text: str) -> str:
    """One line of text that Markdown shows as it is."""
    line = " ".join(text.partition("\n")[0].split())
    cut = line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
    return _MARKDOWN.sub(r"\\\1", html.escape(cut, quote=False))
