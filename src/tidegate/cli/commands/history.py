"""`tidegate history`: runs, releases, and what happened to environments."""

import datetime

import click

from tidegate.cli.wiring import json_option, print_json, project_of
from tidegate.operations.history import environment_history, run_history


@click.command()
@click.argument("environment", required=False)
@click.option("--limit", default=20, show_default=True, help="How many entries, the newest first.")
@json_option
@click.pass_context
def history(context: click.Context, environment: str | None, limit: int, *, as_json: bool) -> None:
    """List the newest runs, or what happened to ENVIRONMENT."""
    project = project_of(context)
    if environment is None:
        runs = run_history(project, limit)
        if as_json:
            print_json(runs)
            return
        for run in runs:
            click.echo(f"{_moment(run.created)}  run {run.id:<4} {run.commit[:7]}  {run.shown:<12} {run.reason}")
        if not runs:
            click.echo("no run has been started yet")
        return
    entries = environment_history(project, environment, limit)
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        why = ", ".join(filter(None, (entry.run and f"run {entry.run}", entry.by and f"by {entry.by}", entry.reason)))
        click.echo(f"{_moment(entry.at)}  {entry.kind:<13} {entry.release or 'nothing':<6} {why}")
    if not entries:
        click.echo(f"nothing happened to {environment} yet")


def _moment(at: float) -> str:
    return f"{datetime.datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"
