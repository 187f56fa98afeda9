"""`tidegate approve`: let a run go on."""

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
def approve(context: click.Context, run: str, environment: str, reason: str, *, detach: bool, as_json: bool) -> int:
    """Let RUN go on to ENVIRONMENT, which it waits for.

    The run is taken up and followed to its end, as `resume` does. Exits as `run` does.
    """
    return decided(context, run, environment, reason, approved=True, detached=detach, as_json=as_json)
