"""`tidegate unlock`: end a run's hold on an environment."""

import os

import click

from tidegate.cli.wiring import project_of, run_async
from tidegate.operations.lost import end_lost_holder
from tidegate.operations.unlock import unlock as break_lock


@click.command()
@click.argument("environment")
@click.option("--reason", default="", help="Why, for those who read the history.")
@click.option("--force", is_flag=True, help="Even though the run that holds it lives.")
@click.pass_context
def unlock(context: click.Context, environment: str, reason: str, *, force: bool) -> None:
    """End a run's hold on ENVIRONMENT, when it cannot be resumed.

    What the run left half-way stays half-way until the next run, which first makes sure that no write of this one can
    succeed any more. `tidegate resume` is the better way wherever it works.
    """
    project = project_of(context)
    if not force:
        run_async(end_lost_holder(project, environment, os.environ))
    held = break_lock(project, environment, reason, force=force)
    if not held:
        click.echo(f"nobody held {environment}")
        return
    click.echo(f"broke the lock of {held}")
    click.echo(f"warning: {environment} may stand half-way; `tidegate run` brings it onto one release", err=True)
