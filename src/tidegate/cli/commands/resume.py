"""`tidegate resume`: take a run up again."""

import os

import click

from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, json_option, project_of, run_async
from tidegate.operations.lost import end_lost
from tidegate.operations.resume import resumable
from tidegate.operations.run import carry


@click.command()
@click.argument("run", required=False)
@json_option
@click.pass_context
def resume(context: click.Context, run: str | None, *, as_json: bool) -> int:
    """Take RUN up again where it stood, the newest run by default.

    Jobs that ended are not done again; those that were under way observe what is there before they change anything.
    """
    project = project_of(context)
    if (lost := run_async(end_lost(project, run, os.environ))) is not None:
        click.echo(f"run {lost.id} {lost.phase.value}: {lost.reason}", err=True)
    view = resumable(project, run)
    ended = run_async(follow(project, view.id, carry(project, view.id)), PUTTING_BACK)
    return conclude(ended, as_json=as_json)
