"""`tidegate rollback`: put an earlier release back."""

import click

from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import PUTTING_BACK, json_option, project_of, run_async
from tidegate.operations.rollback import rollback as roll_back


@click.command()
@click.argument("environment")
@click.option("--to", default=None, help="Release to go back to; the one before by default.")
@click.option("--reason", default="", help="Why, for those who read the history.")
@json_option
@click.pass_context
def rollback(context: click.Context, environment: str, to: str | None, reason: str, *, as_json: bool) -> int:
    """Put an earlier release back in ENVIRONMENT: one pointer write a target, nothing is built.

    The environment is pinned: runs stop before it until `tidegate unpin ENVIRONMENT`.
    """
    project = project_of(context)
    run = run_async(roll_back(project, environment, to, reason), PUTTING_BACK)
    code = conclude(run, as_json=as_json)
    if code == 0 and not as_json:
        click.echo(f"{environment} is pinned; `tidegate unpin {environment}` lets runs deploy to it again")
    return code
