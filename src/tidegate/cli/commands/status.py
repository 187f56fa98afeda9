"""`tidegate status`: what is live, or how far a run is."""

import datetime
import time
from pathlib import Path

import click
from rich.console import Console

from tidegate.cli.follow import follow
from tidegate.cli.picture import run_table, write_picture
from tidegate.cli.verdict import approvals_of, conclude
from tidegate.cli.wiring import json_option, print_json, project_of, run_async
from tidegate.model.job import Phase
from tidegate.model.run import RunView
from tidegate.operations.status import EnvironmentStatus, environments_status, run_status, unfinished_runs


@click.command()
@click.argument("run", required=False)
@click.option("--follow", "follows", is_flag=True, help="Follow the run until it ends.")
@click.option("--picture", type=click.Path(path_type=Path), help="Write the run as an SVG picture to this file.")
@json_option
@click.pass_context
def status(context: click.Context, run: str | None, picture: Path | None, *, follows: bool, as_json: bool) -> int:
    """Show what is live in each environment, or how far RUN is; with --follow, exits as `run` does."""
    project = project_of(context)
    if run is None:
        found = environments_status(project)
        if as_json:
            print_json(found)
        else:
            _print(found)
            _print_unfinished(unfinished_runs(project))
        return 0
    if follows:
        return conclude(run_async(follow(project, run)), as_json=as_json)
    view, expected = run_status(project, run)
    if picture is not None:
        write_picture(view, picture)
    if as_json:
        print_json(view)
    else:
        console = Console()
        console.print(run_table(view, expected, time.time(), console.width))
    return 0


def _print(found: tuple[EnvironmentStatus, ...]) -> None:
    if not found:
        click.echo("nothing has been deployed yet; `tidegate run` begins")
    for one in found:
        since = ""
        if one.since is not None:
            since = f"since {datetime.datetime.fromtimestamp(one.since).astimezone():%Y-%m-%d %H:%M:%S}"
        click.echo(f"{one.name:<10} {one.release or 'nothing':<6} {one.commit[:7]:<8} {since}")
        if one.pinned:
            click.echo(f"{'':<10} pinned by {one.pinned}; `tidegate unpin {one.name}` lifts it")
        if one.withdrawn:
            click.echo(f"{'':<10} {one.withdrawn}")
        if one.schema:
            click.echo(f"{'':<10} schema {one.schema}{_contract(one, time.time())}")
        if one.holder:
            click.echo(f"{'':<10} {one.holder}")


def _contract(one: EnvironmentStatus, now: float) -> str:
    """What is still to be taken away, and when it may be."""
    if not one.contract:
        return ""
    told = f"; contract {', '.join(one.contract)}"
    if one.contract_from is None or now >= one.contract_from:
        return f"{told} may be applied: `tidegate migrate apply {one.name} --phase contract`"
    until = datetime.datetime.fromtimestamp(one.contract_from).astimezone()
    return f"{told} waits until {until:%Y-%m-%d %H:%M:%S}: {one.contract_waits_for} needs what it takes away"


def _print_unfinished(runs: tuple[RunView, ...]) -> None:
    for run in runs:
        for what_next in approvals_of(run):
            click.echo(f"run {run.id:<6} {run.commit[:7]:<8} {run.reason}; {what_next}")
        if run.phase is Phase.WAITING:
            continue
        way = f"resume {run.id}` takes it up again" if run.interrupted else f"status {run.id} --follow` follows it"
        click.echo(f"run {run.id:<6} {run.commit[:7]:<8} {run.shown}; `tidegate {way}")
