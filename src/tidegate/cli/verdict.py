"""How a command that walked a run ends: what it prints, and its exit code."""

import click

from tidegate.cli.picture import told
from tidegate.cli.wiring import print_json
from tidegate.model.job import Phase
from tidegate.model.run import RunView


def conclude(run: RunView, *, as_json: bool) -> int:
    """Print how a run ended; returns the exit code: 0 when it let pass, 130 when cancelled, else 1."""
    if as_json:
        print_json(run)
    else:
        click.echo(f"run {run.id} {run.shown}: {run.reason}")
        for job in run.jobs.values():
            if job.phase is Phase.FAILED and job.failure:
                click.echo(told(job.failure), err=True)
        for note in run.notes:
            click.echo(note.text)
        if run.interrupted or run.phase in {Phase.FAILED, Phase.CANCELLED}:
            click.echo(f"  next: `tidegate resume {run.id}` when the cause is mended, or push a fix", err=True)
    if run.phase.lets_pass:
        return 0
    return 130 if run.phase is Phase.CANCELLED else 1
