"""`tidegate init`: a pipeline file to begin with."""

import click

from tidegate.cli.wiring import project_of
from tidegate.operations.init import write_first_pipeline


@click.command()
@click.pass_context
def init(context: click.Context) -> None:
    """Write a tidegate.yaml to begin with, made from what the repository holds. Never overwrites one."""
    project = project_of(context)
    path = write_first_pipeline(project.folder, project.file)
    click.echo(f"wrote {path}; `tidegate check` checks it")
