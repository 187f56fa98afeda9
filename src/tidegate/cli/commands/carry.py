"""`tidegate carry RUN`: walk a run that was planned and detached. Not for people."""

import click

from tidegate.cli.follow import follow
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, project_of, run_async
from tidegate.operations.run import carry as carry_run


@click.command(hidden=True)
@click.argument("run")
@click.pass_context
def carry(context: click.Context, run: str) -> int:
    """Walk a planned run."""
    project = project_of(context)
    return conclude(
        run_async(follow(project, run, carry_run(project, run, unless_ended=True)), PUTTING_BACK), as_json=False
    )
