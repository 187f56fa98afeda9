"""`tidegate cancel`: end a run."""

import click

from tidegate.cli.wiring import project_of
from tidegate.operations.cancel import cancel as end


@click.command()
@click.argument("run")
@click.pass_context
def cancel(context: click.Context, run: str) -> None:
    """End RUN: its commands end with all that they started, and what it moved is put back."""
    process = end(project_of(context), run)
    if process is None:
        click.echo(f"run {run} is cancelled; it waited, and nothing of it was under way")
        return
    click.echo(f"run {run} (process {process}) was told to end; `tidegate status {run} --follow` shows it")
