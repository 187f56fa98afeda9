"""`tidegate reject`: end a run that waits."""

import click

from tidegate.cli.decision import decided
from tidegate.cli.wiring import json_option


@click.command()
@click.argument("run")
@click.argument("environment")
@click.option("--reason", required=True, help="Why, for those who read the history.")
@click.option("--detach", is_flag=True, help="Return as soon as it is recorded; the run goes on by itself.")
@json_option
@click.pass_context
def reject(context: click.Context, run: str, environment: str, reason: str, *, detach: bool, as_json: bool) -> int:
    """End RUN, which waits for an approval of ENVIRONMENT: it fails with the reason.

    What is live in ENVIRONMENT stays, and so does what the run brought to environments before it.
    """
    return decided(context, run, environment, reason, approved=False, detached=detach, as_json=as_json)
