"""`tidegate watch`: follow a run wherever it runs."""

import os

import click

from tidegate.cli.follow import follow, stands_still
from tidegate.cli.verdict import conclude
from tidegate.cli.wiring import json_option, project_of, run_async
from tidegate.cli.workflow import follow_workflow
from tidegate.model.origin import GithubOrigin
from tidegate.operations.watch import watched

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
    found = run_async(watched(project, run, os.environ), LEFT)
    if isinstance(found, GithubOrigin):
        code = run_async(follow_workflow(found, os.environ, as_json=as_json), LEFT)
    else:
        code = conclude(run_async(follow(project, found.id, over=stands_still), LEFT), as_json=as_json)
    return code if exit_status else 0
