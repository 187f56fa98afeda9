"""`tidegate watch`: follow a run wherever it runs."""

import asyncio
import os

import click

from tidegate.cli.follow import follow, stands_still
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import json_option, project_of, run_async
from tidegate.cli.workflow import follow_workflow, print_logs
from tidegate.errors import CloudError
from tidegate.model.job import Phase
from tidegate.model.origin import GithubOrigin
from tidegate.model.run import RunView
from tidegate.operations.lost import Lookout, port_of
from tidegate.operations.project import Project
from tidegate.operations.watch import watched
from tidegate.operations.workflow import failed_logs_of

LEFT = "the watching ends; the run goes on"


@click.command()
@click.argument("run", required=False)
@click.option("--exit-status", is_flag=True, help="Exit as the run ended: 0 for nothing but success.")
@json_option
@click.pass_context
def watch(context: click.Context, run: str | None, *, exit_status: bool, as_json: bool) -> int:
    """Follow RUN until it is over or waits for a person, wherever it runs; the newest by default.

    RUN is a number of the ledger, the id of a workflow run on GitHub, `github:ID`, or `github` for the newest there.
    Ctrl-C ends the watching, not the run.
    """
    project = project_of(context)
    try:
        code = _watched(project, run, as_json=as_json)
    except KeyboardInterrupt:  # it was told that only the watching ends
        return 130
    return code if exit_status else 0


def _watched(project: Project, run: str | None, *, as_json: bool) -> int:
    found = run_async(watched(project, run, os.environ), LEFT)
    if isinstance(found, GithubOrigin):
        return run_async(follow_workflow(found, os.environ, as_json=as_json), LEFT)
    return conclude(run_async(_of_ledger(project, found), LEFT), as_json=as_json)


async def _of_ledger(project: Project, run: RunView) -> RunView:
    """Follow a run of the ledger; GitHub is asked, where it can be, whether its runners still walk it."""
    port = port_of(run, os.environ)
    if port is None:
        return await follow(project, run.id, over=stands_still)
    async with port as github:
        lookout = Lookout(github, run)
        asking = asyncio.create_task(lookout.ask())
        try:
            seen = await follow(project, run.id, over=lambda view: stands_still(view) or lookout.lost(view))
        finally:
            asking.cancel()
            await asyncio.wait([asking])
        seen = seen.judged(lookout.lives)
        if not seen.phase.lets_pass and seen.phase is not Phase.WAITING and (origin := GithubOrigin.of(seen.origin)):
            try:
                print_logs(await failed_logs_of(github, origin.id))
            except CloudError as unread:
                click.echo(f"no logs from GitHub: {unread}", err=True)
        return seen
