"""`tidegate unpin`: lift the pin of a rollback."""

import click

from tidegate.cli.wiring import project_of
from tidegate.operations.rollback import unpin as lift


@click.command()
@click.argument("environment")
@click.option("--reason", default="", help="Why, for those who read the history.")
@click.pass_context
def unpin(context: click.Context, environment: str, reason: str) -> None:
    """Let runs deploy to ENVIRONMENT again, after a rollback pinned it."""
    was = lift(project_of(context), environment, reason)
    click.echo(f"{environment} is no longer pinned" if was else f"{environment} was not pinned")
